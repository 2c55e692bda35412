/**
 * Writes header blocks of HPACK (RFC 7541). A field goes into the table when it comes the second time within a short while, so that
 * what differs from request to request (ids, paths, lengths) does not drive out what doesn't. Credentials never go there: a connection
 * carries requests of many clients, and what the table holds shows in the length of a block (RFC 7541 section 7.1).
 *
 * Strings are written as they are, not in Huffman code: a hop between sidecars has bandwidth to spare, and less CPU.
 */
import { DynamicTable } from './dynamic-table';
import { TABLE_BYTES } from './decoder';
import { Field } from './field';
import { STATIC_TABLE } from './static-table';

/** The largest field that goes into the table: a quarter of it. */
const MAX_KEPT_BYTES = 1_024;
/** Hashes of what came lately, and places where entries are looked for; powers of two. */
const RECENT = 256;
const PLACES = 256;

const NEVER_INDEXED = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);

/** FNV-1a, 32 bits. */
const SEED = 0x811c9dc5 | 0;

/** What is known of a name by its hash. */
interface KnownName {
  readonly name: Uint8Array;
  readonly index: number;
  readonly isSecret: boolean;
}

const NAME_PLACES = 512;
const KNOWN_NAMES = new Array<KnownName | undefined>(NAME_PLACES).fill(undefined);
STATIC_TABLE.forEach(({ bytes, nameEnd }, i) => {
  const name = Uint8Array.from(bytes.subarray(0, nameEnd));
  let hash = SEED;
  for (const byte of name) hash = mix(hash, byte);
  let place = hash & NAME_PLACES - 1;
  while (KNOWN_NAMES[place] && !sameName(KNOWN_NAMES[place]!.name, bytes, 0, nameEnd)) place = place + 1 & NAME_PLACES - 1;
  KNOWN_NAMES[place] ??= { name, index: i + 1, isSecret: NEVER_INDEXED.has(Buffer.from(name).toString('latin1')) };
});

/** Static indexes of statuses that have one. */
const STATUS_INDEX = new Map(STATIC_TABLE.flatMap(({ bytes, nameEnd }, i) => (
  bytes.toString('latin1', 0, nameEnd) === ':status' ? [[Number(bytes.toString('latin1', nameEnd)), i + 1] as const] : []
)));
const STATUS = 8;

/** One block is written at a time, in one turn. */
let out = Buffer.allocUnsafeSlow(16_384);
let at = 0;

export class HpackEncoder {
  private readonly table = new DynamicTable(TABLE_BYTES);
  private readonly recent = new Int32Array(RECENT);
  /** By hash: the serial number of an entry, plus one. */
  private readonly places = new Int32Array(PLACES);
  private maxSize = TABLE_BYTES;
  /** The smallest size that the peer has set since the last block; -1: none. */
  private smallest = -1;

  /** The peer has announced how large a table it keeps. More than {@link TABLE_BYTES} is not used. */
  resize(bytes: number): void {
    const size = Math.min(bytes, TABLE_BYTES);
    if (size === this.maxSize && this.smallest < 0) return;
    this.smallest = this.smallest < 0 ? size : Math.min(this.smallest, size);
    this.maxSize = size;
  }

  /** Begins a block, with room for so many bytes of fields. */
  begin(bytes: number): void {
    if (out.length < bytes + 64) out = Buffer.allocUnsafeSlow(bytes * 2);
    at = 0;
    if (this.smallest < 0) return;
    if (this.smallest < this.maxSize) this.announce(this.smallest);
    this.announce(this.maxSize);
    this.smallest = -1;
  }

  /** What was written since {@link begin}; valid until the next block is begun. */
  take(): Buffer {
    return out.subarray(0, at);
  }

  status(status: number): void {
    const index = STATUS_INDEX.get(status);
    if (index !== undefined) {
      out[at++] = 0x80 | index;
      return;
    }
    writeInteger(0, 0x0f, STATUS);
    at = writeText(String(status));
  }

  /** An entry of the static table. */
  indexed(index: number): void {
    writeInteger(0x80, 0x7f, index);
  }

  /** A field; its name is written in lower case. Its bytes and eight more must have room. */
  field(name: Uint8Array, nameStart: number, nameEnd: number, value: Uint8Array, valueStart: number, valueEnd: number): void {
    let hash = SEED;
    for (let i = nameStart; i < nameEnd; i += 1) hash = mix(hash, lower(name[i]!));
    const known = knownName(hash, name, nameStart, nameEnd);
    if (known?.isSecret) {
      writeInteger(0x10, 0x0f, known.index);
      writeBytes(value, valueStart, valueEnd);
      return;
    }
    for (let i = valueStart; i < valueEnd; i += 1) hash = mix(hash, value[i]!);
    const length = nameEnd - nameStart + valueEnd - valueStart;
    const place = hash & PLACES - 1;
    const age = this.table.ageOf(this.places[place]! - 1);
    const kept = age < this.table.length ? this.table.at(age) : undefined;
    if (kept && isSame(kept, name, nameStart, nameEnd, value, valueStart, valueEnd)) {
      writeInteger(0x80, 0x7f, STATIC_TABLE.length + 1 + age);
      return;
    }
    const again = this.recent[hash >>> 8 & RECENT - 1] === hash && length <= MAX_KEPT_BYTES;
    this.recent[hash >>> 8 & RECENT - 1] = hash;
    if (known) {
      writeInteger(again ? 0x40 : 0, again ? 0x3f : 0x0f, known.index);
    } else {
      out[at++] = again ? 0x40 : 0;
      writeName(name, nameStart, nameEnd);
    }
    writeBytes(value, valueStart, valueEnd);
    if (again) this.places[place] = this.table.add(entryOf(name, nameStart, nameEnd, value, valueStart, valueEnd)) + 1;
  }

  private announce(size: number): void {
    this.table.resize(size);
    writeInteger(0x20, 0x1f, size);
  }
}

function mix(hash: number, byte: number): number { return Math.imul(hash ^ byte, 0x01000193); }
function lower(byte: number): number { return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte; }

function knownName(hash: number, name: Uint8Array, start: number, end: number): KnownName | undefined {
  for (let place = hash & NAME_PLACES - 1; KNOWN_NAMES[place]; place = place + 1 & NAME_PLACES - 1) {
    if (sameName(KNOWN_NAMES[place]!.name, name, start, end)) return KNOWN_NAMES[place];
  }
  return undefined;
}

function sameName(lowerCase: Uint8Array, name: Uint8Array, start: number, end: number): boolean {
  if (lowerCase.length !== end - start) return false;
  for (let i = 0; i < lowerCase.length; i += 1) if (lowerCase[i] !== lower(name[start + i]!)) return false;
  return true;
}

function isSame(
  { bytes, start, nameEnd: middle, end }: Field,
  name: Uint8Array, nameStart: number, nameEnd: number, value: Uint8Array, valueStart: number, valueEnd: number,
): boolean {
  if (middle - start !== nameEnd - nameStart || end - middle !== valueEnd - valueStart) return false;
  for (let i = nameStart, j = start; i < nameEnd; i += 1, j += 1) if (bytes[j] !== lower(name[i]!)) return false;
  for (let i = valueStart, j = middle; i < valueEnd; i += 1, j += 1) if (bytes[j] !== value[i]) return false;
  return true;
}

function entryOf(name: Uint8Array, nameStart: number, nameEnd: number, value: Uint8Array, valueStart: number, valueEnd: number): Field {
  const nameLength = nameEnd - nameStart;
  const bytes = Buffer.allocUnsafeSlow(nameLength + valueEnd - valueStart);
  for (let i = 0; i < nameLength; i += 1) bytes[i] = lower(name[nameStart + i]!);
  for (let i = valueStart, j = nameLength; i < valueEnd; i += 1, j += 1) bytes[j] = value[i]!;
  return new Field(bytes, 0, nameLength, bytes.length);
}

function writeInteger(first: number, mask: number, value: number): void {
  if (value < mask) {
    out[at++] = first | value;
    return;
  }
  out[at++] = first | mask;
  let rest = value - mask;
  for (; rest > 0x7f; rest >>>= 7) out[at++] = rest & 0x7f | 0x80;
  out[at++] = rest;
}

function writeName(from: Uint8Array, start: number, end: number): void {
  writeInteger(0, 0x7f, end - start);
  for (let i = start; i < end; i += 1) out[at++] = lower(from[i]!);
}

function writeBytes(from: Uint8Array, start: number, end: number): void {
  writeInteger(0, 0x7f, end - start);
  for (let i = start; i < end; i += 1) out[at++] = from[i]!;
}

function writeText(text: string): number {
  writeInteger(0, 0x7f, text.length);
  return at + out.write(text, at, 'latin1');
}

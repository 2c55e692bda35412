/**
 * `x-mesh-via`: the listeners of sidecars that a request has passed, the last one last. It tells loops, as Via would (RFC 9110
 * section 7.6.3), without what Via costs: servers that don't compress for proxies, as nginx doesn't unless told otherwise.
 *
 *   x-mesh-via: in-0c1d2e3f, out-5a6b7c8d.2
 *
 * An entry is a listener's direction and name, and how often the request has passed there when that is more than once. So the
 * field has one entry a listener, however often a request comes round. A name is drawn when the process starts. A client
 * can't know it, so it can't make a request look like a loop. What is not an entry is dropped, and so are the oldest of more
 * than {@link MAX_ENTRIES}: a client can't make the field grow either.
 */
import { COMMA, HEX_VALUE, HTAB, SP, word } from './bytes';
import { FieldTable, Kind } from './fields';

/** Most entries that are passed on. A loop over more listeners than this is not told. */
export const MAX_ENTRIES = 64;

const INBOUND = word('in-');
const OUTBOUND = word('out-');
const NAME_DIGITS = 8;
const DOT = 0x2e;
/** The count of an entry is one digit. */
const MAX_PASSES = 9;

/** Goes from entry to entry. One serves the process, since a head is dealt with in one turn. */
class Entries {
  start = 0;
  /** End of the listener, before the count. */
  listenerEnd = 0;
  passes = 0;
  private buffer: Uint8Array = INBOUND;
  private fields!: FieldTable;
  private field = 0;
  private position = 0;
  private end = 0;

  of(buffer: Uint8Array, fields: FieldTable): this {
    this.buffer = buffer;
    this.fields = fields;
    this.field = 0;
    this.position = 0;
    this.end = 0;
    return this;
  }

  next(): boolean {
    const { buffer } = this;
    for (;;) {
      while (this.position < this.end && isBetween(buffer[this.position]!)) this.position += 1;
      if (this.position === this.end) {
        if (!this.nextField()) return false;
        continue;
      }
      const from = this.position;
      while (this.position < this.end && !isBetween(buffer[this.position]!)) this.position += 1;
      if (this.read(from, this.position)) return true;
    }
  }

  isOf(listener: Uint8Array): boolean {
    return this.listenerEnd - this.start === listener.length && begins(this.buffer, this.start, listener);
  }

  get isOutbound(): boolean {
    return begins(this.buffer, this.start, OUTBOUND);
  }

  private nextField(): boolean {
    const { fields } = this;
    for (; this.field < fields.count; this.field += 1) {
      if (fields.kinds[this.field] !== Kind.MESH_VIA) continue;
      this.position = fields.valueStart(this.field);
      this.end = fields.valueEnd(this.field);
      this.field += 1;
      return true;
    }
    return false;
  }

  private read(start: number, end: number): boolean {
    const { buffer } = this;
    const direction = begins(buffer, start, INBOUND) ? INBOUND : OUTBOUND;
    const name = start + direction.length;
    const nameEnd = name + NAME_DIGITS;
    if (!begins(buffer, start, direction) || nameEnd > end) return false;
    for (let i = name; i < nameEnd; i += 1) if (HEX_VALUE[buffer[i]!] === 255) return false;
    this.start = start;
    this.listenerEnd = nameEnd;
    this.passes = nameEnd === end ? 1 : buffer[nameEnd + 1]! - 0x30;
    return nameEnd === end || (nameEnd + 2 === end && buffer[nameEnd] === DOT && this.passes > 1 && this.passes <= MAX_PASSES);
  }
}

const entries = new Entries();

/** The entry of a listener, its name drawn by `random`. */
export function entryOf(inbound: boolean, random: () => number): Buffer {
  const name = Math.floor(random() * 0x1_0000_0000).toString(16).padStart(NAME_DIGITS, '0');
  return Buffer.from(`${inbound ? 'in' : 'out'}-${name}`, 'latin1');
}

/** How often the request has passed a listener. */
export function passesOf(buffer: Uint8Array, fields: FieldTable, listener: Uint8Array): number {
  let passes = 0;
  for (const each = entries.of(buffer, fields); each.next();) if (each.isOf(listener)) passes += each.passes;
  return passes;
}

/**
 * Whether it was a sidecar that sent the request here. Not when an app did, past its sidecar, though it copied the field from a
 * request that it got.
 */
export function isSentBySidecar(buffer: Uint8Array, fields: FieldTable): boolean {
  let isOutbound = false;
  for (const each = entries.of(buffer, fields); each.next();) ({ isOutbound } = each);
  return isOutbound;
}

/**
 * Writes the entries of a request, and the listener's own behind them.
 *
 * @param out has room for the field as it was, and for {@link MAX_ENTRIES} bytes and one entry more
 * @returns where it has written up to
 */
export function writeEntries(out: Uint8Array, at: number, buffer: Uint8Array, fields: FieldTable, listener: Uint8Array): number {
  let passes = 1;
  let tooMany = 1 - MAX_ENTRIES;
  for (const each = entries.of(buffer, fields); each.next();) {
    if (each.isOf(listener)) passes += each.passes;
    else tooMany += 1;
  }
  let to = at;
  for (const each = entries.of(buffer, fields); each.next();) {
    if (each.isOf(listener)) continue;
    tooMany -= 1;
    if (tooMany >= 0) continue;
    to = writeEntry(out, to, buffer, each.start, each.listenerEnd, each.passes);
    out[to++] = COMMA;
    out[to++] = SP;
  }
  return writeEntry(out, to, listener, 0, listener.length, Math.min(passes, MAX_PASSES));
}

function writeEntry(out: Uint8Array, at: number, from: Uint8Array, start: number, end: number, passes: number): number {
  let to = at;
  for (let i = start; i < end; i += 1) out[to++] = from[i]!;
  if (passes > 1) {
    out[to++] = DOT;
    out[to++] = 0x30 + passes;
  }
  return to;
}

function isBetween(byte: number): boolean {
  return byte === COMMA || byte === SP || byte === HTAB;
}

function begins(buffer: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i += 1) if (buffer[start + i] !== text[i]) return false;
  return true;
}

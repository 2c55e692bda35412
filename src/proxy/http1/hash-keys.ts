/**
 * What a request is balanced by under a hashing policy: values of its head, combined in the order declared as Envoy does
 * (gRFC A42): each one found is mixed into a rotation of the hash so far, and a key marked terminal ends the search once
 * something was found. A request that has none of them has no hash, and goes anywhere.
 *
 * Keys are compiled once; reading them makes no strings.
 */
import { hashOctets } from '../../balancing';
import type { HashKeyConfig } from '../../contract';
import { HTAB, isWord, SEMICOLON, SP, word } from './bytes';
import type { RequestHead } from './request-head';

interface HashKey {
  readonly type: HashKeyConfig['type'];
  /** Lower case for a header, as it is for a cookie or query parameter. */
  readonly name: Uint8Array;
  readonly terminal: boolean;
}

const COOKIE = word('cookie');
const EQUALS = 0x3d;
const AMPERSAND = 0x26;
const QUESTION = 0x3f;

/** What reading a key found none of. */
const NONE = -1;

export class HashKeys {
  private readonly keys: readonly HashKey[];

  constructor(configs: readonly HashKeyConfig[]) {
    this.keys = configs.map((config) => ({
      type: config.type,
      name: config.type === 'sourceAddress' ? new Uint8Array() : word(config.type === 'header' ? config.name.toLowerCase() : config.name),
      terminal: config.terminal ?? false,
    }));
  }

  /**
   * The hash of a request, a whole number in [0, 2^32); undefined when it has none of the keys.
   *
   * @param sourceHash hash of the client's address
   */
  hash(buffer: Buffer, head: RequestHead, sourceHash: number): number | undefined {
    let hash: number | undefined;
    for (const key of this.keys) {
      const found = read(key, buffer, head, sourceHash);
      if (found === NONE) continue;
      hash = hash === undefined ? found : (((hash << 1) | (hash >>> 31)) ^ found) >>> 0;
      if (key.terminal) return hash;
    }
    return hash;
  }
}

function read({ type, name }: HashKey, buffer: Buffer, head: RequestHead, sourceHash: number): number {
  switch (type) {
    case 'header': return readHeader(name, buffer, head);
    case 'cookie': return readCookie(name, buffer, head);
    case 'query': return readQuery(name, buffer, head);
    case 'sourceAddress': return sourceHash;
  }
}

/** The first field of that name. */
function readHeader(name: Uint8Array, buffer: Buffer, { fields }: RequestHead): number {
  for (let i = 0; i < fields.count; i += 1) {
    if (isWord(buffer, fields.nameStart(i), fields.nameEnd(i), name)) return hashRange(buffer, fields.valueStart(i), fields.valueEnd(i));
  }
  return NONE;
}

function readCookie(name: Uint8Array, buffer: Buffer, { fields }: RequestHead): number {
  for (let i = 0; i < fields.count; i += 1) {
    if (!isWord(buffer, fields.nameStart(i), fields.nameEnd(i), COOKIE)) continue;
    const end = fields.valueEnd(i);
    let position = fields.valueStart(i);
    while (position < end) {
      while (position < end && (buffer[position] === SP || buffer[position] === HTAB || buffer[position] === SEMICOLON)) position += 1;
      let pairEnd = position;
      while (pairEnd < end && buffer[pairEnd] !== SEMICOLON) pairEnd += 1;
      const valueStart = valueOf(name, buffer, position, pairEnd);
      if (valueStart >= 0) return hashRange(buffer, valueStart, pairEnd);
      position = pairEnd;
    }
  }
  return NONE;
}

function readQuery(name: Uint8Array, buffer: Buffer, head: RequestHead): number {
  const end = head.targetEnd;
  let position = head.targetStart;
  while (position < end && buffer[position] !== QUESTION) position += 1;
  while (position < end) {
    position += 1;
    let pairEnd = position;
    while (pairEnd < end && buffer[pairEnd] !== AMPERSAND) pairEnd += 1;
    const valueStart = valueOf(name, buffer, position, pairEnd);
    if (valueStart >= 0) return hashRange(buffer, valueStart, pairEnd);
    position = pairEnd;
  }
  return NONE;
}

/** Where the value of the pair `name=value` begins; -1 when the pair has another name. */
function valueOf(name: Uint8Array, buffer: Buffer, start: number, end: number): number {
  if (end - start <= name.length || buffer[start + name.length] !== EQUALS) return NONE;
  for (let i = 0; i < name.length; i += 1) if (buffer[start + i] !== name[i]) return NONE;
  return start + name.length + 1;
}

function hashRange(buffer: Buffer, start: number, end: number): number {
  return hashOctets(buffer.subarray(start, end));
}

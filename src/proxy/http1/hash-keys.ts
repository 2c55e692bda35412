/**
 * What a request is balanced by under a hashing policy: values of its head, combined in the order declared as Envoy does
 * (gRFC A42): each one found is mixed into a rotation of the hash so far, and a key marked terminal ends the search once
 * something was found. A request that has none of them has no hash, and goes anywhere.
 *
 * A cookie with a lifetime is made for a client that has none, also as Envoy does: the request is hashed by its value, and the
 * response takes it to the client. It is nothing but a random number, so a client that changes it only chooses another place.
 *
 * Keys are compiled once; reading them makes no strings.
 */
import { hashBytes } from '../../balancing';
import type { HashKeyConfig } from '../../contract';
import { fieldName, isWord, word } from './bytes';
import { NEXT, setCookieParts, valueOf, visitCookies } from './cookies';
import type { RequestHead } from './request-head';

interface HashKey {
  readonly type: HashKeyConfig['type'];
  /** Lower case for a header, as it is for a cookie or query parameter. */
  readonly name: Uint8Array;
  readonly terminal: boolean;
  /** What stands around the value of a cookie that is made; undefined when none is. */
  readonly setCookie: readonly [before: string, after: string] | undefined;
}

const AMPERSAND = 0x26;
const QUESTION = 0x3f;

const NO_FIELDS = Buffer.alloc(0);

/** What reading a key found none of. */
const NONE = NEXT;

export class HashKeys {
  /** Set-Cookie fields for the response to the request that was hashed last, each with its CRLF; empty when no cookie was made. */
  setCookie: Buffer = NO_FIELDS;
  private readonly keys: readonly HashKey[];

  /** @param random values of the cookies that are made */
  constructor(configs: readonly HashKeyConfig[], private readonly random: () => number) {
    this.keys = configs.map((config) => ({
      type: config.type,
      name: config.type === 'sourceAddress' ? new Uint8Array() : config.type === 'header' ? fieldName(config.name) : word(config.name),
      terminal: config.terminal ?? false,
      setCookie: config.type === 'cookie' && config.ttlMs !== undefined
        ? setCookieParts(config.name, { path: '/', maxAgeSeconds: config.ttlMs === 0 ? undefined : Math.ceil(config.ttlMs / 1_000) })
        : undefined,
    }));
  }

  /**
   * The hash of a request, a whole number in [0, 2^32); undefined when it has none of the keys.
   *
   * @param sourceHash hash of the client's address
   */
  hash(buffer: Buffer, head: RequestHead, sourceHash: number): number | undefined {
    let hash: number | undefined;
    if (this.setCookie !== NO_FIELDS) this.setCookie = NO_FIELDS;
    for (const key of this.keys) {
      let found = read(key, buffer, head, sourceHash);
      if (found === NONE && key.setCookie) found = this.make(key.setCookie);
      if (found === NONE) continue;
      hash = hash === undefined ? found : (((hash << 1) | (hash >>> 31)) ^ found) >>> 0;
      if (key.terminal) return hash;
    }
    return hash;
  }

  /** Makes a cookie; the hash of its value. */
  private make([before, after]: readonly [string, string]): number {
    const value = Buffer.from(this.digits() + this.digits(), 'latin1');
    this.setCookie = Buffer.concat([this.setCookie, Buffer.from(before, 'latin1'), value, Buffer.from(after, 'latin1')]);
    return hashBytes(value);
  }

  private digits(): string {
    return Math.floor(this.random() * 0x1_0000_0000).toString(16).padStart(8, '0');
  }
}

function read({ type, name }: HashKey, buffer: Buffer, head: RequestHead, sourceHash: number): number {
  switch (type) {
    case 'header': return readHeader(name, buffer, head);
    case 'cookie': return visitCookies(name, buffer, head.fields, hashRange);
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

/** The first cookie of the name decides, as the first header field does. */
function hashRange(buffer: Buffer, start: number, end: number): number {
  return hashBytes(buffer.subarray(start, end));
}

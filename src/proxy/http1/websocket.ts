/**
 * The handshake of WebSocket, where one side of it is HTTP/1.1 and the other HTTP/2. HTTP/1.1 proves by a key that the server knows WebSocket
 * (RFC 6455 section 4); HTTP/2 has no key, for its settings say so (RFC 8441 section 5). Where the two meet, the proxy is the one that
 * gives a key, or answers it. Inside, a handshake always has the form of HTTP/1.1, with a key.
 */
import { crypto } from '../runtime/on-demand';
import { isWord, word } from './bytes';
import { FieldTable, Kind } from './fields';

export const WEBSOCKET = word('websocket');
export const KEY_NAME = word('sec-websocket-key');
const ACCEPT_NAME = word('sec-websocket-accept');

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const KEY_BYTES = 16;

const OFFER_LINE = /^upgrade:[ \t]*(?:.*,)?[ \t]*websocket[ \t]*(?:,|$)/i;
const KEY_LINE = /^sec-websocket-key:[ \t]*([A-Za-z0-9+/]{22}==)[ \t]*$/i;
/** A length of 0, which HTTP/1.1 allows, is malformed in a CONNECT (RFC 9110 section 9.3.6). */
const LEFT_OUT = /^(?:sec-websocket-key|content-length):/i;
const OWN_LINE = /^(?:sec-websocket-accept|content-length|upgrade|connection):/i;

export function newKey(): string {
  return crypto().randomBytes(KEY_BYTES).toString('base64');
}

/** The answer of a server that knows WebSocket. */
export function acceptOf(key: string): string {
  return crypto().createHash('sha1').update(key + GUID).digest('base64');
}

/** A handshake, without the key that HTTP/2 has none of. */
export interface Handshake {
  readonly head: Buffer;
  readonly key: string;
}

/**
 * The handshake that the head of a request is; undefined when it is none, or has no good key.
 *
 * @param head in the form that the proxy writes
 */
export function handshakeOf(head: Buffer): Handshake | undefined {
  const lines = head.toString('latin1').split('\r\n');
  const keys = lines.filter((line) => /^sec-websocket-key:/i.test(line));
  const key = keys.length === 1 ? KEY_LINE.exec(keys[0]!)?.[1] : undefined;
  if (key === undefined || !lines[0]!.startsWith('GET ') || !lines.some((line) => OFFER_LINE.test(line))) return undefined;
  return { head: Buffer.from(lines.filter((line) => !LEFT_OUT.test(line)).join('\r\n'), 'latin1'), key };
}

/** The head of a response by which a server of HTTP/2 takes a handshake, as one of HTTP/1.1 says it. A byte behind it can be read. */
export function switchOf(response: Buffer, key: string): Buffer {
  const [, ...fields] = response.toString('latin1').split('\r\n');
  const head = ['HTTP/1.1 101 Switching Protocols', 'connection: upgrade', 'upgrade: websocket', `sec-websocket-accept: ${acceptOf(key)}`]
    .concat(fields.filter((line) => !OWN_LINE.test(line))).join('\r\n');
  const text = Buffer.alloc(head.length + 1);
  text.write(head, 'latin1');
  return text.subarray(0, head.length);
}

/** Takes the answer to the proxy's own key out of a response. False: it is not the right one, so who answers does not know WebSocket. */
export function takeAccept(buffer: Buffer, fields: FieldTable, key: string): boolean {
  let accepted = false;
  for (let i = 0; i < fields.count; i += 1) {
    if (!isWord(buffer, fields.nameStart(i), fields.nameEnd(i), ACCEPT_NAME)) continue;
    if (accepted || buffer.toString('latin1', fields.valueStart(i), fields.valueEnd(i)) !== acceptOf(key)) return false;
    accepted = true;
    fields.kinds[i] = Kind.HOP_BY_HOP;
  }
  return accepted;
}

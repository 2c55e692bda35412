/**
 * Header blocks of heads and trailers that this proxy has read or written in HTTP/1.1: lines that end in CRLF, each of them checked. What is
 * of a connection in HTTP/1.1 stays behind (RFC 9113 section 8.2.2).
 */
import { COLON, CR, HTAB, isWord, parseDecimal, SP, word } from '../http1/bytes';
import type { HpackEncoder } from './hpack/encoder';

const LEFT_OUT = ['connection', 'transfer-encoding', 'upgrade', 'keep-alive', 'proxy-connection'].map(word);
const SHORTEST_LEFT_OUT = Math.min(...LEFT_OUT.map(({ length }) => length));
const HOST = word('host');

const AUTHORITY_NAME = Buffer.from(':authority');
const METHOD_NAME = Buffer.from(':method');
const PATH_NAME = Buffer.from(':path');
const CONNECT = Buffer.from('CONNECT');
const PROTOCOL = Buffer.from(':protocolwebsocket');
const PROTOCOL_NAME_END = PROTOCOL.indexOf('websocket');

/** Entries of the static table (RFC 7541 appendix A). */
const METHOD_GET = 2;
const METHOD_POST = 3;
const PATH_SLASH = 4;
const SCHEME_HTTP = 6;
const SCHEME_HTTPS = 7;

const GET = word('get');
const POST = word('post');
const SLASH = 0x2f;

/**
 * The header block of a request.
 *
 * @param message     its head, and perhaps what follows it
 * @param isHandshake it asks for a WebSocket: extended CONNECT (RFC 8441 section 4)
 */
export function requestBlock(encoder: HpackEncoder, message: Buffer, isSecure: boolean, isHandshake: boolean): Buffer {
  const methodEnd = message.indexOf(SP);
  const pathStart = methodEnd + 1;
  const pathEnd = message.indexOf(SP, pathStart);
  const fieldsStart = message.indexOf(CR, pathEnd) + 2;
  encoder.begin(roomFor(message));
  if (isHandshake) {
    encoder.field(METHOD_NAME, 0, METHOD_NAME.length, CONNECT, 0, CONNECT.length);
    encoder.field(PROTOCOL, 0, PROTOCOL_NAME_END, PROTOCOL, PROTOCOL_NAME_END, PROTOCOL.length);
  } else if (isWord(message, 0, methodEnd, GET)) encoder.indexed(METHOD_GET);
  else if (isWord(message, 0, methodEnd, POST)) encoder.indexed(METHOD_POST);
  else encoder.field(METHOD_NAME, 0, METHOD_NAME.length, message, 0, methodEnd);
  encoder.indexed(isSecure ? SCHEME_HTTPS : SCHEME_HTTP);
  const host = hostLine(message, fieldsStart);
  if (host > 0) encoder.field(AUTHORITY_NAME, 0, AUTHORITY_NAME.length, message, host + HOST.length + 2, message.indexOf(CR, host));
  if (pathEnd === pathStart + 1 && message[pathStart] === SLASH) encoder.indexed(PATH_SLASH);
  else encoder.field(PATH_NAME, 0, PATH_NAME.length, message, pathStart, pathEnd);
  encodeLines(encoder, message, fieldsStart, host);
  return encoder.take();
}

/**
 * The header block of a response.
 *
 * @param message its head, and perhaps what follows it
 */
export function responseBlock(encoder: HpackEncoder, message: Buffer): Buffer {
  const statusStart = message.indexOf(SP) + 1;
  encoder.begin(roomFor(message));
  encoder.status(parseDecimal(message, statusStart, statusStart + 3));
  encodeLines(encoder, message, message.indexOf(CR, statusStart) + 2, -1);
  return encoder.take();
}

/**
 * The header block of trailers.
 *
 * @param lines with an empty one at their end
 */
export function trailerBlock(encoder: HpackEncoder, lines: Buffer): Buffer {
  encoder.begin(roomFor(lines));
  encodeLines(encoder, lines, 0, -1);
  return encoder.take();
}

/** Where the line of Host begins; -1 when there is none. */
function hostLine(message: Buffer, from: number): number {
  for (let at = from; message[at] !== CR; at = message.indexOf(CR, at) + 2) {
    if (isWord(message, at, at + HOST.length, HOST) && message[at + HOST.length] === COLON) return at;
  }
  return -1;
}

function encodeLines(encoder: HpackEncoder, message: Buffer, from: number, except: number): void {
  for (let at = from; message[at] !== CR;) {
    let nameEnd = at;
    while (message[nameEnd] !== COLON) nameEnd += 1;
    let valueStart = nameEnd + 1;
    while (isSpace(message[valueStart]!)) valueStart += 1;
    const lineEnd = message.indexOf(CR, valueStart);
    let valueEnd = lineEnd;
    while (valueEnd > valueStart && isSpace(message[valueEnd - 1]!)) valueEnd -= 1;
    if (at !== except && !isLeftOut(message, at, nameEnd)) encoder.field(message, at, nameEnd, message, valueStart, valueEnd);
    at = lineEnd + 2;
  }
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function isLeftOut(message: Buffer, start: number, end: number): boolean {
  if (end - start < SHORTEST_LEFT_OUT) return false;
  for (const name of LEFT_OUT) if (isWord(message, start, end, name)) return true;
  return false;
}

/** A long string has a length of up to three bytes, which is more than its line has around it. */
function roomFor(message: Buffer): number {
  return message.length * 2 + PROTOCOL.length;
}

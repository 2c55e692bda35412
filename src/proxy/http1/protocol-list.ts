/** A list of protocols, as the Upgrade field holds one (RFC 9110 section 7.8). */
import { COMMA, HTAB, IS_TOKEN, SP } from './bytes';

const SLASH = 0x2f;

/** Whether `buffer[start, end)` is a list of one or more `name [ "/" version ]`. */
export function isProtocolList(buffer: Uint8Array, start: number, end: number): boolean {
  let position = start;
  while (position <= end) {
    while (position < end && isSpace(buffer[position]!)) position += 1;
    const nameEnd = skipToken(buffer, position, end);
    if (nameEnd === position) return false;
    position = nameEnd;
    if (position < end && buffer[position] === SLASH) {
      const versionEnd = skipToken(buffer, position + 1, end);
      if (versionEnd === position + 1) return false;
      position = versionEnd;
    }
    while (position < end && isSpace(buffer[position]!)) position += 1;
    if (position < end && buffer[position] !== COMMA) return false;
    position += 1;
  }
  return true;
}

/** The protocols of a list, in lower case: names are compared so, as those of WebSocket are (RFC 6455 section 4.1). */
export function protocolsOf(buffer: Buffer, start: number, end: number): string[] {
  return buffer.toString('latin1', start, end).toLowerCase().split(',').map((protocol) => protocol.trim());
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function skipToken(buffer: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && IS_TOKEN[buffer[position]!] === 1) position += 1;
  return position;
}

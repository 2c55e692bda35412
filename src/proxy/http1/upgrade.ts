/**
 * The Upgrade field (RFC 9110 section 7.8): which protocols a client would switch to, and whether the one that a server
 * chose is among them.
 */
import { COMMA, HTAB, IS_TOKEN, SP } from './bytes';
import { Framing } from './framing';
import type { RequestHead } from './request-head';
import type { ResponseHead } from './response-head';

const SLASH = 0x2f;

/**
 * Protocols that are never asked for on a client's behalf: another version of HTTP, or TLS, within the tunnel would carry
 * requests past everything that the proxy checks.
 */
const REFUSED = /^(h2c?|h3|http|tls|ssl)(\/|$)/;

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

/** Whether a client's offer can be passed on. One protocol that can't be spoils it: the client offered them as equals. */
export function isOfferable(protocols: readonly string[]): boolean {
  return protocols.every((protocol) => !REFUSED.test(protocol));
}

export const NO_PROTOCOLS: readonly string[] = [];

/** What the client offers, when it can be passed on: not from HTTP/1.0 and not with a body, which would have to come first. */
export function offerOf(buffer: Buffer, head: RequestHead): readonly string[] {
  if (head.isHttp10 || !head.fields.upgrade || head.framing !== Framing.NONE) return NO_PROTOCOLS;
  const protocols = protocolsOf(buffer, head.upgradeStart, head.upgradeEnd);
  return isOfferable(protocols) ? protocols : NO_PROTOCOLS;
}

/** Whether a 101 switches to what was offered. */
export function isSwitch(buffer: Buffer, head: ResponseHead, offered: readonly string[]): boolean {
  if (head.isHttp10 || !head.fields.upgrade || head.upgradeEnd === head.upgradeStart) return false;
  return protocolsOf(buffer, head.upgradeStart, head.upgradeEnd).every((protocol) => offered.includes(protocol));
}

function isSpace(octet: number): boolean {
  return octet === SP || octet === HTAB;
}

function skipToken(buffer: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && IS_TOKEN[buffer[position]!] === 1) position += 1;
  return position;
}

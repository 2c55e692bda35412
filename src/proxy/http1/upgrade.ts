/**
 * The Upgrade field (RFC 9110 section 7.8): which protocols a client would switch to, and whether the one that a server
 * chose is among them.
 */
import { Framing } from './framing';
import { protocolsOf } from './protocol-list';
import type { RequestHead } from './request-head';
import type { ResponseHead } from './response-head';

/**
 * Protocols that are never asked for on a client's behalf: another version of HTTP, or TLS, within the tunnel would carry
 * requests past everything that the proxy checks.
 */
const REFUSED = /^(h2c?|h3|http|tls|ssl)(\/|$)/;

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

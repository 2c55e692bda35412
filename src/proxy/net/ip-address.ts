/**
 * IP addresses as text and as bytes. An IPv4 address that comes as one of IPv6 (`::ffff:192.0.2.1`, as sockets of both families have it)
 * is that IPv4 address, so that one client has one name.
 */
import { isIPv4, isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The address in its one form; undefined for what is none. One with a zone (`fe80::1%eth0`) is none, for it means something on one host only. */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const mapped = MAPPED.exec(text)?.[1];
  if (mapped !== undefined) return mapped;
  const bytes = bytesOf(text);
  return bytes.length === 4 ? bytes.join('.') : text.toLowerCase();
}

/** 4 or 16 bytes of an address that is one. */
export function bytesOf(address: string): Uint8Array {
  if (!address.includes(':')) return Uint8Array.from(address.split('.'), Number);
  const [, before, quad] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  const text = quad === undefined ? address : before + quadInHex(quad);
  const [head, tail] = text.split('::').map((half) => (half === '' ? [] : half.split(':'))) as [string[], string[] | undefined];
  const groups = tail === undefined ? head : [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  const bytes = Uint8Array.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]));
  const isMapped = bytes.every((byte, i) => i >= 12 || byte === (i < 10 ? 0 : 0xff));
  return isMapped ? bytes.subarray(12) : bytes;
}

function quadInHex(quad: string): string {
  const [a, b, c, d] = quad.split('.').map(Number) as [number, number, number, number];
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** Addresses as `/proc/net/tcp` writes them: in hexadecimal, from words of 32 bits in the machine's byte order. */
import { endianness } from 'node:os';

/** An IPv4 address within IPv6 becomes one of IPv4. */
export function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return bytes.subarray(12).join('.');
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

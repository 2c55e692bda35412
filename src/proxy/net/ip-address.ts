/** IP addresses in one form, so that one client has one name, and lists of networks. */
import { Cidr, contains, Network, parseAddress, parseCidr } from '../../contract';

/** The address in its one form; undefined for what is none. One with a zone (`fe80::1%eth0`) is none, for it means something on one host only. */
export function canonicalAddress(text: string): string | undefined {
  const bytes = parseAddress(text);
  if (!bytes) return undefined;
  return bytes.length === 4 ? bytes.join('.') : ipv6Text(bytes);
}

/** That of a socket, which may have a zone; empty when it has none any more. */
export function peerAddress(remoteAddress: string | undefined): string {
  return canonicalAddress((remoteAddress ?? '').split('%', 1)[0]!) ?? '';
}

/** IPv6 as text, as RFC 5952 has it: `::` for the first of the longest runs of zeros. */
export function ipv6Text(bytes: ArrayLike<number>): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[i * 2]! * 256 + bytes[i * 2 + 1]!).toString(16)).join(':');
  const runs = groups.match(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  return longest === '' ? groups : groups.replace(new RegExp(`(?:^|:)${longest}(?![0-9a-f])(?::|$)`), '::');
}

export class Networks {
  private readonly networks: readonly Network[];

  constructor(cidrs: readonly Cidr[]) {
    this.networks = cidrs.map((cidr) => parseCidr(cidr)!);
  }

  has(address: string): boolean {
    const bytes = parseAddress(address);
    return bytes !== undefined && this.networks.some((network) => contains(network, bytes));
  }
}

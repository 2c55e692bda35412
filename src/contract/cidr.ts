/**
 * IP addresses and networks as bytes, without Node: the constructs and the document's check read them, too. An IPv4 address in IPv6 form
 * (`::ffff:192.0.2.1`, as sockets of both families have it) is the IPv4 address.
 */

/**
 * A network: an IP address and the number of bits that count, as in `10.0.0.0/8` or `2001:db8::/32`. An address alone is a network of one.
 * @minLength 2
 * @maxLength 43
 * @pattern ^[0-9a-fA-F.:]+(/[0-9]{1,3})?$
 */
export type Cidr = string;

/** A network that can be compared with. */
export interface Network {
  /** 4 or 16. */
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** 4 or 16 bytes; undefined for what is no address. */
export function parseAddress(text: string): readonly number[] | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Undefined for what is no network. */
export function parseCidr(text: Cidr): Network | undefined {
  const [address, length, ...more] = text.split('/');
  const bytes = parseAddress(address!);
  if (!bytes || more.length > 0) return undefined;
  if (length === undefined) return { bytes, bits: bytes.length * 8 };
  // The bits of an IPv4 address in IPv6 form are counted from the beginning of that.
  const bits = /^\d{1,3}$/.test(length) ? Number(length) - (address!.includes(':') && bytes.length === 4 ? 96 : 0) : -1;
  return bits >= 0 && bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

/** Whether a network has an address. */
export function contains({ bytes, bits }: Network, address: readonly number[]): boolean {
  if (address.length !== bytes.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i += 1) if (bytes[i] !== address[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (bytes[whole]! ^ address[whole]!) >> (8 - rest) === 0;
}

/** Members of a list that are no networks, by the list's field. */
export function unfitNetworks(field: string, cidrs: readonly Cidr[] = []): { readonly field: string; readonly message: string }[] {
  return cidrs.flatMap((cidr, i) => (parseCidr(cidr) ? [] : [{
    field: `${field}/${i}`, message: `'${cidr}' is no network; write an IP address and the number of bits that count, as in 10.0.0.0/8`,
  }]));
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  // No leading zero, which some take for octal.
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return parts.map(Number);
}

function parseIpv6(text: string): number[] | undefined {
  const quad = text.slice(text.lastIndexOf(':') + 1);
  const ipv4 = quad.includes('.') ? parseIpv4(quad) : undefined;
  if (quad.includes('.') && !ipv4) return undefined;
  const groupText = ipv4 ? `${text.slice(0, -quad.length)}${hex(ipv4, 0)}:${hex(ipv4, 2)}` : text;
  const halves = groupText.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head!.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head!, ...Array<string>(tail ? missing : 0).fill('0'), ...tail ?? []];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const bytes = groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]);
  return bytes.every((byte, i) => i >= 12 || byte === (i < 10 ? 0 : 0xff)) ? bytes.slice(12) : bytes;
}

function hex(bytes: readonly number[], at: number): string {
  return (bytes[at]! * 256 + bytes[at + 1]!).toString(16);
}

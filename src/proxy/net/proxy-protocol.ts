/**
 * The header of the PROXY protocol, versions 1 and 2 (https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt): what a load balancer, or
 * this proxy itself, writes before the first byte of the client, to say who that is. Read strictly: a header that is not exactly as the
 * specification says ends the connection, for what follows it would be read at the wrong place.
 *
 * Of version 2 there is one length, the one in its fixed part. Addresses and TLVs must fill it exactly, and what follows the header begins
 * behind it, whatever a TLV says (CVE-2026-47692).
 */
import { parseAddress } from '../../contract';
import { canonicalAddress, ipv6Text } from './ip-address';

/** Longest header that is read. Version 1 has 107 bytes at most, and 2 may have up to 65,551, of which balancers use some hundred. */
export const MAX_HEADER_BYTES = 4_096;

const MAX_V1_BYTES = 107;
const V1 = Buffer.from('PROXY ');
const V2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_FIXED_BYTES = 16;
const TLV_FIXED_BYTES = 3;
const TLV_CRC32C = 0x03;

export type ProxyHeader =
  /** More is needed. */
  | { readonly kind: 'partial' }
  | { readonly kind: 'malformed'; readonly why: string }
  /** `length` bytes. `local`: by the balancer itself, as for its health checks, or it doesn't know; there is no address then. */
  | { readonly kind: 'v1' | 'v2' | 'local'; readonly length: number; readonly address: string | undefined };

const PARTIAL: ProxyHeader = { kind: 'partial' };

/** What a connection has sent so far begins with. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (begins(bytes, V1)) return bytes.length < V1.length ? PARTIAL : parseV1(bytes);
  if (begins(bytes, V2)) return bytes.length < V2_FIXED_BYTES ? PARTIAL : parseV2(bytes);
  return malformed('no PROXY header');
}

/** As far as there are bytes. */
function begins(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.compare(signature, 0, length, 0, length) === 0;
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_V1_BYTES).indexOf('\r\n');
  if (end < 0) return bytes.length < MAX_V1_BYTES ? PARTIAL : malformed('a line of version 1 that is too long');
  const length = end + 2;
  const parts = bytes.toString('latin1', V1.length, end).split(' ');
  const [family, source, destination, sourcePort, destinationPort] = parts;
  // The rest of such a line is to be ignored.
  if (family === 'UNKNOWN') return { kind: 'local', length, address: undefined };
  const isOfFamily = (address: string | undefined): boolean => address !== undefined && address.includes(':') === (family === 'TCP6');
  if (parts.length !== 5 || (family !== 'TCP4' && family !== 'TCP6')) return malformed('a line of version 1 that is not `PROXY TCP4|TCP6 source destination port port`');
  const address = canonicalAddress(source!);
  if (address === undefined || canonicalAddress(destination!) === undefined || !isOfFamily(source) || !isOfFamily(destination)) {
    return malformed('an address of version 1 that is none of its family');
  }
  if (!isPort(sourcePort!) || !isPort(destinationPort!)) return malformed('a port of version 1 that is none');
  return { kind: 'v1', length, address };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

function parseV2(bytes: Buffer): ProxyHeader {
  const [versionAndCommand, familyAndTransport] = [bytes[12]!, bytes[13]!];
  const command = versionAndCommand & 0xf;
  if (versionAndCommand >> 4 !== 2 || command > 1) return malformed('another version than 2, or an unknown command');
  const length = V2_FIXED_BYTES + bytes.readUInt16BE(14);
  if (length > MAX_HEADER_BYTES) return malformed('a header of version 2 that is too long');
  const addressBytes = ADDRESS_BYTES[familyAndTransport];
  // Of a local one, the family is to be ignored.
  if (addressBytes === undefined && command === 1) return malformed('another family than TCP over IPv4 or IPv6');
  if (bytes.length < length) return PARTIAL;
  if (command === 0) return { kind: 'local', length, address: undefined };
  const tlvs = V2_FIXED_BYTES + addressBytes!;
  if (tlvs > length) return malformed('a header of version 2 that is too short for its addresses');
  const wrong = checkTlvs(bytes.subarray(0, length), tlvs);
  if (wrong !== undefined) return malformed(wrong);
  if (addressBytes === 0) return { kind: 'local', length, address: undefined };
  const source = bytes.subarray(V2_FIXED_BYTES, V2_FIXED_BYTES + addressBytes! / 2 - 2);
  return { kind: 'v2', length, address: canonicalAddress(source.length === 4 ? source.join('.') : ipv6Text(source)) };
}

const V2_BYTE = 0x20;
const PROXY_COMMAND = 1;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;

/** The end of a connection. */
export interface ProxyEnd {
  /** Of IP. */
  readonly address: string;
  readonly port: number;
}

/** A header of version 2 by the proxy itself, as for a health check. */
export const LOCAL_HEADER = Buffer.concat([V2, Buffer.from([V2_BYTE, 0, 0, 0])]);

/** The header of version 2 for a client's connection; {@link LOCAL_HEADER} when an address is not known. */
export function proxyHeader(source: ProxyEnd, destination: ProxyEnd): Buffer {
  const from = parseAddress(source.address);
  const to = parseAddress(destination.address);
  if (!from || !to) return LOCAL_HEADER;
  const isIpv4 = from.length === 4 && to.length === 4;
  const addresses = [from, to].flatMap((bytes) => (isIpv4 || bytes.length === 16 ? bytes : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes]));
  const header = Buffer.alloc(V2_FIXED_BYTES + addresses.length + 4);
  V2.copy(header);
  header[12] = V2_BYTE | PROXY_COMMAND;
  header[13] = isIpv4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6;
  header.writeUInt16BE(addresses.length + 4, 14);
  header.set(addresses, V2_FIXED_BYTES);
  header.writeUInt16BE(source.port, header.length - 4);
  header.writeUInt16BE(destination.port, header.length - 2);
  return header;
}

/** By family and transport: unspecified, TCP over IPv4, TCP over IPv6. Two addresses and two ports. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 0x00: 0, 0x11: 12, 0x21: 36 };

/** Each TLV must end within the header, and the last one with it. */
function checkTlvs(header: Buffer, start: number): string | undefined {
  for (let position = start; position < header.length;) {
    if (position + TLV_FIXED_BYTES > header.length) return 'a TLV that is cut off';
    const end = position + TLV_FIXED_BYTES + header.readUInt16BE(position + 1);
    if (end > header.length) return 'a TLV that is longer than the header';
    if (header[position] === TLV_CRC32C && (end - position !== 7 || header.readUInt32BE(position + 3) !== crc32c(header, position + 3))) return 'a wrong checksum';
    position = end;
  }
  return undefined;
}

/** CRC-32C of the header, its own four bytes read as zeros. Bit by bit: it is once a connection, and short. */
function crc32c(header: Buffer, at: number): number {
  let crc = 0xffff_ffff;
  for (let i = 0; i < header.length; i += 1) {
    crc ^= i >= at && i < at + 4 ? 0 : header[i]!;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

function malformed(why: string): ProxyHeader {
  return { kind: 'malformed', why };
}

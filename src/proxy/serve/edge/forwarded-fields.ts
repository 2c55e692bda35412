/**
 * Where a request comes from, by the connection and by X-Forwarded-For, and what of that is passed on. Each trusted proxy appends one
 * entry, so the client is found by counting from the right; what stands further left the client may have made up (the rule of Envoy's
 * `xff_num_trusted_hops`). Names with `_` are fields of the same name to CGI and WSGI, so they are dropped as well.
 *
 * Without trusted hops, all that is written is the same as long as the Host is, so it is written once.
 */
import type { ForwardedConfig } from '../../../contract';
import { COMMA, HTAB, SP } from '../../http1/bytes';
import { FieldTable, Kind } from '../../http1/fields';
import { isHost } from '../../http1/host';
import type { RequestHead } from '../../http1/request-head';
import { canonicalAddress } from '../../net/ip-address';

/** What is said of one request. */
export interface Forwarded {
  readonly client: string;
  /** A trusted proxy has said who the client is, but not by an address: `client` is the proxy then. */
  readonly unknown: boolean;
  /** It came by HTTPS, to this listener or to a trusted proxy. */
  readonly secure: boolean;
  /** Field lines, each with its CRLF. */
  readonly lines: Buffer;
}

/** The addresses of trusted proxies, the client's first. */
interface Hops {
  readonly addresses: readonly string[];
  readonly unknown: boolean;
}

const NO_HOPS: Hops = { addresses: [], unknown: false };
const UNKNOWN_HOPS: Hops = { addresses: [], unknown: true };

/** The connection that a request comes by. */
export interface Arrival {
  /** Address of its other end. */
  readonly address: string;
  readonly secure: boolean;
}

const X_FORWARDED = Buffer.from('x-forwarded-');
const X_FORWARDED_FOR = Buffer.from('x-forwarded-for');
const X_FORWARDED_PROTO = Buffer.from('x-forwarded-proto');
const X_FORWARDED_HOST = Buffer.from('x-forwarded-host');
const FORWARDED = Buffer.from('forwarded');
const X_REAL_IP = Buffer.from('x-real-ip');
const UNDERSCORE = 0x5f;
const DASH = 0x2d;

export class ForwardedFields {
  constructor(private readonly config: Required<ForwardedConfig>) {}

  /** What all requests with one Host are said of alike. */
  get isConstant(): boolean { return this.config.trustedHops === 0; }

  /**
   * Takes out of the head what is not passed on.
   *
   * @param host the request's own; empty when it has none
   * @param last what was said of the request before with the same Host
   */
  apply(source: Buffer, { fields }: RequestHead, { address, secure }: Arrival, host: string, last: Forwarded | undefined): Forwarded {
    const { addresses: hops, unknown } = this.hops(source, fields);
    const trusted = hops.length > 0;
    const proto = (trusted ? single(source, fields, X_FORWARDED_PROTO, isProto) : undefined) ?? (secure ? 'https' : 'http');
    const givenHost = trusted ? single(source, fields, X_FORWARDED_HOST, isHostText) : undefined;
    remove(source, fields, trusted);
    if (last && !trusted) return last;
    return {
      client: hops[0] ?? address,
      unknown,
      secure: proto === 'https',
      lines: Buffer.from(this.linesOf(hops, address, proto, givenHost ?? host), 'latin1'),
    };
  }

  /** The entries of trusted proxies; none when there are not as many as there should be, or when one is no address. */
  private hops(source: Buffer, fields: FieldTable): Hops {
    const { trustedHops } = this.config;
    if (trustedHops === 0) return NO_HOPS;
    const entries = lastEntries(source, fields, trustedHops);
    const addresses: string[] = [];
    for (const entry of entries) {
      const address = addressIn(entry);
      if (address === undefined) return UNKNOWN_HOPS;
      addresses.push(address);
    }
    return addresses.length === trustedHops ? { addresses, unknown: false } : NO_HOPS;
  }

  private linesOf(hops: readonly string[], address: string, proto: string, host: string): string {
    const { xForwardedFor, rfc7239 } = this.config;
    const said = {
      append: [...hops, address],
      keep: hops,
      overwrite: [hops[0] ?? address],
      drop: [],
    }[xForwardedFor];
    return (said.length > 0 ? `x-forwarded-for: ${said.join(', ')}\r\n` : '')
      + `x-forwarded-proto: ${proto}\r\n`
      + (host === '' ? '' : `x-forwarded-host: ${host}\r\n`)
      + (rfc7239 ? `forwarded: ${this.elements([...hops, address], proto, host)}\r\n` : '');
  }

  /** The elements of RFC 7239. What the client asked for stands in the first, which is about the client. */
  private elements(addresses: readonly string[], proto: string, host: string): string {
    const [first, ...others] = addresses.map((each) => `for=${each.includes(':') ? `"[${each}]"` : each}`);
    return [`${first!};proto=${proto}${host === '' ? '' : `;host="${host}"`}`, ...others].join(', ');
  }
}

/** Up to so many entries of X-Forwarded-For, the last ones, in their order. */
function lastEntries(source: Buffer, fields: FieldTable, count: number): string[] {
  const entries: string[] = [];
  for (let i = fields.count - 1; i >= 0 && entries.length < count; i -= 1) {
    if (!isNamed(source, fields, i, X_FORWARDED_FOR)) continue;
    const start = fields.valueStart(i);
    for (let end = fields.valueEnd(i); end > start && entries.length < count;) {
      let position = end;
      while (position > start && source[position - 1] !== COMMA) position -= 1;
      const entry = trimmed(source, position, end);
      if (entry !== '') entries.unshift(entry);
      end = position - 1;
    }
  }
  return entries;
}

/** The address of an entry: alone, with a port, or in brackets. */
export function addressIn(entry: string): string | undefined {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry)?.[1];
  const withPort = /^([\d.]+):\d{1,5}$/.exec(entry)?.[1];
  return canonicalAddress(bracketed ?? withPort ?? entry);
}

/** The value of a field that is there once; undefined when it isn't, or isn't one. */
function single(source: Buffer, fields: FieldTable, name: Buffer, isValue: (value: string) => boolean): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < fields.count; i += 1) {
    if (!isNamed(source, fields, i, name)) continue;
    if (found !== undefined) return undefined;
    found = trimmed(source, fields.valueStart(i), fields.valueEnd(i));
  }
  return found !== undefined && isValue(found) ? found : undefined;
}

function isProto(value: string): boolean {
  return value === 'http' || value === 'https';
}

function isHostText(value: string): boolean {
  const bytes = Buffer.from(value, 'latin1');
  return isHost(bytes, 0, bytes.length);
}

/** Leaves out what is written anew, and what an untrusted client may have made up: all of `X-Forwarded-`. */
function remove(source: Buffer, fields: FieldTable, trusted: boolean): void {
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] !== Kind.OTHER) continue;
    const start = fields.nameStart(i);
    const length = fields.nameEnd(i) - start;
    const first = source[start]! | 0x20;
    if (first === 0x78 ? isUnwanted(source, start, length, trusted) : isSame(source, start, length, FORWARDED)) fields.hide(i);
  }
}

/** Of a name that begins with `x`. */
function isUnwanted(source: Buffer, start: number, length: number, trusted: boolean): boolean {
  if (length > X_FORWARDED.length && isSame(source, start, X_FORWARDED.length, X_FORWARDED)) {
    return !trusted || isSame(source, start, length, X_FORWARDED_FOR) || isSame(source, start, length, X_FORWARDED_PROTO)
      || isSame(source, start, length, X_FORWARDED_HOST) || source.subarray(start, start + length).includes(UNDERSCORE);
  }
  return isSame(source, start, length, X_REAL_IP);
}

function isNamed(source: Buffer, fields: FieldTable, i: number, name: Buffer): boolean {
  if (fields.kinds[i] !== Kind.OTHER) return false;
  const start = fields.nameStart(i);
  const length = fields.nameEnd(i) - start;
  return isSame(source, start, length, name) && !source.subarray(start, start + length).includes(UNDERSCORE);
}

/** Compares without case, `_` like `-`. */
function isSame(source: Buffer, start: number, length: number, name: Buffer): boolean {
  if (length !== name.length) return false;
  for (let i = 0; i < length; i += 1) {
    const octet = source[start + i]!;
    if ((octet === UNDERSCORE ? DASH : octet | 0x20) !== name[i]) return false;
  }
  return true;
}

function trimmed(source: Buffer, start: number, end: number): string {
  let [from, to] = [start, end];
  while (from < to && (source[from] === SP || source[from] === HTAB)) from += 1;
  while (to > from && (source[to - 1] === SP || source[to - 1] === HTAB)) to -= 1;
  return source.toString('latin1', from, to);
}

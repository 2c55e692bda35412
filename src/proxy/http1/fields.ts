/**
 * The field section of a message head (RFC 9112 section 5): scanned once, in place. A field is four offsets and a
 * kind; no string is made of it. The trade-off: a table is only valid together with the buffer it was scanned from,
 * and only until the next scan, so whatever a connection keeps must be serialized first.
 *
 * Strict on purpose: no white space before a colon, no folded lines, and CRLF ends a line, or, where a reader says so, LF. What
 * two parsers could read differently is refused, not repaired.
 */
import { COLON, COMMA, CR, HTAB, IS_TOKEN, IS_VALUE, isWord, LF, SP, word } from './bytes';
import { Fault, fault, INCOMPLETE } from './fault';

/** Fields that the proxy itself acts on, and `OTHER`. */
export const enum Kind {
  OTHER = 0,
  HOST,
  CONNECTION,
  CONTENT_LENGTH,
  TRANSFER_ENCODING,
  /** Hop-by-hop: removed before forwarding (RFC 9110 section 7.6.1). */
  HOP_BY_HOP,
  KEEP_ALIVE,
  TE,
  UPGRADE,
  EXPECT,
  DATE,
  TRAILER,
  VIA,
  MAX_FORWARDS,
  /** A load report, in responses, as text or binary, and what asks for one, in requests. */
  LOAD_METRICS,
  LOAD_METRICS_BIN,
  LOAD_METRICS_FORMAT,
  /** How a gRPC call ended, in a response. */
  GRPC_STATUS,
  /** Would frame the message for a reader that takes `_` for `-`, as CGI and WSGI do. */
  DISGUISED,
  /** Named by Connection: removed like a hop-by-hop field. */
  NOMINATED,
  /** Between sidecars, see mesh-fields.ts; never passed through, but for what the app gets: the number of the attempt, and whether it is a copy. */
  MESH_DEADLINE,
  MESH_ATTEMPT,
  MESH_MIRROR,
  MESH_EXPLAIN,
  MESH_UNSENT,
  MESH_VIA,
  /** Who the caller is, in one of two forms: written by the proxy alone. */
  MESH_CALLER,
}

/** The names of all fields that have a kind; of those with the same length, the frequent ones first. */
const KNOWN_NAMES: readonly (readonly [name: string, kind: Kind])[] = [
  ['te', Kind.TE],
  ['via', Kind.VIA],
  ['host', Kind.HOST],
  ['date', Kind.DATE],
  ['expect', Kind.EXPECT],
  ['upgrade', Kind.UPGRADE],
  ['trailer', Kind.TRAILER],
  ['x-mesh-via', Kind.MESH_VIA],
  ['connection', Kind.CONNECTION],
  ['grpc-status', Kind.GRPC_STATUS],
  ['keep-alive', Kind.KEEP_ALIVE],
  ['max-forwards', Kind.MAX_FORWARDS],
  ['x-mesh-unsent', Kind.MESH_UNSENT],
  ['x-mesh-mirror', Kind.MESH_MIRROR],
  ...spellings('x-mesh-caller', Kind.MESH_CALLER),
  ...spellings('x-forwarded-client-cert', Kind.MESH_CALLER),
  ['x-mesh-attempt', Kind.MESH_ATTEMPT],
  ['x-mesh-explain', Kind.MESH_EXPLAIN],
  ['content-length', Kind.CONTENT_LENGTH],
  // `isWord` folds `_` into 0x7f.
  ['content\x7flength', Kind.DISGUISED],
  ['http2-settings', Kind.HOP_BY_HOP],
  ['proxy-connection', Kind.HOP_BY_HOP],
  ['transfer-encoding', Kind.TRANSFER_ENCODING],
  ['transfer\x7fencoding', Kind.DISGUISED],
  ['x-mesh-deadline-ms', Kind.MESH_DEADLINE],
  ['endpoint-load-metrics', Kind.LOAD_METRICS],
  ['endpoint-load-metrics-bin', Kind.LOAD_METRICS_BIN],
  ['endpoint-load-metrics-format', Kind.LOAD_METRICS_FORMAT],
];

/** A name, and all others that somebody who takes `_` for `-` would take for it. `isWord` folds `_` into 0x7f. */
function spellings(name: string, kind: Kind): [name: string, kind: Kind][] {
  const [first, ...parts] = name.split('-') as [string, ...string[]];
  return parts.reduce((names, part) => names.flatMap((begun) => [`${begun}-${part}`, `${begun}\x7f${part}`]), [first]).map((spelling) => [spelling, kind]);
}

const LONGEST_NAME = Math.max(...KNOWN_NAMES.map(([name]) => name.length));
const KNOWN_BY_LENGTH = Array.from({ length: LONGEST_NAME + 1 }, (_, length) => (
  KNOWN_NAMES.filter(([name]) => name.length === length).map(([name, kind]) => ({ name: word(name), kind }))
));

// Options of Connection.
const KEEP_ALIVE = word('keep-alive');
const UPGRADE = word('upgrade');
const CLOSE = word('close');

const DASH = 0x2d;

/** Fields that say whose a request is, and which: as balancers, proxies, meshes, clouds and tracers in front say it. */
const OF_IDENTITY = [
  'x-request-id', 'traceparent', 'tracestate', 'baggage', 'b3', 'x-b3-', 'x-client-', 'x-cluster-client-ip', 'x-original-', 'true-client-ip', 'cf-',
  'fastly-', 'client-cert', 'client-cert-', 'x-ssl-', 'x-auth-', 'x-user', 'x-user-', 'x-api-key', 'x-amzn-', 'x-goog-', 'x-ms-', 'x-envoy-',
  'x-istio-', 'x-spiffe-', 'l5d-', 'remote-', 'x-csrf-token', 'x-xsrf-token',
];
export const isOfIdentity = nameList(OF_IDENTITY);

/**
 * Fields that a peer can't have removed by naming them in Connection: doing so would strip what the next hop relies on
 * for routing, authorization, identity or caching. Those that have a kind of their own are never removed that way.
 */
const isProtected = nameList([
  'authorization', 'proxy-authorization', 'www-authenticate', 'proxy-authenticate', 'proxy-status', 'cookie', 'set-cookie', 'content-',
  'forwarded', 'x-forwarded-', 'x-real-ip', 'origin', 'cache-control', 'range', 'if-', ...OF_IDENTITY,
]);

/** More names than this in Connection are no use to anybody; looking each up among all fields is. */
const MAX_NOMINATIONS = 64;

export const FAULT_FIELD_NAME = fault('a field name is empty or holds a character that is not allowed; use letters, digits and hyphens');
export const FAULT_SPACE_BEFORE_COLON = fault('white space between a field name and its colon; leave it out');
export const FAULT_FOLDED = fault('a line that begins with white space: folded fields are not accepted; write the value in one line');
export const FAULT_FIELD_VALUE = fault('a field value holds a control character; encode it or leave it out');
export const FAULT_LINE_END = fault('a line that does not end in CRLF; write CR LF');
export const FAULT_TOO_MANY_FIELDS = fault('more header fields than the limit', 'head_too_large', 'maxHeaderFields');
export const FAULT_DISGUISED = fault('a field that some take for Content-Length or Transfer-Encoding: with `_` for `-`; give it another name');
export const FAULT_NOMINATIONS = fault(`more than ${MAX_NOMINATIONS} fields named by Connection`);

/** The fields of one message, as offsets into the buffer that was scanned. */
export class FieldTable {
  count = 0;
  /** Four a field: start and end of the name, start and end of the value without surrounding white space. */
  readonly offsets: Int32Array;
  readonly kinds: Uint8Array;
  /** `Connection` holds `close`. */
  close = false;
  /** `Connection` holds `keep-alive`. */
  keepAlive = false;
  /** `Connection` holds `upgrade`. */
  upgrade = false;
  /** Behind the empty line that ends what was scanned last. */
  end = 0;
  /** Names that Connection holds besides these. */
  private nominations = 0;

  constructor(readonly capacity: number) {
    this.offsets = new Int32Array(capacity * 4);
    this.kinds = new Uint8Array(capacity);
  }

  nameStart(i: number): number { return this.offsets[i * 4]!; }
  nameEnd(i: number): number { return this.offsets[i * 4 + 1]!; }
  valueStart(i: number): number { return this.offsets[i * 4 + 2]!; }
  valueEnd(i: number): number { return this.offsets[i * 4 + 3]!; }

  /** Takes a field away: it is not forwarded, and nobody finds it by its name. */
  hide(i: number): void {
    this.kinds[i] = Kind.HOP_BY_HOP;
    this.offsets[i * 4 + 1] = this.nameStart(i);
  }

  /** The same fields, which later changes of these leave as they are. */
  copy(): FieldTable {
    const copy = new FieldTable(this.count);
    copy.offsets.set(this.offsets.subarray(0, this.count * 4));
    copy.kinds.set(this.kinds.subarray(0, this.count));
    copy.count = this.count;
    copy.close = this.close;
    copy.keepAlive = this.keepAlive;
    copy.upgrade = this.upgrade;
    copy.end = this.end;
    return copy;
  }

  /** Leaves the fields of a kind out of what is forwarded. */
  remove(kind: Kind): void {
    for (let i = 0; i < this.count; i += 1) if (this.kinds[i] === kind) this.kinds[i] = Kind.HOP_BY_HOP;
  }

  /**
   * Scans the field lines from `start` on, up to the empty line that closes them; `end` of the table is behind it.
   *
   * @param end what is not closed by then is {@link INCOMPLETE}, unless it can't be field lines
   * @param limit most fields accepted
   * @param takesLf LF alone ends a line, too
   */
  scan(buffer: Uint8Array, start: number, end: number, limit: number, takesLf = false): Fault | undefined {
    this.count = 0;
    this.close = false;
    this.keepAlive = false;
    this.upgrade = false;
    this.nominations = 0;
    let position = start;
    for (;;) {
      let byte = buffer[position]!;
      if (byte === CR || (byte === LF && takesLf)) return this.finish(buffer, position, end);
      if (this.count >= limit) return position >= end ? INCOMPLETE : FAULT_TOO_MANY_FIELDS;

      const nameStart = position;
      while (IS_TOKEN[byte] === 1) byte = buffer[++position]!;
      const nameEnd = position;
      if (byte !== COLON || nameEnd === nameStart) return position >= end ? INCOMPLETE : nameFault(byte, nameEnd === nameStart);

      byte = buffer[++position]!;
      while (byte === SP || byte === HTAB) byte = buffer[++position]!;
      const valueStart = position;
      while (IS_VALUE[byte] === 1) byte = buffer[++position]!;
      const lineEnd = position;
      if (byte === CR) byte = buffer[++position]!;
      else if (!takesLf || byte !== LF) return position >= end ? INCOMPLETE : byte === LF ? FAULT_LINE_END : FAULT_FIELD_VALUE;
      if (byte !== LF) return position >= end ? INCOMPLETE : FAULT_LINE_END;
      position += 1;
      let valueEnd = lineEnd;
      while (valueEnd > valueStart && (buffer[valueEnd - 1] === SP || buffer[valueEnd - 1] === HTAB)) valueEnd -= 1;

      const at = this.count * 4;
      this.offsets[at] = nameStart;
      this.offsets[at + 1] = nameEnd;
      this.offsets[at + 2] = valueStart;
      this.offsets[at + 3] = valueEnd;
      this.kinds[this.count] = kindOf(buffer, nameStart, nameEnd);
      this.count += 1;
    }
  }

  /** At the empty line. */
  private finish(buffer: Uint8Array, position: number, end: number): Fault | undefined {
    const lineFeed = buffer[position] === CR ? position + 1 : position;
    if (buffer[lineFeed] !== LF) return lineFeed >= end ? INCOMPLETE : FAULT_LINE_END;
    this.end = lineFeed + 1;
    return undefined;
  }

  /**
   * Takes in what a Connection field says: options and names of fields, which are then removed like hop-by-hop fields. To be called when all
   * fields are scanned. Of an option only the token that it begins with counts, for `keep-alive; timeout=5` is common.
   */
  readConnection(buffer: Uint8Array, field: number): Fault | undefined {
    const end = this.valueEnd(field);
    let position = this.valueStart(field);
    while (position < end) {
      const byte = buffer[position]!;
      if (byte === COMMA || byte === SP || byte === HTAB) {
        position += 1;
        continue;
      }
      const optionStart = position;
      while (position < end && IS_TOKEN[buffer[position]!] === 1) position += 1;
      if (position > optionStart) this.readOption(buffer, optionStart, position);
      while (position < end && buffer[position] !== COMMA) position += 1;
    }
    return this.nominations > MAX_NOMINATIONS ? FAULT_NOMINATIONS : undefined;
  }

  private readOption(buffer: Uint8Array, start: number, end: number): void {
    if (isWord(buffer, start, end, CLOSE)) this.close = true;
    else if (isWord(buffer, start, end, KEEP_ALIVE)) this.keepAlive = true;
    else if (isWord(buffer, start, end, UPGRADE)) this.upgrade = true;
    else this.nominate(buffer, start, end);
  }

  private nominate(buffer: Uint8Array, start: number, end: number): void {
    this.nominations += 1;
    if (this.nominations > MAX_NOMINATIONS) return;
    if (isProtected(buffer, start, end)) return;
    const option = Uint8Array.prototype.slice.call(buffer, start, end).map((byte) => byte | 0x20);
    for (let i = 0; i < this.count; i += 1) {
      if (this.kinds[i] === Kind.OTHER && isWord(buffer, this.nameStart(i), this.nameEnd(i), option)) this.kinds[i] = Kind.NOMINATED;
    }
  }
}

function nameFault(byte: number, isEmpty: boolean): Fault {
  if (byte === SP || byte === HTAB) return isEmpty ? FAULT_FOLDED : FAULT_SPACE_BEFORE_COLON;
  return byte === LF ? FAULT_LINE_END : FAULT_FIELD_NAME;
}

/** Tells whether a field name is one of `names`; one that ends in `-` stands for all that begin so. */
export function nameList(names: readonly string[]): (buffer: Uint8Array, start: number, end: number) => boolean {
  const words = names.map(word);
  return (buffer, start, end) => words.some((name) => (name[name.length - 1] === DASH
    ? end - start >= name.length && isWord(buffer, start, start + name.length, name)
    : isWord(buffer, start, end, name)));
}

/** Told apart by length first, so that most names cost one comparison or none. */
export function kindOf(buffer: Uint8Array, start: number, end: number): Kind {
  const length = end - start;
  if (length > LONGEST_NAME) return Kind.OTHER;
  const known = KNOWN_BY_LENGTH[length]!;
  for (let i = 0; i < known.length; i += 1) if (isWord(buffer, start, end, known[i]!.name)) return known[i]!.kind;
  return Kind.OTHER;
}

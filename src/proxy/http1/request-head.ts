/**
 * The head of a request (RFC 9112 section 3): method, target, version and fields, as offsets into the buffer it was
 * parsed from. One instance serves the whole process, for parsing and what follows from it happen in one turn.
 */
import type { ByteRange } from '../../routing';
import { COMMA, CR, HTAB, IS_HOST, IS_TARGET, IS_TOKEN, isWord, LF, NINE, parseDecimal, SP, word, ZERO } from './bytes';
import { Fault, fault, INCOMPLETE } from './fault';
import { Kind } from './fields';
import { isHost } from './host';
import { isProtocolList } from './protocol-list';
import { Framing, LENGTH_CHUNKED } from './framing';
import type { HeadLimits, HeadReader } from './head-buffer';
import { HTTP_1, MessageHead } from './message-head';

export const enum Method {
  OTHER = 0,
  GET,
  HEAD,
  OPTIONS,
  TRACE,
  PUT,
  DELETE,
  POST,
  PATCH,
  CONNECT,
}

export const FAULT_REQUEST_LINE = fault('the request line is not `method SP target SP HTTP/1.1` with one space between, ended by CR LF');
export const FAULT_URI_TOO_LONG = fault('the request line is longer than the limit', 'uri_too_long', 'maxStartLineBytes');
export const FAULT_VERSION = fault('another version than HTTP/1: speak HTTP/1.1', 'version_not_supported');
export const FAULT_TARGET = fault('the request target holds a character that is not allowed; percent-encode it');
export const FAULT_TARGET_FORM = fault('a request target that is no path, no http URL, and `*` only with OPTIONS');
export const FAULT_AUTHORITY = fault('the URL of the request target has an invalid host or user information');
export const FAULT_NO_HOST = fault('no Host field in an HTTP/1.1 request; name the service in it');
export const FAULT_TWO_HOSTS = fault('more than one Host field; send one');
export const FAULT_HOST = fault('a Host field that names no host; name the service in it, as in `Host: catalog`');
export const FAULT_METHOD_CASE = fault('a standard method in another case, which some servers take for the standard one; send it in upper case, as in `GET`');
export const FAULT_CONNECT = fault('CONNECT is not supported', 'connect_method_refused');
export const FAULT_EXPECT = fault('an expectation other than 100-continue', 'expectation_failed');
export const FAULT_TWO_EXPECTS = fault('more than one Expect field');
export const FAULT_MAX_FORWARDS = fault('Max-Forwards that is not one number of digits alone');
export const FAULT_TRACE_BODY = fault('TRACE with a body');
export const FAULT_UPGRADE = fault('more than one Upgrade field, or one that is not a list of protocols');

const METHODS: readonly [Uint8Array, Method][] = [
  [Buffer.from('GET'), Method.GET], [Buffer.from('HEAD'), Method.HEAD], [Buffer.from('OPTIONS'), Method.OPTIONS],
  [Buffer.from('TRACE'), Method.TRACE], [Buffer.from('PUT'), Method.PUT], [Buffer.from('DELETE'), Method.DELETE],
  [Buffer.from('POST'), Method.POST], [Buffer.from('PATCH'), Method.PATCH], [Buffer.from('CONNECT'), Method.CONNECT],
];
/** The same in lower case, to compare in any case. */
const METHOD_WORDS = METHODS.map(([name]) => word(Buffer.from(name).toString('latin1').toLowerCase()));
/** By {@link Method}; what isn't known has the name that OpenTelemetry gives it. */
export const METHOD_NAMES: readonly string[] = ['_OTHER', 'GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'POST', 'PATCH', 'CONNECT'];
const EMPTY = Buffer.alloc(0);
const NO_PATH: ByteRange = { bytes: EMPTY, start: 0, end: 0 };
const SLASH = 0x2f;
const STAR = 0x2a;
const QUESTION = 0x3f;
const SCHEME_HTTP = word('http://');
const SCHEME_HTTPS = word('https://');
const CONTINUE = word('100-continue');
const TEXT = word('text');
const TRAILERS = word('trailers');

export class RequestHead extends MessageHead implements HeadReader {
  /** A line ends in CRLF. Who reads requests in front may not take LF for an end, and so see other fields than are seen here. */
  readonly takesLf = false;
  method: Method = Method.OTHER;
  methodStart = 0;
  methodEnd = 0;
  /** The target to forward: path and query, or `*`. Empty (start equals end) stands for `/`, when a URL has no path. */
  targetStart = 0;
  targetEnd = 0;
  /** Bytes above 0x7f in the target's query, which are to be percent-encoded. */
  rawBytes = 0;
  /** Authority of an absolute-form target, which replaces Host; empty otherwise. */
  authorityStart = 0;
  authorityEnd = 0;
  /** Path without query, in normal form, or `*`; and where the query begins. Of no use before `normalizeTarget`. */
  path: ByteRange = NO_PATH;
  queryStart = 0;
  /** What is sent in place of the target's beginning, which `targetStart` is behind then: its normal form, or a route's. Empty: nothing. */
  targetPrefix: Buffer = EMPTY;
  /** Host that a route has put in place of the client's; empty when it has not. */
  newHost: Buffer = EMPTY;
  hasHost = false;
  expectsContinue = false;
  acceptsTrailers = false;
  /** Some proxy says that it has passed it on. */
  hasVia = false;
  /** So does a sidecar, or somebody who copies its field. */
  hasMeshVia = false;
  /** Asks for a load report in some format; and in the one of text. */
  hasLoadFormat = false;
  asksForLoad = false;
  /** How many times OPTIONS or TRACE may be passed on; -1 when there is no bound. */
  maxForwards = -1;
  /** How long the client waits, in milliseconds; -1 when it doesn't say. */
  deadlineMs = -1;
  /** The client asks what was tried. */
  wantsExplanation = false;

  parse(buffer: Buffer, start: number, end: number, limits: HeadLimits): Fault | undefined {
    let position = start;
    while (IS_TOKEN[buffer[position]!] === 1) position += 1;
    if (position === start || buffer[position] !== SP) return stopped(position - start, position >= end, limits, FAULT_REQUEST_LINE);
    this.methodStart = start;
    this.methodEnd = position;
    this.method = methodOf(buffer, start, position);

    const targetStart = position + 1;
    position = targetStart;
    while (IS_TARGET[buffer[position]!] === 1) position += 1;
    this.rawBytes = 0;
    if (buffer[position]! > 0x7f) position = this.readRawQuery(buffer, targetStart, position);
    if (buffer[position] !== SP || position === targetStart) {
      const byte = buffer[position];
      const what = byte === CR || byte === LF || byte === SP ? FAULT_REQUEST_LINE : FAULT_TARGET;
      return stopped(position - start, position >= end, limits, what);
    }
    const targetEnd = position;

    position += 1;
    for (let i = 0; i < HTTP_1.length; i += 1) {
      const byte = buffer[position + i]!;
      if (byte !== HTTP_1[i]) return stopped(position + i - start, position + i >= end, limits, versionFault(byte, i));
    }
    position += HTTP_1.length;
    // RFC 9110 section 2.5: a higher minor version is treated as the highest that is known.
    const minor = buffer[position]!;
    if (minor < ZERO || minor > NINE) return stopped(position - start, position >= end, limits, FAULT_VERSION);
    this.isHttp10 = minor === ZERO;
    if (buffer[position + 1] !== CR) return stopped(position + 1 - start, position + 1 >= end, limits, FAULT_REQUEST_LINE);
    if (buffer[position + 2] !== LF) return stopped(position + 2 - start, position + 2 >= end, limits, FAULT_REQUEST_LINE);
    position += 3;
    if (position - start > limits.maxStartLineBytes) return FAULT_URI_TOO_LONG;

    return this.readTarget(buffer, targetStart, targetEnd)
      ?? this.readFields(buffer, this.fields.scan(buffer, position, end, limits.maxHeaderFields));
  }

  /**
   * Goes on behind a byte above 0x7f, when it is in a query: clients made with Go send what is not ASCII there as it is. It is passed on
   * percent-encoded, which every reader takes for the same.
   */
  private readRawQuery(buffer: Uint8Array, targetStart: number, from: number): number {
    let query = targetStart;
    while (query < from && buffer[query] !== QUESTION) query += 1;
    if (query === from) return from;
    let position = from;
    for (let byte = buffer[position]!; byte > 0x7f || IS_TARGET[byte] === 1; byte = buffer[++position]!) if (byte > 0x7f) this.rawBytes += 1;
    return position;
  }

  private readTarget(buffer: Uint8Array, start: number, end: number): Fault | undefined {
    this.authorityStart = 0;
    this.authorityEnd = 0;
    this.targetPrefix = EMPTY;
    this.newHost = EMPTY;
    this.targetStart = start;
    this.targetEnd = end;
    if (this.method === Method.CONNECT) return FAULT_CONNECT;
    if (this.method === Method.OTHER && isMiscased(buffer, this.methodStart, this.methodEnd)) return FAULT_METHOD_CASE;
    if (buffer[start] === SLASH) return undefined;
    if (buffer[start] === STAR && end === start + 1) return this.method === Method.OPTIONS ? undefined : FAULT_TARGET_FORM;

    const authorityStart = schemeEnd(buffer, start, end);
    if (authorityStart < 0) return FAULT_TARGET_FORM;
    let position = authorityStart;
    while (position < end && IS_HOST[buffer[position]!] === 1) position += 1;
    if (position < end && buffer[position] !== SLASH && buffer[position] !== QUESTION) return FAULT_AUTHORITY;
    if (!isHost(buffer, authorityStart, position)) return FAULT_AUTHORITY;
    this.authorityStart = authorityStart;
    this.authorityEnd = position;
    this.targetStart = position;
    return undefined;
  }

  /**
   * Reads what the proxy acts on, in the order of the lines.
   *
   * @param broken what is wrong with the line behind those that were scanned
   */
  private readFields(buffer: Uint8Array, broken: Fault | undefined): Fault | undefined {
    this.hasHost = false;
    this.expectsContinue = false;
    this.acceptsTrailers = false;
    this.hasVia = false;
    this.hasMeshVia = false;
    this.hasLoadFormat = false;
    this.asksForLoad = false;
    this.maxForwards = -1;
    this.deadlineMs = -1;
    this.wantsExplanation = false;
    this.clear();
    const { fields } = this;
    for (let i = 0; i < fields.count; i += 1) {
      switch (fields.kinds[i]) {
        case Kind.CONTENT_LENGTH:
        case Kind.TRANSFER_ENCODING:
        case Kind.CONNECTION:
        case Kind.DISGUISED: {
          const wrong = this.readFraming(buffer, i, false);
          if (wrong) return wrong;
          break;
        }
        case Kind.HOST:
          if (this.hasHost) return FAULT_TWO_HOSTS;
          if (!isHost(buffer, fields.valueStart(i), fields.valueEnd(i))) return FAULT_HOST;
          this.hasHost = true;
          break;
        case Kind.EXPECT:
          if (this.expectsContinue) return FAULT_TWO_EXPECTS;
          if (!isWord(buffer, fields.valueStart(i), fields.valueEnd(i), CONTINUE)) return FAULT_EXPECT;
          // RFC 9110 section 10.1.1: ignored in HTTP/1.0, so it is not forwarded either.
          if (this.isHttp10) fields.kinds[i] = Kind.HOP_BY_HOP;
          else this.expectsContinue = true;
          break;
        case Kind.TE:
          if (hasMember(buffer, fields.valueStart(i), fields.valueEnd(i), TRAILERS)) this.acceptsTrailers = true;
          break;
        case Kind.VIA:
          this.hasVia = true;
          break;
        case Kind.MESH_VIA:
          this.hasMeshVia = true;
          break;
        case Kind.LOAD_METRICS_FORMAT:
          this.hasLoadFormat = true;
          if (isWord(buffer, fields.valueStart(i), fields.valueEnd(i), TEXT)) this.asksForLoad = true;
          break;
        case Kind.MAX_FORWARDS:
          if (this.method !== Method.OPTIONS && this.method !== Method.TRACE) {
            fields.kinds[i] = Kind.OTHER;
            break;
          }
          if (this.maxForwards >= 0) return FAULT_MAX_FORWARDS;
          this.maxForwards = parseDecimal(buffer, fields.valueStart(i), fields.valueEnd(i));
          if (this.maxForwards < 0) return FAULT_MAX_FORWARDS;
          break;
        case Kind.MESH_DEADLINE: {
          // Of several, the one that is over first; what is no number says nothing.
          const deadlineMs = parseDecimal(buffer, fields.valueStart(i), fields.valueEnd(i));
          if (deadlineMs >= 0 && (this.deadlineMs < 0 || deadlineMs < this.deadlineMs)) this.deadlineMs = deadlineMs;
          break;
        }
        case Kind.MESH_EXPLAIN:
          this.wantsExplanation = true;
          break;
        case Kind.UPGRADE:
          if (this.upgradeEnd > 0 || !isProtocolList(buffer, fields.valueStart(i), fields.valueEnd(i))) return FAULT_UPGRADE;
          this.upgradeStart = fields.valueStart(i);
          this.upgradeEnd = fields.valueEnd(i);
          break;
        default:
      }
    }
    if (broken) return broken;
    if (!this.hasHost && !this.isHttp10) return FAULT_NO_HOST;
    const { declared } = this;
    this.framing = declared === LENGTH_CHUNKED ? Framing.CHUNKED : declared > 0 ? Framing.LENGTH : Framing.NONE;
    this.length = declared > 0 ? declared : 0;
    return this.method === Method.TRACE && this.framing !== Framing.NONE ? FAULT_TRACE_BODY : undefined;
  }
}

/** What becomes of a request line that can't be read on at its byte `at`. */
function stopped(at: number, isEnd: boolean, limits: HeadLimits, what: Fault): Fault {
  if (at >= limits.maxStartLineBytes) return FAULT_URI_TOO_LONG;
  return isEnd ? INCOMPLETE : what;
}

/** `HTTP/` and another digit than 1, or more of them, is a version that is not spoken here; anything else is no request line at all. */
function versionFault(byte: number, at: number): Fault {
  const isVersion = at === HTTP_1.length - 1 || (at === HTTP_1.length - 2 && byte >= ZERO && byte <= NINE);
  return isVersion ? FAULT_VERSION : FAULT_REQUEST_LINE;
}

/** Whether a list of tokens, each perhaps with parameters, has this member. */
function hasMember(buffer: Uint8Array, start: number, end: number, member: Uint8Array): boolean {
  let position = start;
  while (position < end) {
    while (position < end && (buffer[position] === SP || buffer[position] === HTAB || buffer[position] === COMMA)) position += 1;
    const memberStart = position;
    while (position < end && buffer[position] !== COMMA) position += 1;
    let memberEnd = position;
    while (memberEnd > memberStart && (buffer[memberEnd - 1] === SP || buffer[memberEnd - 1] === HTAB)) memberEnd -= 1;
    if (isWord(buffer, memberStart, memberEnd, member)) return true;
  }
  return false;
}

/** RFC 9110 section 9.2.2: sending it twice means no more than sending it once. */
export function isIdempotent(method: Method): boolean {
  return method >= Method.GET && method <= Method.DELETE;
}

/** Methods are told apart with their case, as RFC 9110 section 9.1 says. */
function methodOf(buffer: Uint8Array, start: number, end: number): Method {
  for (let m = 0; m < METHODS.length; m += 1) {
    const [name, method] = METHODS[m]!;
    if (name.length !== end - start) continue;
    let i = 0;
    while (i < name.length && buffer[start + i] === name[i]) i += 1;
    if (i === name.length) return method;
  }
  return Method.OTHER;
}

/** A server that ignores case would take it for a standard method, which routes and rules have not seen in it. */
function isMiscased(buffer: Uint8Array, start: number, end: number): boolean {
  for (let m = 0; m < METHOD_WORDS.length; m += 1) if (isWord(buffer, start, end, METHOD_WORDS[m]!)) return true;
  return false;
}

function schemeEnd(buffer: Uint8Array, start: number, end: number): number {
  for (const scheme of [SCHEME_HTTP, SCHEME_HTTPS]) {
    if (end - start > scheme.length && isWord(buffer, start, start + scheme.length, scheme)) return start + scheme.length;
  }
  return -1;
}

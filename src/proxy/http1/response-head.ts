/**
 * The head of a response (RFC 9112 section 4), as offsets into the buffer it was parsed from. Like RequestHead, one
 * instance serves the whole process.
 *
 * Less strict than a request's: nobody else has read what an app beside the proxy says, and it is written anew, so what every
 * reader takes for the same is taken, such as lines that end in LF, as those of CGI scripts do.
 */
import { CR, IS_VALUE, LF, NINE, parseDecimal, SP, ZERO } from './bytes';
import { Fault, fault, INCOMPLETE } from './fault';
import { Kind } from './fields';
import { Framing, LENGTH_CHUNKED, NO_LENGTH } from './framing';
import type { HeadLimits, HeadReader } from './head-buffer';
import { KeepAlive } from './keep-alive';
import { HTTP_1, MessageHead } from './message-head';
import { isProtocolList } from './protocol-list';

export const FAULT_STATUS_LINE = fault('the status line is not `HTTP/1.1 SP 3 digits SP reason`; the server must speak HTTP/1.1');
export const FAULT_STATUS = fault('a status below 100');
export const FAULT_STATUS_TOO_LONG = fault('the status line is longer than the limit', 'bad_request', 'maxStartLineBytes');

export class ResponseHead extends MessageHead implements HeadReader {
  readonly takesLf = true;
  /** The response that comes answers a HEAD request, so it has no body whatever its fields say. */
  toHead = false;
  status = 0;
  reasonStart = 0;
  reasonEnd = 0;
  /** It announces a body that its status forbids (RFC 9110 section 8.6, RFC 9112 section 6.1): that may follow, and be taken for another response. */
  strayBody = false;
  hasDate = false;
  hasLoadMetrics = false;
  /** How long the server keeps the connection. */
  readonly keepAlive = new KeepAlive();
  /** A callee's sidecar says that no application has seen the request. */
  unsent = false;
  /** How a gRPC call ended that has no messages in its response; -1 when the head doesn't say. */
  grpcStatus = -1;

  /** An interim response: another follows. */
  get interim(): boolean {
    return this.status < 200;
  }

  parse(buffer: Buffer, start: number, end: number, limits: HeadLimits): Fault | undefined {
    for (let i = 0; i < HTTP_1.length; i += 1) {
      if (buffer[start + i] !== HTTP_1[i]) return stopped(i, start + i >= end, limits, FAULT_STATUS_LINE);
    }
    let position = start + HTTP_1.length;
    // RFC 9110 section 2.5: a higher minor version is treated as the highest that is known.
    const minor = buffer[position]!;
    if (minor < ZERO || minor > NINE) return stopped(position - start, position >= end, limits, FAULT_STATUS_LINE);
    this.isHttp10 = minor === ZERO;
    position += 1;
    if (buffer[position] !== SP) return stopped(position - start, position >= end, limits, FAULT_STATUS_LINE);
    do position += 1; while (buffer[position] === SP);
    let status = 0;
    for (const statusEnd = position + 3; position < statusEnd; position += 1) {
      const digit = buffer[position]! - ZERO;
      if (!(digit >= 0 && digit <= 9)) return stopped(position - start, position >= end, limits, FAULT_STATUS_LINE);
      status = status * 10 + digit;
    }
    if (status < 100) return FAULT_STATUS;
    this.status = status;
    // The space before an empty reason is required by the grammar, and left out by many; both are read alike everywhere.
    if (buffer[position] === SP) position += 1;
    else if (buffer[position] !== CR && buffer[position] !== LF) return stopped(position - start, position >= end, limits, FAULT_STATUS_LINE);
    this.reasonStart = position;
    while (IS_VALUE[buffer[position]!] === 1) position += 1;
    this.reasonEnd = position;
    if (buffer[position] === CR) position += 1;
    if (buffer[position] !== LF) return stopped(position - start, position >= end, limits, FAULT_STATUS_LINE);
    position += 1;
    if (position - start > limits.maxStartLineBytes) return FAULT_STATUS_TOO_LONG;

    return this.readFields(buffer, this.fields.scan(buffer, position, end, limits.maxHeaderFields, true));
  }

  /**
   * Reads what the proxy acts on, in the order of the lines.
   *
   * @param broken what is wrong with the line behind those that were scanned
   */
  private readFields(buffer: Uint8Array, broken: Fault | undefined): Fault | undefined {
    this.hasDate = false;
    this.hasLoadMetrics = false;
    this.keepAlive.clear();
    this.unsent = false;
    this.grpcStatus = -1;
    this.clear();
    const { fields } = this;
    for (let i = 0; i < fields.count; i += 1) {
      switch (fields.kinds[i]) {
        case Kind.CONTENT_LENGTH:
        case Kind.TRANSFER_ENCODING:
        case Kind.CONNECTION:
        case Kind.DISGUISED: {
          const wrong = this.readFraming(buffer, i, true);
          if (wrong) return wrong;
          break;
        }
        case Kind.KEEP_ALIVE:
          this.keepAlive.read(buffer, fields.valueStart(i), fields.valueEnd(i));
          break;
        case Kind.DATE:
          this.hasDate = true;
          break;
        case Kind.UPGRADE:
          this.readUpgrade(buffer, i);
          break;
        case Kind.LOAD_METRICS:
        case Kind.LOAD_METRICS_BIN:
          this.hasLoadMetrics = true;
          break;
        case Kind.MESH_UNSENT:
          this.unsent = true;
          break;
        case Kind.GRPC_STATUS:
          this.grpcStatus = parseDecimal(buffer, fields.valueStart(i), fields.valueEnd(i));
          break;
        default:
      }
    }
    if (broken) return broken;
    this.decideFraming(this.declared);
    return undefined;
  }

  private decideFraming(length: number): void {
    this.length = 0;
    this.strayBody = length !== NO_LENGTH && length !== 0 && (this.status < 200 || this.status === 204);
    if (this.toHead || hasNoBody(this.status) || length === 0) {
      this.framing = Framing.NONE;
    } else if (length === LENGTH_CHUNKED) {
      this.framing = Framing.CHUNKED;
    } else if (length === NO_LENGTH) {
      this.framing = Framing.CLOSE;
    } else {
      this.framing = Framing.LENGTH;
      this.length = length;
    }
  }

  private readUpgrade(buffer: Uint8Array, field: number): void {
    if (this.upgradeEnd > 0) return;
    const start = this.fields.valueStart(field);
    const end = this.fields.valueEnd(field);
    if (!isProtocolList(buffer, start, end)) return;
    this.upgradeStart = start;
    this.upgradeEnd = end;
  }
}

/** What becomes of a status line that can't be read on at its byte `at`. */
function stopped(at: number, isEnd: boolean, limits: HeadLimits, what: Fault): Fault {
  if (at >= limits.maxStartLineBytes) return FAULT_STATUS_TOO_LONG;
  return isEnd ? INCOMPLETE : what;
}

/** RFC 9110 section 6.4.1. */
export function hasNoBody(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

/**
 * The head of a response (RFC 9112 section 4), as offsets into the buffer it was parsed from. Like RequestHead, one
 * instance serves the whole process.
 */
import { CR, IS_VALUE, LF, SP } from './bytes';
import { Fault, fault } from './fault';
import { FieldTable, Kind } from './fields';
import { bodyLength, Framing, lengthFault, LENGTH_CHUNKED, LENGTH_FAULTY, NO_LENGTH } from './framing';
import type { HeadLimits } from './request-head';
import { isProtocolList } from './upgrade';

export const FAULT_STATUS_LINE = fault('the status line is not `HTTP/1.1 SP 3 digits SP reason`');
export const FAULT_STATUS = fault('a status below 100 or above 599');
export const FAULT_STATUS_TOO_LONG = fault('the status line is longer than the limit', 'bad_request', 'maxStartLineBytes');

const HTTP_1 = Buffer.from('HTTP/1.');

export class ResponseHead {
  status = 0;
  reasonStart = 0;
  reasonEnd = 0;
  isHttp10 = false;
  framing: Framing = Framing.NONE;
  /** Octets of the body when `framing` is LENGTH. */
  length = 0;
  /** It announces a body that its status forbids (RFC 9110 section 8.6, RFC 9112 section 6.1): that may follow, and be taken for another response. */
  strayBody = false;
  hasDate = false;
  hasLoadMetrics = false;
  /** A callee's sidecar says that no application has seen the request. */
  unsent = false;
  /** Protocols that the server names in its one valid Upgrade field; empty when there is none. */
  upgradeStart = 0;
  upgradeEnd = 0;
  readonly fields: FieldTable;

  constructor(maxHeaderFields: number) {
    this.fields = new FieldTable(maxHeaderFields);
  }

  /** Whether the backend lets this connection be used again. */
  get persistent(): boolean {
    return this.isHttp10 ? this.fields.keepAlive && !this.fields.close : !this.fields.close;
  }

  /** An interim response: another follows. */
  get interim(): boolean {
    return this.status < 200;
  }

  /**
   * Parses the head in `buffer[start, end)`.
   *
   * @param toHead the response answers a HEAD request, so it has no body whatever its fields say
   */
  parse(buffer: Uint8Array, start: number, end: number, limits: HeadLimits, toHead: boolean): Fault | undefined {
    for (let i = 0; i < HTTP_1.length; i += 1) {
      if (buffer[start + i] !== HTTP_1[i]) return FAULT_STATUS_LINE;
    }
    let position = start + HTTP_1.length;
    const minor = buffer[position];
    if ((minor !== 0x30 && minor !== 0x31) || buffer[position + 1] !== SP) return FAULT_STATUS_LINE;
    this.isHttp10 = minor === 0x30;
    position += 2;
    let status = 0;
    for (let i = 0; i < 3; i += 1) {
      const digit = buffer[position + i]! - 0x30;
      if (digit < 0 || digit > 9) return FAULT_STATUS_LINE;
      status = status * 10 + digit;
    }
    if (status < 100 || status > 599) return FAULT_STATUS;
    this.status = status;
    position += 3;
    // The space before an empty reason is required by the grammar, and left out by many; both are read alike everywhere.
    if (buffer[position] === SP) position += 1;
    else if (buffer[position] !== CR) return FAULT_STATUS_LINE;
    this.reasonStart = position;
    while (IS_VALUE[buffer[position]!] === 1) position += 1;
    this.reasonEnd = position;
    if (buffer[position] !== CR || buffer[position + 1] !== LF) return FAULT_STATUS_LINE;
    position += 2;
    if (position - start > limits.maxStartLineBytes) return FAULT_STATUS_TOO_LONG;

    return this.fields.scan(buffer, position, end, limits.maxHeaderFields) ?? this.readFraming(buffer, toHead);
  }

  private readFraming(buffer: Uint8Array, toHead: boolean): Fault | undefined {
    this.hasDate = false;
    this.hasLoadMetrics = false;
    this.unsent = false;
    this.upgradeStart = 0;
    this.upgradeEnd = 0;
    for (let i = 0; i < this.fields.count; i += 1) {
      const kind = this.fields.kinds[i];
      if (kind === Kind.DATE) this.hasDate = true;
      else if (kind === Kind.UPGRADE) this.readUpgrade(buffer, i);
      else if (kind === Kind.LOAD_METRICS) this.hasLoadMetrics = true;
      else if (kind === Kind.MESH_UNSENT) this.unsent = true;
    }
    const length = bodyLength(buffer, this.fields, this.isHttp10);
    this.length = 0;
    if (length === LENGTH_FAULTY) return lengthFault;
    this.strayBody = length !== NO_LENGTH && length !== 0 && (this.status < 200 || this.status === 204);
    if (toHead || hasNoBody(this.status)) {
      this.framing = Framing.NONE;
    } else if (length === LENGTH_CHUNKED) {
      this.framing = Framing.CHUNKED;
    } else if (length === NO_LENGTH) {
      this.framing = Framing.CLOSE;
    } else if (length === 0) {
      this.framing = Framing.NONE;
    } else {
      this.framing = Framing.LENGTH;
      this.length = length;
    }
    return undefined;
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

/** RFC 9110 section 6.4.1. */
export function hasNoBody(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

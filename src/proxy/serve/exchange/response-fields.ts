/**
 * What responses to one client say besides what the endpoint said: cookies that keep a session or a hash, the load report that was
 * asked for, and what was tried. A client connection has one of these and uses it again for each request.
 */
import { joined } from '../../http1/bytes';
import type { HeaderChanges } from '../../http1/header-changes';
import { attemptsField, unsentField } from '../../http1/mesh-fields';
import type { AttemptRecord } from '../../telemetry/attempt-record';
import type { RequestHead } from '../../http1/request-head';
import type { ResponseHead } from '../../http1/response-head';
import type { Session } from '../../session/session-persistence';
import { ReasonCode, REASONS } from '../../telemetry/reasons';
import type { Cors } from '../route/cors';
import type { EdgeClient } from '../edge/edge-client';
import type { Entry } from './response-sink';
import { InboundLoad, ReportsSent } from './load-fields';
import type { UpstreamRequest } from '../upstream/upstream-request';

const EMPTY = Buffer.alloc(0);

export class ResponseFields {
  /** The client wants to know what was tried. */
  explains = false;
  /** What keeps the request with an endpoint; undefined on routes that keep no sessions. */
  session: Session | undefined;
  /** Cookies that the client gets for what it is hashed by. */
  setCookie: Buffer = EMPTY;
  /** The route's changes of fields; undefined on routes that change none. */
  headers: HeaderChanges | undefined;

  /** Says of CORS what `corsLines` has, in place of the endpoint; undefined where that is the endpoint's to say. */
  private cors: Cors | undefined;
  private corsLines = '';
  private edge: EdgeClient | undefined;
  private inbound = false;
  /** What it asks a report of; undefined when it doesn't. */
  private load: InboundLoad | undefined;
  private readonly reportsSent = new ReportsSent();

  constructor(private readonly upstream: UpstreamRequest) {}

  begin(head: RequestHead, { direction, load, isEdge }: Entry, client: EdgeClient | undefined): void {
    this.edge = client;
    this.inbound = direction === 'inbound';
    // An app may ask its own sidecar; what comes from elsewhere learns no addresses.
    this.explains = head.wantsExplanation && !this.inbound && !isEdge;
    this.load = head.asksForLoad ? load : undefined;
    this.session = undefined;
    this.setCookie = EMPTY;
    this.headers = undefined;
    this.cors = undefined;
    this.corsLines = '';
  }

  /** What pages of other origins may do with the response. Said again, it counts in place of what was said before. */
  allow(cors: Cors, source: Buffer, head: RequestHead): string {
    this.cors = cors;
    this.corsLines = cors.linesFor(source, head);
    return this.corsLines;
  }

  /** For a response of the endpoint, of whose fields those are left out that the route changes. */
  of(buffer: Buffer, head: ResponseHead, startedAt: number, now: number): Buffer {
    const report = this.load && !head.hasLoadMetrics ? this.reportsSent.next(this.load, now) : EMPTY;
    return joined(report, joined(this.onAny(buffer, head), this.explanation(head.status, now - startedAt)));
  }

  /** The same for one that switches protocols: what the route changes, and what keeps the client's next requests where this one went. */
  onAny(buffer: Buffer, head: ResponseHead): Buffer {
    const { upstream: { cluster, endpoint }, headers } = this;
    headers?.leaveOut(buffer, head.fields);
    const lines = joined(headers?.lines ?? EMPTY, this.edge?.linesFor(buffer, head.fields) ?? EMPTY);
    return joined(joined(lines, this.corsFor(buffer, head)), this.session?.fieldsFor(cluster!, endpoint!) ?? this.setCookie);
  }

  /** For a response of the proxy's own. A caller's sidecar may send a request again that no application has seen. */
  ofOwn(code: ReasonCode): string {
    const { attempted } = this.upstream;
    return this.corsLines + (this.edge?.ownLines ?? '') + (this.inbound && REASONS[code].reached === 'no' ? unsentField(code) : '')
      + (this.explains && attempted.count > 0 ? attemptsField(attempted.copy()) : '');
  }

  private corsFor(buffer: Buffer, head: ResponseHead): Buffer {
    if (!this.cors) return EMPTY;
    this.cors.leaveOut(buffer, head.fields);
    return Buffer.from(this.corsLines, 'latin1');
  }

  private explanation(status: number, milliseconds: number): Buffer {
    const { attempted, endpoint } = this.upstream;
    if (!this.explains) return EMPTY;
    const last: AttemptRecord = { endpoint: endpoint!.key, outcome: status, milliseconds };
    return Buffer.from(attemptsField([...attempted.copy(), last]), 'latin1');
  }
}

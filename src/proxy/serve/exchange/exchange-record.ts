/** What the metrics and the access log are told of a request: how much passed, how long it took, and how it ended. */
import type { AccessLogMode } from '../../../contract';
import { statusIn } from '../../grpc/answer';
import { GrpcStatus, grpcStatusOf, httpStatusOf, outcomeOf, statusWithout } from '../../grpc/status';
import { KeptText } from '../../runtime/kept-text';
import { MAX_PATH } from '../../telemetry/access-record';
import type { TraceIdSource } from '../../telemetry/trace-id-source';
import type { AttemptList } from '../../telemetry/attempt-list';
import { Method, METHOD_NAMES, RequestHead } from '../../http1/request-head';
import type { ResponseHead } from '../../http1/response-head';
import type { Entry, Peer } from './response-sink';
import type { ReasonCode } from '../../telemetry/reasons';

/** Longest method in a line, of those that are not known. */
const MAX_METHOD = 64;
const QUERY = 0x3f;

/** An exchange that is over, as the access log sees it. */
export interface FinishedExchange {
  readonly client: { readonly listener: Pick<Entry, 'name' | 'edge'>; readonly peer: Pick<Peer, 'address' | 'caller'> };
  readonly record: ExchangeRecord;
  readonly trace: TraceIdSource | undefined;
  readonly upstream: {
    readonly cluster: { readonly name: string } | undefined;
    readonly endpoint: { readonly key: string } | undefined;
    readonly attempts: number;
    readonly attempted: Pick<AttemptList, 'count' | 'copy'>;
  };
}

export class ExchangeRecord {
  /** Status sent to the client, 0 before that. Of a gRPC call, the one that stands for how it ended: grpc/status.ts. */
  status = 0;
  /** It is a gRPC call. */
  isCall = false;
  /** Of a gRPC call; -1 before it is known. */
  grpcStatus = -1;
  /** Why the proxy answered or broke off by itself; undefined when the response is the backend's. */
  reason: ReasonCode | undefined;
  /** Words for the log about `reason`. */
  detail = '';
  /** Of the known methods, or `_OTHER`. */
  method = METHOD_NAMES[Method.OTHER]!;
  /** Bytes of the bodies. */
  requestBytes = 0;
  responseBytes = 0;
  startedAt = 0;
  /** From the request's head to the end of the response, once it is over. */
  durationMs = 0;
  /** Name of the route that took it; undefined when none did. */
  route: string | undefined;
  /** Which requests the route has logged; undefined: as the document says. */
  accessLog: AccessLogMode | undefined;
  /** As it came, when somebody wants it. */
  describedMethod: string | undefined;
  /** As it is sent on before a route changes it, without its query, when somebody wants it. */
  readonly path = new KeptText(MAX_PATH);

  /** Keeps what the log names a request by. */
  describe(source: Buffer, { method, methodStart, methodEnd, targetStart, targetEnd, targetPrefix }: RequestHead): void {
    this.describedMethod = method === Method.OTHER ? source.toString('latin1', methodStart, Math.min(methodEnd, methodStart + MAX_METHOD)) : this.method;
    this.path.add(targetPrefix, 0, targetPrefix.length);
    this.path.add(source, targetStart, targetEnd, QUERY);
  }

  /** This route takes the request. */
  follow({ name, accessLog }: { readonly name: string; readonly accessLog: AccessLogMode | undefined }): void {
    this.route = name;
    this.accessLog = accessLog;
  }

  /** Forgets the request before this one. */
  reset(now: number): void {
    this.status = 0;
    this.isCall = false;
    this.grpcStatus = -1;
    this.reason = undefined;
    this.detail = '';
    this.method = METHOD_NAMES[Method.OTHER]!;
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.startedAt = now;
    this.durationMs = 0;
    this.route = undefined;
    this.accessLog = undefined;
    this.describedMethod = undefined;
    this.path.clear();
  }

  /** The head of its response has come. */
  answeredBy(head: ResponseHead): void {
    this.status = outcomeOf(head);
    this.grpcStatus = head.grpcStatus;
  }

  /** All of its response has come. A call says there how it went, if it has not said so before; its client takes no word for UNKNOWN. */
  completedBy(trailers: Buffer | undefined): void {
    if (!this.isCall || this.grpcStatus >= 0 || this.status !== 200) return;
    this.grpcStatus = statusIn(trailers);
    this.status = httpStatusOf(this.grpcStatus < 0 ? GrpcStatus.UNKNOWN : this.grpcStatus);
  }

  /** The proxy itself ends a call. @param status what it would be in HTTP; 0 when that would be cut off */
  endsCall(status: number): void {
    this.grpcStatus = grpcStatusOf(status);
    this.status = httpStatusOf(this.grpcStatus);
  }

  /** Its client went away, which cancels a call. */
  abandoned(): void {
    this.reason = 'client_abort';
    if (this.isCall && this.grpcStatus < 0) {
      this.grpcStatus = GrpcStatus.CANCELLED;
      this.status = httpStatusOf(this.grpcStatus);
    } else if (this.status === 0) {
      this.status = 499;
    }
  }

  /** The status of gRPC that it counts with: of a call that has none, the one that its client takes it for. -1 when it is no call. */
  get countedGrpcStatus(): number {
    return this.isCall && this.grpcStatus < 0 ? statusWithout(this.status) : this.grpcStatus;
  }

  /** The proxy itself ends it. */
  endsBy(reason: ReasonCode, detail: string): void {
    this.reason = reason;
    this.detail = detail;
  }
}

/** Checks by `grpc.health.v1.Health/Check`: gRPC's GRPC Health Checking Protocol. */
import type { ResolvedHealthCheck } from '../../../contract';
import { GRPC_HEALTH_PATH } from '../../../contract';
import { statusIn } from '../../grpc/answer';
import { framedMessage } from '../../grpc/message';
import { httpStatusOf } from '../../grpc/status';
import { HEALTH_CHECK_AGENT } from '../../http1/health-check-agent';
import { isShed } from '../../http1/proxy-status';
import type { Probe, Verdict } from './conversation';
import { BUSY, head, PASSED } from './http-check';
import { askingHttp2, Judge } from './http2-probe';

/** Of HealthCheckResponse.ServingStatus. */
const STATUS_NAMES: readonly string[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const SERVING = 1;
/** More than this of a response is none of Health/Check. */
const MAX_BYTES = 1_024;

type GrpcCheck = Extract<ResolvedHealthCheck, { readonly type: 'grpc' }>;

export function grpcProbe({ service, host }: GrpcCheck, now: () => number): Probe {
  const what = `the call of grpc.health.v1.Health/Check${service === '' ? '' : ` for '${service}'`}`;
  const request = (key: string): Buffer => Buffer.from([
    `POST ${GRPC_HEALTH_PATH} HTTP/1.1`, `host: ${host ?? key}`, 'content-type: application/grpc', 'te: trailers', `user-agent: ${HEALTH_CHECK_AGENT}`, '', '',
  ].join('\r\n'), 'latin1');
  return askingHttp2(what, now, request, framedMessage(healthRequest(service)), () => new Answer(what));
}

class Answer implements Judge {
  private body = Buffer.alloc(0);

  constructor(private readonly what: string) {}

  onHead(text: Buffer): Verdict | undefined {
    if (head.grpcStatus > 0) return this.ended(head.grpcStatus, isShed(text, head.fields));
    return head.status === 200 ? undefined : this.fails(`${head.status}`);
  }

  onData(data: Buffer): void {
    if (this.body.length <= MAX_BYTES) this.body = Buffer.concat([this.body, data]);
  }

  onEnd(trailers: Buffer | undefined): Verdict {
    const status = statusIn(trailers);
    if (status !== 0) return status < 0 ? this.fails('no status') : this.ended(status, false);
    const serving = servingStatus(this.body);
    return serving === SERVING ? PASSED : this.fails(serving === undefined ? 'what is no HealthCheckResponse' : STATUS_NAMES[serving] ?? `status ${serving}`);
  }

  private ended(status: number, isShedding: boolean): Verdict {
    return isShedding && [503, 429].includes(httpStatusOf(status)) ? BUSY : this.fails(`grpc-status ${status}`);
  }

  private fails(by: string): Verdict {
    return { passed: false, why: `${this.what} was answered with ${by}` };
  }
}

/** `HealthCheckRequest { string service = 1; }` */
function healthRequest(service: string): Buffer {
  if (service === '') return Buffer.alloc(0);
  const name = Buffer.from(service);
  // Its length is below 128, which the contract sees to, so it is one byte.
  return Buffer.concat([Buffer.from([0x0a, name.length]), name]);
}

/** `HealthCheckResponse { ServingStatus status = 1; }` in a body of one message; undefined when it is none. */
function servingStatus(body: Buffer): number | undefined {
  if (body.length < 5 || body[0] !== 0 || body.length !== 5 + body.readUInt32BE(1)) return undefined;
  // A status of 0 is left out.
  if (body.length === 5) return 0;
  return body[5] === 0x08 && body.length === 7 ? body[6] : undefined;
}

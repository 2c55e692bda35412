/** What the access log is told of an exchange that is over. Nothing is made of one that is not logged. */
import type { ResolvedProxyConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import type { ExchangeListener } from '../serve/context';
import type { FinishedExchange } from '../serve/exchange/exchange-record';
import { AccessLog } from '../telemetry/access-log';
import type { AccessRecord } from '../telemetry/access-record';
import type { AttemptRecord } from '../telemetry/attempt-record';
import type { ConnectionListener } from '../telemetry/connection-record';
import type { LineWriter } from '../telemetry/line-writer';

/** Who hears of what is over. */
export interface AccessRecorder {
  readonly onExchange: ExchangeListener;
  readonly onConnection: ConnectionListener;
}

/** Undefined when nothing is logged. */
export function accessRecorder(writer: LineWriter, clock: Clock, random: () => number, config: ResolvedProxyConfig): AccessRecorder | undefined {
  const modes = [config.accessLog.mode, ...config.listeners.flatMap(({ routes }) => routes.map(({ accessLog }) => accessLog ?? 'off'))];
  if (modes.every((mode) => mode === 'off')) return undefined;
  const accessLog = new AccessLog(writer, clock, config.accessLog, random);
  return {
    onExchange: (exchange) => {
      if (accessLog.wants(exchange.record)) accessLog.write(accessOf(exchange));
    },
    onConnection: (connection) => accessLog.recordConnection(connection),
  };
}

const NONE: readonly AttemptRecord[] = [];

/** A finished exchange as a record of it, which is valid until the next one. */
export function accessOf({ client: { listener, peer }, record, upstream, trace }: FinishedExchange): AccessRecord {
  return {
    listener: listener.name,
    method: record.describedMethod,
    path: record.path,
    client: listener.edge?.namesClients ? peer.address : undefined,
    caller: peer.caller,
    status: record.status,
    reason: record.reason,
    detail: record.detail,
    durationMs: record.durationMs,
    cluster: upstream.cluster?.name,
    endpoint: upstream.endpoint?.key,
    attempts: upstream.attempts,
    attemptRecords: upstream.attemptRecords ?? NONE,
    route: record.route,
    grpcStatus: record.grpcStatus < 0 ? undefined : record.grpcStatus,
    bytesIn: record.requestBytes,
    bytesOut: record.responseBytes,
    trace,
  };
}

/** What the access log is told of an exchange that is over. Nothing is made of one that is not logged. */
import type { ResolvedProxyConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import type { ExchangeListener } from '../serve/context';
import type { FinishedExchange } from '../serve/exchange/exchange-record';
import { AccessLog } from '../telemetry/access-log';
import { NO_ATTEMPTS } from '../telemetry/attempt-record';
import type { ConnectionListener } from '../telemetry/connection-record';
import type { LineWriter } from '../telemetry/line-writer';
import type { NotedRequest } from '../telemetry/noted-request';

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
      if (accessLog.wants(exchange.record)) note(accessLog.note(), exchange);
    },
    onConnection: (connection) => accessLog.recordConnection(connection),
  };
}

/** Notes a finished exchange. */
export function note(noted: NotedRequest, { client: { listener, peer }, record, upstream, trace }: FinishedExchange): NotedRequest {
  noted.listener = listener.name;
  noted.method = record.describedMethod;
  noted.path.take(record.path);
  noted.client = listener.edge?.namesClients ? peer.address : undefined;
  noted.caller = peer.caller;
  noted.status = record.status;
  noted.reason = record.reason;
  noted.detail = record.detail;
  noted.durationMs = record.durationMs;
  noted.endedAt = record.startedAt + record.durationMs;
  noted.cluster = upstream.cluster?.name;
  noted.endpoint = upstream.endpoint?.key;
  noted.attempts = upstream.attempts;
  noted.attemptRecords = upstream.attempted.count > 1 ? upstream.attempted.copy() : NO_ATTEMPTS;
  noted.route = record.route;
  noted.grpcStatus = record.grpcStatus < 0 ? undefined : record.grpcStatus;
  noted.bytesIn = record.requestBytes;
  noted.bytesOut = record.responseBytes;
  noted.keepTrace(trace);
  return noted;
}

/**
 * The access log: one line a request, or a connection of TCP, when it is over, as JSON or as text. Off by default, and then nothing of it runs.
 */
import type { AccessLogConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import { AccessRecord, accessText, writeAccess } from './access-record';
import { ByteLine } from './byte-line';
import { FinishedConnection, formatConnection, formatConnectionText } from './connection-record';
import type { LineWriter } from './line-writer';
import { REASONS } from './reasons';

export class AccessLog {
  private readonly line = new ByteLine();

  constructor(
    private readonly writer: LineWriter, private readonly clock: Clock, private readonly config: AccessLogConfig,
    private readonly random: () => number,
  ) {}

  record(request: AccessRecord): void {
    if (this.wants(request)) this.write(request);
  }

  /** Writes one that is wanted. */
  write(request: AccessRecord): void {
    const wallTime = this.clock.wallTime();
    if (this.config.format === 'text') {
      this.writer.collect(accessText(request, wallTime), this.clock);
      return;
    }
    const { line } = this;
    line.restart();
    writeAccess(line, request, wallTime);
    this.writer.collect(line, this.clock);
  }

  /** Writes a line for a connection of TCP, if that is wanted: with `errors`, of those that did not end in order. */
  recordConnection(connection: FinishedConnection): void {
    const { format, samplePercent = 0 } = this.config;
    const mode = connection.accessLog ?? this.config.mode;
    const wanted = mode === 'all' || (mode === 'errors' && (connection.reason !== undefined || (samplePercent > 0 && this.random() * 100 < samplePercent)));
    if (!wanted) return;
    const line = format === 'text' ? formatConnectionText : formatConnection;
    this.writer.collect(line(connection, this.clock.wallTime()), this.clock);
  }

  /** Whether a request is logged, which is known before anything is made of it. */
  wants(request: Pick<AccessRecord, 'status' | 'reason' | 'durationMs' | 'accessLog'>): boolean {
    const { slowMs = 0, samplePercent = 0 } = this.config;
    const mode = request.accessLog ?? this.config.mode;
    if (mode !== 'errors') return mode === 'all';
    return isError(request) || (slowMs > 0 && request.durationMs >= slowMs) || (samplePercent > 0 && this.random() * 100 < samplePercent);
  }
}

/** Status 500 and above, and what broke after a better status had been sent or before any could be. */
export function isError({ status, reason }: Pick<AccessRecord, 'status' | 'reason'>): boolean {
  if (status >= 500) return true;
  // Their status is what the configuration says.
  if (reason === 'redirect' || reason === 'direct_response') return false;
  return reason !== undefined && (REASONS[reason].outcome !== 'answered' || REASONS[reason].status !== status);
}

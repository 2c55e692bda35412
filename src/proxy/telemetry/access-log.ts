/**
 * The access log: one line a request, or a connection of TCP, when it is over, as JSON or as text. Off by default, and then nothing of it runs.
 *
 * A request is noted when it is over. The lines of many requests are made together, when they are written.
 */
import type { AccessLogConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import { AccessRecord, accessText, writeAccess } from './access-record';
import { ByteLine } from './byte-line';
import { FinishedConnection, formatConnection, formatConnectionText } from './connection-record';
import type { LineSource, LineWriter } from './line-writer';
import { NotedRequest } from './noted-request';
import { REASONS } from './reasons';

/** Requests that are noted at most, before their lines are made. */
export const MAX_NOTED = 128;

export class AccessLog implements LineSource {
  private readonly line = new ByteLine();
  private readonly noted: NotedRequest[] = [];
  private count = 0;

  constructor(
    private readonly writer: LineWriter, private readonly clock: Clock, private readonly config: AccessLogConfig,
    private readonly random: () => number,
  ) {}

  /** Returns the place for a request that is logged. The caller fills it at once: it still holds an earlier request. */
  note(): NotedRequest {
    // Another log, from before a reload, may have older ones.
    if (this.count === MAX_NOTED) this.writer.gather();
    if (this.count === 0) this.writer.expect(this, this.clock);
    const noted = this.noted[this.count] ??= new NotedRequest();
    this.count += 1;
    return noted;
  }

  giveLines(): void {
    const { writer, clock, noted, count } = this;
    const since = clock.wallTimeAt(0);
    this.count = 0;
    for (let i = 0; i < count; i += 1) writer.collect(this.lineOf(noted[i]!, since + noted[i]!.endedAt), clock);
  }

  /** Writes a line for a connection of TCP, if that is wanted: with `errors`, of those that did not end in order. */
  recordConnection(connection: FinishedConnection): void {
    const { format, samplePercent = 0 } = this.config;
    const mode = connection.accessLog ?? this.config.mode;
    const wanted = mode === 'all' || (mode === 'errors' && (connection.reason !== undefined || (samplePercent > 0 && this.random() * 100 < samplePercent)));
    if (!wanted) return;
    this.giveLines();
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

  private lineOf(request: AccessRecord, wallTime: number): string | ByteLine {
    if (this.config.format === 'text') return accessText(request, wallTime);
    this.line.restart();
    writeAccess(this.line, request, wallTime);
    return this.line;
  }
}

/** Status 500 and above, and what broke after a better status had been sent or before any could be. */
export function isError({ status, reason }: Pick<AccessRecord, 'status' | 'reason'>): boolean {
  if (status >= 500) return true;
  // Their status is what the configuration says.
  if (reason === 'redirect' || reason === 'direct_response') return false;
  return reason !== undefined && (REASONS[reason].outcome !== 'answered' || REASONS[reason].status !== status);
}

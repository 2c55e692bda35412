/**
 * The audit log of authorization: one JSON line a decision that is to be logged, with who asked, for what, and by which rule it came out so.
 * It shares the writer of all lines, so it never makes a request wait: what doesn't fit is dropped and counted.
 */
import type { Clock } from '../runtime/clock';
import { MAX_PATH } from './access-record';
import type { LineWriter } from './line-writer';

/** One decision. */
export interface AuditRecord {
  readonly listener: string;
  /** The verified identity of the caller; undefined: none. */
  readonly caller: string | undefined;
  /** Where its connection comes from. */
  readonly client: string;
  /** What is asked for; all three are undefined of a connection of TCP. */
  readonly method?: string;
  /** In normal form, without the query. */
  readonly path?: string;
  readonly host?: string;
  /** `would_deny`: it passed, as a dry run denies nothing. */
  readonly decision: 'allowed' | 'denied' | 'would_deny';
  /** Name of the rule that let it in. */
  readonly rule?: string;
  /** Why none did. */
  readonly cause?: string;
}

export class AuditLog {
  constructor(private readonly writer: LineWriter, private readonly clock: Clock) {}

  record(record: AuditRecord): void {
    this.writer.collect(formatAudit(record, this.clock.wallTime()), this.clock);
  }
}

/** One line, without its end. */
export function formatAudit({ listener, caller, client, method, path, host, decision, rule, cause }: AuditRecord, wallTime: number): string {
  return JSON.stringify({
    time: new Date(wallTime).toISOString(),
    level: decision === 'allowed' ? 'info' : 'warn',
    event: 'authorization',
    listener,
    decision,
    rule,
    cause,
    caller,
    client,
    method: method?.slice(0, MAX_PATH),
    host: host?.slice(0, MAX_PATH),
    path: path?.slice(0, MAX_PATH),
  });
}

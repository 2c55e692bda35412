/**
 * Events of the proxy as JSON, one line each: `time` (RFC 3339), `level`, `event` (a fixed name to search for), `node` (whose
 * proxy it is), then the fields of the event. Nothing on the path of a single request is an event: that is what metrics
 * and the access log are for.
 *
 * Bounded: of one event at most {@link MAX_REPEATS} lines are written in {@link REPEAT_WINDOW_MS}; what was left out is
 * summed up in one line when the window ends. Long texts and lists are cut.
 */
import type { Clock } from '../runtime/clock';
import type { LineWriter } from './line-writer';

/** Limit `repeatedEvents`: lines of one event per window. */
export const MAX_REPEATS = 20;
export const REPEAT_WINDOW_MS = 10_000;

/** Longest text and list of a field. */
export const MAX_TEXT = 2_000;
export const MAX_LIST = 50;

export type Level = 'info' | 'warn' | 'error';
export type FieldValue = string | number | boolean | undefined | readonly string[];
export type Fields = Readonly<Record<string, FieldValue>>;

/** Whose proxy it is. */
export type LogIdentity = Readonly<Record<'service' | 'namespace' | 'version', string>> & { readonly pod?: string };

/** Lines of one event in its present window. */
interface Repeats {
  written: number;
  suppressed: number;
}

export class EventLog {
  private readonly repeats = new Map<string, Repeats>();

  /**
   * @param node whose proxy it is; undefined before that is known
   * @param onSuppressed called for every line left out
   */
  constructor(
    private readonly writer: LineWriter,
    private readonly clock: Clock,
    public node: LogIdentity | undefined,
    private readonly onSuppressed: () => void = () => undefined,
  ) {}

  info(event: string, fields: Fields = {}): void { this.log('info', event, fields); }
  warn(event: string, fields: Fields = {}): void { this.log('warn', event, fields); }
  error(event: string, fields: Fields = {}): void { this.log('error', event, fields); }

  private log(level: Level, event: string, fields: Fields): void {
    if (this.admits(event)) this.write(level, event, fields);
  }

  private admits(event: string): boolean {
    let repeats = this.repeats.get(event);
    if (!repeats) {
      repeats = { written: 0, suppressed: 0 };
      this.repeats.set(event, repeats);
      this.clock.after(REPEAT_WINDOW_MS, () => this.endWindow(event));
    }
    if (repeats.written < MAX_REPEATS) {
      repeats.written += 1;
      return true;
    }
    repeats.suppressed += 1;
    this.onSuppressed();
    return false;
  }

  private endWindow(event: string): void {
    const suppressed = this.repeats.get(event)?.suppressed ?? 0;
    this.repeats.delete(event);
    if (suppressed > 0) this.write('warn', 'events_suppressed', { of: event, count: suppressed });
  }

  private write(level: Level, event: string, fields: Fields): void {
    const every = { time: new Date(this.clock.wallTime()).toISOString(), level, event, node: this.node };
    // First for its place in the line, last so that an event's own fields can't replace it.
    this.writer.write(JSON.stringify({ ...every, ...bounded(fields), ...every }));
  }
}

function bounded(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, boundedValue(value)]));
}

function boundedValue(value: FieldValue): FieldValue {
  if (typeof value === 'string') return cut(value);
  if (typeof value !== 'object') return value;
  const items = value.slice(0, MAX_LIST).map(cut);
  return value.length > MAX_LIST ? [...items, `... and ${value.length - MAX_LIST} more`] : items;
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}... (${text.length} characters)`;
}

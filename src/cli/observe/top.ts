/** What `cdk8s-mesh top` does: requests by what they are, the most frequent first. */
import type { Arguments } from '../command-line/command';
import { printable } from '../terminal/printable';
import { duration, percent } from '../terminal/table';
import type { FollowedRequest } from './follow';
import { FORMATS, linesOf, print, screenOf, Table } from './output';
import { followRequests } from './requests';
import { formatOf, windowOf } from './running';

/** Rows that are kept; requests of further kinds count as `(others)`. Paths come from clients, so there may be any number. */
export const MAX_KINDS = 1_000;

/** Rows that are printed; a person reads no more. */
const SHOWN = 30;

export interface TopRow {
  readonly service: string;
  readonly listener: string;
  readonly to: string;
  readonly method: string;
  readonly path: string;
  readonly count: number;
  /** Those with a status below 500. */
  readonly succeeded: number;
  readonly bestMs: number;
  readonly worstMs: number;
  readonly lastMs: number;
}

export class Top {
  private readonly kinds = new Map<string, TopRow>();

  add(request: FollowedRequest): void {
    const { service, listener, cluster: to = '-', method = '-', path = '-', status, durationMs } = request;
    const named = { service, listener, to, method, path };
    const known = this.kinds.has(keyOf(named)) || this.kinds.size < MAX_KINDS;
    const kind = known ? named : { service: '(others)', listener: '-', to: '-', method: '-', path: '-' };
    const old = this.kinds.get(keyOf(kind));
    this.kinds.set(keyOf(kind), {
      ...kind,
      count: (old?.count ?? 0) + 1,
      succeeded: (old?.succeeded ?? 0) + (status < 500 ? 1 : 0),
      bestMs: Math.min(old?.bestMs ?? Infinity, durationMs),
      worstMs: Math.max(old?.worstMs ?? 0, durationMs),
      lastMs: durationMs,
    });
  }

  /** The most frequent first. */
  get rows(): TopRow[] {
    return [...this.kinds.values()].sort((a, b) => b.count - a.count);
  }
}

/** Settles with the exit code. */
export async function top(args: Arguments): Promise<number> {
  const format = formatOf(args, FORMATS);
  const seen = new Top();
  const { screen, unread } = screenOf(process.stdout);
  const show = (): void => print(screen, args.has('watch'), format === 'json' ? [JSON.stringify(seen.rows)] : linesOf(tableOf(seen.rows.slice(0, SHOWN)), format, screen.paint));
  const timer = args.has('watch') ? setInterval(show, 1_000) : undefined;
  await followRequests(args, {
    ...(!timer && { durationMs: windowOf(args) }),
    unread,
    take: (requests) => {
      for (const request of requests) seen.add(request);
      return false;
    },
  }).finally(() => clearInterval(timer));
  if (!timer) show();
  return 0;
}

export function tableOf(rows: readonly TopRow[]): Table {
  return {
    columns: [
      { title: 'service' }, { title: 'listener' }, { title: 'to', wide: true }, { title: 'method' }, { title: 'path' },
      ...['count', 'best', 'worst', 'last', 'success'].map((title) => ({ title, right: true })),
    ],
    rows: rows.map(({ service, listener, to, method, path, count, succeeded, bestMs, worstMs, lastMs }) => [
      service, listener, to, printable(method), printable(path), String(count), duration(bestMs), duration(worstMs), duration(lastMs),
      { text: percent(succeeded / count), ...(succeeded < count && { style: 'red' as const }) },
    ]),
  };
}

function keyOf({ service, listener, to, method, path }: Pick<TopRow, 'service' | 'listener' | 'to' | 'method' | 'path'>): string {
  return JSON.stringify([service, listener, to, method, path]);
}

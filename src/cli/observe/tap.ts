/** What `cdk8s-mesh tap` does: a line for each request. */
import type { Arguments } from '../command-line/command';
import { readDurationMs } from '../command-line/duration';
import { printable } from '../terminal/printable';
import { duration, Paint } from '../terminal/table';
import type { FollowedRequest } from './follow';
import { screenOf } from './output';
import { followRequests } from './requests';
import { formatOf } from './running';

const FORMATS = ['text', 'wide', 'json'] as const;

const DURATION_BOUNDS = { min: 500, max: 24 * 3_600_000 };

/** Settles with the exit code. */
export async function tap(args: Arguments): Promise<number> {
  const format = formatOf(args, FORMATS);
  const text = args.text('duration');
  const durationMs = text === undefined ? undefined : readDurationMs('duration', text, DURATION_BOUNDS);
  let left = Math.floor(args.number('max', { min: 1, max: 1_000_000 }) ?? Infinity);
  const { screen, unread } = screenOf(process.stdout);
  await followRequests(args, {
    ...(durationMs !== undefined && { durationMs }),
    unread,
    take: (requests) => {
      const wanted = requests.filter((request) => !args.has('failed') || hasFailed(request)).slice(0, left);
      left -= wanted.length;
      for (const request of wanted) screen.say(lineOf(request, format, screen.paint));
      return left === 0;
    },
  });
  return 0;
}

/** Answered with an error, or not by an app. */
export function hasFailed({ status, reason }: Pick<FollowedRequest, 'status' | 'reason'>): boolean {
  return status >= 500 || reason !== undefined;
}

export function lineOf(request: FollowedRequest, format: typeof FORMATS[number], paint: Paint): string {
  if (format === 'json') return JSON.stringify(request);
  const { time, pod, service, listener, cluster, endpoint, method = '-', path = '', status, durationMs, reason, detail, attempts, tried } = request;
  const answer = paint(hasFailed(request) ? 'red' : 'green', String(status));
  return [
    time, `${pod} (${service})`, listener,
    ...cluster === undefined ? [] : [`-> ${cluster}${endpoint === undefined ? '' : ` ${endpoint}`}`],
    `${printable(method)} ${printable(path)}`.trimEnd(), answer, duration(durationMs),
    ...attempts > 1 ? [`${attempts} attempts`] : [],
    ...reason === undefined ? [] : [`${reason}${detail ? `: ${printable(detail)}` : ''}`],
    ...format === 'wide' && tried ? [`tried ${tried.map(printable).join(', ')}`] : [],
  ].join('  ');
}

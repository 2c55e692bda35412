/** The lines of one call over time: requests a second with those that failed, and percentiles of latency. Marks say what was done when. */
import { escaped } from '../terminal/markup';
import { svgNumber as at, svgText as text } from '../terminal/svg';
import { count, duration } from '../terminal/table';
import type { CallStep, RecordedEvent } from './recording';

const WIDTH = 1_000;
const LEFT = 84;
const RIGHT = 16;
const PLOT_HEIGHT = 96;
const TOP = 26;
const ROW = PLOT_HEIGHT + TOP + 26;

interface Line {
  readonly title: string;
  /** A class of the page's style. */
  readonly style: string;
  of(step: CallStep): number | undefined;
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  words(value: number): string;
}

const PANELS: readonly Panel[] = [
  {
    title: 'requests a second', words: count,
    lines: [
      { title: 'all', style: 'rate', of: ({ figures }) => figures.rate },
      { title: 'failed', style: 'failed', of: ({ figures }) => failedRate({ figures }) },
    ],
  },
  {
    title: 'latency', words: duration,
    lines: [
      { title: 'p99', style: 'p99', of: ({ figures }) => figures.p99Ms },
      { title: 'p95', style: 'p95', of: ({ figures }) => figures.p95Ms },
      { title: 'p50', style: 'p50', of: ({ figures }) => figures.p50Ms },
    ],
  },
];

/** Requests that failed, per second. */
export function failedRate({ figures: { rate, success = 1 } }: Pick<CallStep, 'figures'>): number {
  return rate * (1 - success);
}

/** @param seconds of the whole run */
export function timelineOf(title: string, steps: readonly CallStep[], events: readonly RecordedEvent[], seconds: number): string {
  const x = (second: number): number => LEFT + (Math.min(second, seconds) / Math.max(seconds, 1e-9)) * (WIDTH - LEFT - RIGHT);
  const height = PANELS.length * ROW;
  const done = events.filter(({ severity }) => severity === 'done');
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)} over time">`,
    ...PANELS.flatMap((panel, row) => panelOf(panel, steps, x, row * ROW + TOP)),
    ...PANELS.flatMap((_, row) => done.map((event, index) => markOf(event, index + 1, x(event.seconds), row * ROW + TOP))),
    ...ticksOf(seconds).map((tick) => text(x(tick), height - 6, `${tick} s`, 'class="quiet" text-anchor="middle"')),
    '</svg>',
  ].join('\n');
}

function panelOf({ title, lines, words }: Panel, steps: readonly CallStep[], x: (second: number) => number, top: number): string[] {
  const values = steps.flatMap((step) => lines.map(({ of }) => of(step) ?? 0));
  const most = Math.max(...values, 1e-9) * 1.05;
  const y = (value: number): number => top + PLOT_HEIGHT * (1 - value / most);
  return [
    text(LEFT, top - 8, title, 'class="quiet"'),
    ...lines.map((line, index) => text(WIDTH - RIGHT - index * 56, top - 8, line.title, `class="of ${line.style}" text-anchor="end"`)),
    `<rect x="${LEFT}" y="${top}" width="${WIDTH - LEFT - RIGHT}" height="${PLOT_HEIGHT}" class="frame"/>`,
    text(LEFT - 8, top + 10, words(most / 1.05), 'class="quiet" text-anchor="end"'),
    text(LEFT - 8, top + PLOT_HEIGHT, '0', 'class="quiet" text-anchor="end"'),
    ...lines.map(({ of, style }) => `<path d="${pathOf(steps.map((step) => [step.seconds, of(step)]), x, y)}" class="line ${style}"/>`),
  ];
}

/** A line with gaps where nothing was measured. */
function pathOf(points: readonly (readonly [number, number | undefined])[], x: (second: number) => number, y: (value: number) => number): string {
  let pen = 'M';
  return points.map(([second, value]) => {
    if (value === undefined) {
      pen = 'M';
      return '';
    }
    const part = `${pen}${at(x(second))} ${at(y(value))}`;
    pen = 'L';
    return part;
  }).join('');
}

function markOf({ text: what, seconds }: RecordedEvent, number: number, x: number, top: number): string {
  return `<g class="mark"><title>${escaped(`${seconds.toFixed(1)} s: ${what}`)}</title>`
    + `<line x1="${at(x)}" y1="${top}" x2="${at(x)}" y2="${top + PLOT_HEIGHT}"/>${text(x + 3, top + 11, String(number))}</g>`;
}

/** From 5 to 10 of them, at round seconds. */
function ticksOf(seconds: number): number[] {
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400].find((each) => seconds / each <= 10) ?? 86_400 * 7;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
}

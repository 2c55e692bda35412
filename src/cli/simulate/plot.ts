/**
 * A comparison as one SVG file that needs nothing else: a row for each scenario, with p99 over time at the left and latency by
 * percentile at the right, both on logarithmic scales, since policies differ by factors. Colours are Okabe and Ito's, which
 * most people can tell apart; a second round of them is dashed.
 */
import type { Plan } from '../../simulation';
import { durationOf } from '../../simulation';
import { svgFile, svgNumber as at, svgText as text } from '../terminal/svg';
import { duration, percent } from '../terminal/table';
import type { Run } from './report';

/** One row. */
export interface Plot {
  readonly title: string;
  readonly plan: Plan;
  readonly runs: readonly Run[];
}

const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

const WIDTH = 1_330;
const ROW_HEIGHT = 360;
const TOP = 56;
const PLOT_HEIGHT = 240;
const LEFT = { x: 70, width: 420 };
const RIGHT = { x: 560, width: 360 };
const LEGEND_X = 950;
const LEGEND_LINE = 20;
/** Right ends of the legend's figures. */
const LEGEND_P99_X = 1_240;
const LEGEND_FAILED_X = 1_322;

/** With more failures than this, the 99th percentile of a stretch of time is a failure. */
const FAILED_PART = 0.01;

/** Right ends with these percentiles, each as far from the one before as that is from 1 in tens: 0.9, 0.99, 0.999. */
const PERCENTILES = [0, 0.5, 0.9, 0.99, 0.999, 0.9999];

type Scale = (value: number) => number;

interface Range {
  readonly low: number;
  readonly high: number;
}

interface Panel {
  readonly x: number;
  readonly width: number;
}

/** The file. */
export function svgOf(plots: readonly Plot[]): string {
  return svgFile(WIDTH, plots.length * ROW_HEIGHT, plots.flatMap((plot, row) => [`<g transform="translate(0 ${row * ROW_HEIGHT})">`, ...rowOf(plot), '</g>']));
}

function rowOf({ title, plan, runs }: Plot): string[] {
  const bounds = boundsOf(runs);
  const y = logarithmic(bounds.low, bounds.high, TOP + PLOT_HEIGHT, TOP);
  return [
    text(LEFT.x, 26, title, 'font-size="16" font-weight="600"'),
    ...timePanel(plan, runs, y, bounds),
    ...percentilePanel(runs, y, bounds),
    ...legend(runs),
  ];
}

/** One range for both panels, in powers of ten or their halves. */
function boundsOf(runs: readonly Run[]): Range {
  const values = runs.flatMap(({ measurements }) => [
    measurements.latency.percentile(0.5), measurements.latency.percentile(PERCENTILES[PERCENTILES.length - 1]!),
    ...measurements.windows.map(({ p99 }) => p99),
  ]).filter((value) => value > 0);
  const least = Math.min(...values, 1_000);
  const most = Math.max(...values, 1);
  const low = gridOf(1e-3, 1e6).filter((line) => line <= least / 1.5).pop() ?? 1e-3;
  return { low, high: gridOf(1e-3, 1e6).find((line) => line >= most) ?? 1e6 };
}

/** 1, 2 and 5 in each power of ten. */
function gridOf(from: number, to: number): number[] {
  const lines: number[] = [];
  for (let power = -3; power <= 6; power++) for (const digit of [1, 2, 5]) lines.push(digit * 10 ** power);
  return lines.filter((line) => line >= from * 0.999 && line <= to * 1.001);
}

function timePanel(plan: Plan, runs: readonly Run[], y: Scale, bounds: Range): string[] {
  const end = durationOf(plan);
  const x = linear(0, end, LEFT.x, LEFT.x + LEFT.width);
  const { disturbance } = plan;
  const step = stepOf(end / 1_000);
  const ticks = Array.from({ length: Math.floor(end / 1_000 / step + 1e-9) + 1 }, (_, index) => index * step);
  return [
    ...(disturbance
      ? [
        `<rect x="${at(x(disturbance.fromMs))}" y="${TOP}" width="${at(x(disturbance.toMs) - x(disturbance.fromMs))}" height="${PLOT_HEIGHT}" fill="#f2e9d8"/>`,
        text(x(disturbance.fromMs) + 4, TOP + PLOT_HEIGHT - 6, 'disturbed', 'fill="#8a7347"'),
      ]
      : []),
    text(LEFT.x, TOP - 10, 'p99 over time; a gap where more than 1 % failed'),
    ...horizontals(LEFT, y, bounds),
    ...ticks.map((tick) => text(x(tick * 1_000), TOP + PLOT_HEIGHT + 18, `${Number(tick.toPrecision(3))} s`, 'text-anchor="middle" fill="#555"')),
    ...drawn(runs, ({ measurements }) => measurements.windows
      .map(({ untilMs, p99, failed, requests }) => (p99 > 0 && failed <= requests * FAILED_PART ? [x(untilMs), y(p99)] : undefined))),
  ];
}

function percentilePanel(runs: readonly Run[], y: Scale, bounds: Range): string[] {
  const depth = (share: number): number => -Math.log10(1 - share);
  const last = PERCENTILES[PERCENTILES.length - 1]!;
  const x = linear(0, depth(last), RIGHT.x, RIGHT.x + RIGHT.width);
  return [
    text(RIGHT.x, TOP - 10, 'latency by percentile of the requests that succeeded'),
    ...horizontals(RIGHT, y, bounds),
    ...PERCENTILES.slice(1).map((share) => {
      const place = at(x(depth(share)));
      return `<line x1="${place}" y1="${TOP}" x2="${place}" y2="${TOP + PLOT_HEIGHT}" stroke="#e4e4e4"/>`
        + text(x(depth(share)), TOP + PLOT_HEIGHT + 18, `p${Number((share * 100).toFixed(2))}`, 'text-anchor="middle" fill="#555"');
    }),
    ...drawn(runs, ({ measurements }) => measurements.latency.cumulative()
      .filter(({ share }) => share <= last)
      .map(({ ms, share }) => (ms >= bounds.low ? [x(depth(share)), y(Math.min(ms, bounds.high))] : undefined))),
  ];
}

/** Lines at 1, 2 and 5, with the latency at the left. */
function horizontals(panel: Panel, y: Scale, { low, high }: Range): string[] {
  const all = gridOf(low, high);
  const lines = all.length > 8 ? all.filter((line) => /^1/.test(line.toExponential())) : all;
  return lines.map((line) => `<line x1="${panel.x}" y1="${at(y(line))}" x2="${panel.x + panel.width}" y2="${at(y(line))}" stroke="#e4e4e4"/>`
    + text(panel.x - 8, y(line) + 4, line >= 1_000 ? `${line / 1_000} s` : `${line} ms`, 'text-anchor="end" fill="#555"'));
}

/** A line for each policy, the chosen one last, so that it lies above. */
function drawn(runs: readonly Run[], pointsOf: (run: Run) => (readonly [number, number] | undefined)[]): string[] {
  return runs.map((run, index) => {
    let pen = 'M';
    const path = pointsOf(run).map((point) => {
      // A gap where nothing was measured.
      if (!point) {
        pen = 'M';
        return '';
      }
      const part = `${pen}${at(point[0])} ${at(point[1])}`;
      pen = 'L';
      return part;
    }).join('');
    return `<path d="${path}" fill="none" stroke-linejoin="round" ${strokeOf(index)}/>`;
  }).reverse();
}

function legend(runs: readonly Run[]): string[] {
  const head = 'text-anchor="end" fill="#555"';
  return [
    text(LEGEND_P99_X, TOP - 10, 'p99', head),
    text(LEGEND_FAILED_X, TOP - 10, 'failed', head),
    ...runs.flatMap(({ policy, measurements }, index) => {
      const line = TOP + 8 + index * LEGEND_LINE;
      const { failed, measured } = measurements;
      return [
        `<line x1="${LEGEND_X}" y1="${line}" x2="${LEGEND_X + 22}" y2="${line}" ${strokeOf(index)}/>`,
        text(LEGEND_X + 28, line + 4, policy.type, index === 0 ? 'font-weight="600"' : ''),
        text(LEGEND_P99_X, line + 4, duration(measurements.latency.percentile(0.99)), 'text-anchor="end"'),
        text(LEGEND_FAILED_X, line + 4, failed > 0 ? percent(failed / measured) : '0', 'text-anchor="end"'),
      ];
    }),
  ];
}

function strokeOf(index: number): string {
  const dashes = index >= COLOURS.length ? ' stroke-dasharray="6 3"' : '';
  return `stroke="${COLOURS[index % COLOURS.length]}" stroke-width="${index === 0 ? 3 : 1.5}"${dashes}`;
}

/** A step that cuts a length into about five. */
function stepOf(length: number): number {
  const rough = length / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((digit) => digit * power).find((step) => step >= rough)!;
}

function linear(fromLow: number, fromHigh: number, toLow: number, toHigh: number): Scale {
  return (value) => toLow + ((value - fromLow) / (fromHigh - fromLow)) * (toHigh - toLow);
}

function logarithmic(fromLow: number, fromHigh: number, toLow: number, toHigh: number): Scale {
  const scale = linear(Math.log(fromLow), Math.log(fromHigh), toLow, toHigh);
  return (value) => scale(Math.log(Math.max(value, fromLow)));
}

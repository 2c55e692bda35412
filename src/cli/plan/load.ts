/** The load of `--load`: a shape by its name, a CSV file, or what Prometheus answers to a range query. */
import { readFileSync } from 'node:fs';
import { didYouMean } from '../../contract/nearest';
import { Load, LoadPoint, SHAPES, throughPoints } from '../../planning/scaling/load';
import type { LoadStart } from '../../planning/scaling/schedule';
import type { DeclaredCapacity } from '../../planning/sizing/declared';
import { messageOf, UserError } from '../command-line/errors';

export interface ReadLoad {
  readonly load: Load;
  readonly seconds: number;
  /** When it begins, for schedules. */
  readonly start: LoadStart;
}

/** Later seconds are a date. */
const FIRST_DATE_SECONDS = 1_000_000_000;

/** A year; longer loads are no one's. */
const LONGEST_SECONDS = 366 * 86_400;

export function readLoad(name: string, { usualRps, peakRps }: Pick<DeclaredCapacity, 'usualRps' | 'peakRps'>): ReadLoad {
  if (Object.hasOwn(SHAPES, name)) {
    const { load, seconds } = SHAPES[name as keyof typeof SHAPES];
    return { load: load(usualRps, peakRps), seconds, start: { ofDay: 0 } };
  }
  let text: string;
  try {
    text = readFileSync(name, 'utf8');
  } catch (error) {
    throw new UserError(`--load is a file or one of ${Object.keys(SHAPES).join(', ')}.${didYouMean(name, Object.keys(SHAPES))} '${name}' can't be read: ${messageOf(error)}`);
  }
  const points = text.trimStart().startsWith('{') ? pointsOfPrometheus(text, name) : pointsOfCsv(text, name);
  if (points.length < 2) throw new UserError(`${name}: a load needs at least two points in time, and there ${points.length === 1 ? 'is one' : 'are none'}`);
  const from = points[0]!.seconds;
  points.forEach(({ seconds, rps }, index) => {
    if (!(rps >= 0 && Number.isFinite(rps))) throw new UserError(`${name}: point ${index + 1} has ${rps} requests a second; use a number of at least 0`);
    if (index > 0 && seconds <= points[index - 1]!.seconds) throw new UserError(`${name}: point ${index + 1} is not later than the one before; sort the points by time`);
  });
  const seconds = points[points.length - 1]!.seconds - from;
  if (seconds > LONGEST_SECONDS) throw new UserError(`${name}: the load lasts ${Math.round(seconds / 86_400)} days, and a year at most is replayed`);
  return {
    load: throughPoints(points.map((point) => ({ ...point, seconds: point.seconds - from }))),
    seconds,
    start: from >= FIRST_DATE_SECONDS ? { date: from } : { ofDay: from },
  };
}

/** Seconds, or times of a day as 07:30 or 07:30:15, or dates as in RFC 3339; then the rate. A first line of words is a head. */
function pointsOfCsv(text: string, file: string): LoadPoint[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.flatMap((line, index): LoadPoint[] => {
    if (line === '' || line.startsWith('#')) return [];
    const [time, rate, ...more] = line.split(/[,;\t]/).map((cell) => cell.trim());
    const seconds = secondsOf(time!);
    if (index === 0 && seconds === undefined && Number.isNaN(Number(rate))) return [];
    if (seconds === undefined || rate === undefined || rate === '' || Number.isNaN(Number(rate)) || more.length > 0) {
      throw new UserError(`${file}:${index + 1}: must be a time and requests a second, such as 3600,120 or 07:30,120, got '${line}'`);
    }
    return [{ seconds, rps: Number(rate) }];
  });
}

function secondsOf(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const [, hours, minutes, seconds = '0'] = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text) ?? [];
  if (hours !== undefined) return Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  const date = /^\d{4}-/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : date / 1_000;
}

/** The first series of a matrix: `{"data":{"result":[{"values":[[1700000000,"12.5"], ...]}]}}`. */
function pointsOfPrometheus(text: string, file: string): LoadPoint[] {
  interface Answer { readonly data?: { readonly result?: readonly { readonly values?: readonly (readonly [number, string])[] }[] } }
  let answer: Answer;
  try {
    answer = JSON.parse(text) as Answer;
  } catch (error) {
    throw new UserError(`${file} is no JSON: ${messageOf(error)}`);
  }
  const series = answer.data?.result ?? [];
  if (series.length !== 1 || !Array.isArray(series[0]!.values)) {
    throw new UserError(`${file} must be the answer to a range query with one series, and has ${series.length}; sum it, as in sum(rate(mesh_requests_total[1m]))`);
  }
  return series[0]!.values.map(([seconds, value]) => ({ seconds, rps: Number(value) }));
}

/**
 * Fewest pods by the time of day, as KEDA's cron trigger has them: from each match of `start` until the next match of `end`. Both are cron
 * expressions of five fields (minute, hour, day of the month, month, day of the week) in a time zone.
 *
 * A load may have dates, or only times of a day. One without dates begins on a Monday, and its times are those of each schedule's zone.
 *
 * Sources: https://keda.sh/docs/2.21/scalers/cron/; the fields as in crontab(5): a day matches when either of its two fields does, unless one of
 * them is `*`.
 */

export interface Schedule {
  readonly start: string;
  readonly end: string;
  /** Name of the IANA database. */
  readonly timezone: string;
  readonly replicas: number;
}

/** When a load begins: in seconds since 1970, or after midnight. */
export type LoadStart = { readonly date: number } | { readonly ofDay: number };

/** A moment in a time zone, by its fields. */
interface Moment {
  readonly minute: number;
  readonly hour: number;
  readonly dayOfMonth: number;
  readonly month: number;
  readonly dayOfWeek: number;
}

type Cron = (moment: Moment) => boolean;

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** A schedule that has not begun within this time has not begun. */
const BACK_MINUTES = 366 * DAY_MINUTES;
/** 1 January 2024, in milliseconds. */
const SOME_MONDAY = Date.UTC(2024, 0, 1);
/** Offsets of time zones change at these. */
const OFFSET_STEP_MS = 15 * MINUTE_MS;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Fewest pods at a time of a load, in seconds from its beginning. Throws for an expression or zone that is none. */
export function floorOf(schedules: readonly Schedule[], start: LoadStart, seconds: number): (seconds: number) => number {
  const floors = new Uint32Array(Math.floor(seconds / 60) + 1);
  for (const schedule of schedules) {
    const [opens, closes] = [cronOf(schedule.start), cronOf(schedule.end)];
    const first = 'date' in start ? Math.floor(start.date / 60) * MINUTE_MS : SOME_MONDAY + Math.floor(start.ofDay / 60) * MINUTE_MS;
    const momentAt = 'date' in start ? momentsIn(schedule.timezone) : momentOf;
    let isOpen = isOpenAt(first, opens, closes, momentAt);
    for (let minute = 0; minute < floors.length; minute++) {
      const moment = momentAt(first + minute * MINUTE_MS);
      // One that begins as another ends goes on.
      if (opens(moment)) isOpen = true;
      else if (closes(moment)) isOpen = false;
      if (isOpen) floors[minute] = Math.max(floors[minute]!, schedule.replicas);
    }
  }
  return (second) => floors[Math.min(floors.length - 1, Math.floor(second / 60))]!;
}

/** What came last before a moment: a start or an end. */
function isOpenAt(time: number, opens: Cron, closes: Cron, momentAt: (time: number) => Moment): boolean {
  for (let back = 1; back <= BACK_MINUTES; back++) {
    const moment = momentAt(time - back * MINUTE_MS);
    if (opens(moment)) return true;
    if (closes(moment)) return false;
  }
  return false;
}

/** @param time milliseconds since 1970, in a zone without an offset */
function momentOf(time: number): Moment {
  const date = new Date(time);
  return {
    minute: date.getUTCMinutes(), hour: date.getUTCHours(), dayOfMonth: date.getUTCDate(), month: date.getUTCMonth() + 1, dayOfWeek: date.getUTCDay(),
  };
}

/** Offsets are asked for once for each quarter of an hour, as each question takes some microseconds. */
function momentsIn(timeZone: string): (time: number) => Moment {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric',
  });
  const offsets = new Map<number, number>();
  const offsetAt = (time: number): number => {
    const step = Math.floor(time / OFFSET_STEP_MS);
    const known = offsets.get(step);
    if (known !== undefined) return known;
    const at = step * OFFSET_STEP_MS;
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)])) as Record<string, number>;
    const offset = Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute']) - at;
    offsets.set(step, offset);
    return offset;
  };
  return (time) => momentOf(time + offsetAt(time));
}

function cronOf(expression: string): Cron {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5) throw new RangeError(`'${expression}' has ${fields.length} fields; a cron expression has five`);
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = [
    setOf(fields[0]!, 0, 59), setOf(fields[1]!, 0, 23), setOf(fields[2]!, 1, 31),
    setOf(fields[3]!, 1, 12, MONTHS, 1), setOf(fields[4]!, 0, 7, DAYS, 0),
  ] as const;
  if (daysOfWeek.has(7)) daysOfWeek.add(0);
  const [anyOfMonth, anyOfWeek] = [fields[2]!.startsWith('*'), fields[4]!.startsWith('*')];
  return ({ minute, hour, dayOfMonth, month, dayOfWeek }) => {
    if (!minutes.has(minute) || !hours.has(hour) || !months.has(month)) return false;
    const [ofMonth, ofWeek] = [daysOfMonth.has(dayOfMonth), daysOfWeek.has(dayOfWeek)];
    return anyOfMonth || anyOfWeek ? ofMonth && ofWeek : ofMonth || ofWeek;
  };
}

/** The numbers of a field: lists, ranges and steps of numbers or names. */
function setOf(field: string, least: number, most: number, names: readonly string[] = [], first = 0): Set<number> {
  const numberOf = (text: string): number => {
    const name = names.indexOf(text.toLowerCase());
    const value = name >= 0 ? name + first : /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) throw new RangeError(`'${text}' of '${field}' is not from ${least} to ${most}`);
    return value;
  };
  const set = new Set<number>();
  for (const part of field.split(',')) {
    const [range, stepText] = part.split('/') as [string, string?];
    const step = stepText === undefined ? 1 : Number(stepText);
    if (!(Number.isInteger(step) && step > 0)) throw new RangeError(`'${part}' has the step '${stepText}'; use a whole number above 0`);
    const [from, to] = range === '*' ? [least, most] : range.split('-').map(numberOf) as [number, number?];
    for (let value = from; value <= (to ?? (stepText === undefined ? from : most)); value += step) set.add(value);
  }
  return set;
}

/** Fewest pods by the time of day, against days that are known. */
import { floorOf, LoadStart, Schedule } from '../../../src/planning/scaling/schedule';

const HOUR = 3_600;
const MIDNIGHT: LoadStart = { ofDay: 0 };
const working = (more: Partial<Schedule> = {}): Schedule => ({ start: '30 7 * * 1-5', end: '0 18 * * 1-5', timezone: 'Etc/UTC', replicas: 10, ...more });

/** The floor at hours of a load. */
function at(hours: readonly number[], schedules: readonly Schedule[], start: LoadStart = MIDNIGHT): number[] {
  const floor = floorOf(schedules, start, Math.max(...hours) * HOUR);
  return hours.map((hour) => floor(hour * HOUR));
}

test('holds from its start to its end, and not at the week-end', () => {
  expect(at([0, 7, 7.5, 17.9, 18, 31, 31.5], [working()])).toEqual([0, 0, 10, 10, 0, 0, 10]);
  // Saturday is the sixth day of a load that begins on a Monday.
  expect(at([5 * 24 + 12, 6 * 24 + 12, 7 * 24 + 12], [working()])).toEqual([0, 0, 10]);
});

test('is held at the beginning when it began before', () => {
  expect(at([0, 1, 2], [working({ start: '0 22 * * *', end: '0 2 * * *' })])).toEqual([10, 10, 0]);
  expect(at([0, 1], [working({ start: '0 9 * * *', end: '0 8 * * *' })], { ofDay: 12 * HOUR })).toEqual([10, 10]);
});

test('with several, the highest counts', () => {
  expect(at([8, 10, 12], [working(), working({ start: '0 9 * * *', end: '0 11 * * *', replicas: 25 })])).toEqual([10, 25, 10]);
});

test('follows the dates of a load in its time zone, over the change to summer time', () => {
  // Sunday, 29 March 2026: Berlin goes from UTC+1 to UTC+2 at 01:00 UTC.
  const date = Date.UTC(2026, 2, 28) / 1_000;
  const berlin = [working({ start: '0 8 * * *', end: '0 9 * * *', timezone: 'Europe/Berlin' })];
  expect(at([6, 7, 8, 24 + 5, 24 + 6, 24 + 7], berlin, { date })).toEqual([0, 10, 0, 0, 10, 0]);
});

test('times of a day without a date are those of the zone', () => {
  expect(at([7, 8, 9], [working({ start: '0 8 * * *', end: '0 9 * * *', timezone: 'Asia/Tokyo' })])).toEqual([0, 10, 0]);
});

// 1 January 2024, at which loads without a date begin, is a Monday.
test.each<[string, string, number[], boolean[]]>([
  ['*/15 10 * * *', '5/15 10 * * *', [10, 10.1, 10.25, 10.4], [true, false, true, false]],
  ['0 10 1 * 3', '30 10 * * *', [10, 24 + 10, 48 + 10], [true, false, true]],
  ['0 10 * jan mon,WED', '30 10 * * *', [10, 24 + 10, 48 + 10], [true, false, true]],
  ['0 10 * * 7', '30 10 * * *', [10, 6 * 24 + 10], [false, true]],
])('takes %s to %s', (start, end, hours, open) => {
  expect(at(hours, [working({ start, end })]).map((floor) => floor > 0)).toEqual(open);
});

test.each([
  ['30 7 * *', "'30 7 * *' has 4 fields; a cron expression has five"],
  ['61 7 * * *', "'61' of '61' is not from 0 to 59"],
  ['0 7 * * fun', "'fun' of 'fun' is not from 0 to 7"],
  ['*/0 7 * * *', "'*/0' has the step '0'; use a whole number above 0"],
])('refuses %s', (start, message) => {
  expect(() => floorOf([working({ start })], MIDNIGHT, HOUR)).toThrow(message);
});

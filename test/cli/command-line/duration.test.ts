import { parseDurationMs, readDurationMs } from '../../../src/cli/command-line/duration';

test.each([
  ['10', 10_000], ['0.5', 500], ['10s', 10_000], ['1.5s', 1_500], ['500ms', 500], ['2m', 120_000], ['1h', 3_600_000], ['1m30s', 90_000],
])('%s is %d ms', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each(['', ' ', '10 s', '-1s', '1d', 's', '1e3', '0x10', '10s2', 'Infinity', '1,5s'])('%j is none, and what can be written is said', (text) => {
  expect(parseDurationMs(text)).toBeUndefined();
  expect(() => readDurationMs('duration', text, { min: 1, max: 2 }))
    .toThrow(`--duration must be a length of time, such as 10s, 2m, 500ms or 10 (seconds), got '${text}'`);
});

test('bounds are told in units that fit', () => {
  const bounds = { min: 100, max: 24 * 3_600_000 };
  expect(readDurationMs('duration', '24h', bounds)).toBe(bounds.max);
  expect(readDurationMs('duration', '100ms', bounds)).toBe(100);
  for (const text of ['99ms', '25h', '0']) expect(() => readDurationMs('duration', text, bounds)).toThrow(`--duration must be from 100ms to 24h, got '${text}'`);
});

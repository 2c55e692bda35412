import { healthOf, inWords, rate, success, time } from '../../src/page/format';

test.each([[0, '0/s'], [0.01, '<0.1/s'], [1.26, '1.3/s'], [12.6, '13/s'], [12_345, '12,345/s']])('a rate of %p', (value, text) => {
  expect(rate(value)).toBe(text);
});

test.each([[undefined, '–'], [0.25, '0.3 ms'], [12.3, '12 ms'], [1_500, '1.5 s']])('a time of %p ms', (value, text) => {
  expect(time(value)).toBe(text);
});

test.each([[undefined, '–', 'idle'], [1, '100 %', 'good'], [0.999_99, '99.9 %', 'good'], [0.98, '98.0 %', 'poor'], [0, '0.0 %', 'bad']])('a success of %p', (share, text, health) => {
  expect(success(share)).toBe(text);
  expect(healthOf({ rate: 1, ...(share !== undefined && { success: share }) })).toBe(health);
});

test('figures in words', () => {
  expect(inWords({ rate: 0 })).toBe('no requests');
  expect(inWords({ rate: 20, success: 1, p50Ms: 3, p99Ms: 12 })).toBe('20 requests a second, 100 % succeed, half within 3.0 ms, 99 of 100 within 12 ms');
});

import { FieldTable } from '../../../src/proxy/http1/fields';
import { retryAfterMs } from '../../../src/proxy/http1/retry-after';

const read = (...lines: string[]): number => {
  const buffer = Buffer.from(`${lines.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1');
  const fields = new FieldTable(10);
  expect(fields.scan(buffer, 0, buffer.length, 10)).toBeUndefined();
  return retryAfterMs(buffer, fields);
};

test.each([
  ['a number of seconds', ['Retry-After: 120'], 120_000],
  ['zero', ['Retry-After: 0'], 0],
  ['a number beyond all others', [`Retry-After: ${'9'.repeat(400)}`], Infinity],
  ['a date, by that of the response', ['Date: Thu, 26 Nov 2026 00:00:10 GMT', 'Retry-After: Thu, 26 Nov 2026 00:01:00 GMT'], 50_000],
  ['a date that is over', ['Date: Thu, 26 Nov 2026 00:00:10 GMT', 'Retry-After: Thu, 26 Nov 2026 00:00:00 GMT'], 0],
  ['a date without one to compare it with', ['Retry-After: Thu, 26 Nov 2026 00:01:00 GMT'], 0],
  ['a part of a second, which is no form of it', ['Retry-After: 1.5'], 0],
  ['something else', ['Date: Thu, 26 Nov 2026 00:00:10 GMT', 'Retry-After: soon'], 0],
  ['nothing', ['Server: x'], 0],
])('reads %s', (_, lines, expected) => {
  expect(read(...lines)).toBe(expected);
});

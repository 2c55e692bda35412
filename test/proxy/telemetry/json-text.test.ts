import { ByteLine } from '../../../src/proxy/telemetry/byte-line';
import { quoted } from '../../../src/proxy/telemetry/json-text';
import { timeText, writeTime } from '../../../src/proxy/telemetry/time-text';

test('a text is quoted as JSON has it, whatever it contains', () => {
  const every = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
  expect(every.filter((text) => quoted(text) !== JSON.stringify(text))).toEqual([]);
  for (const text of ['', 'shop/catalog-v1', 'a"b', 'a\\b', 'line\n', '\u{1f600}', 'é', 'half \ud83d']) expect(quoted(text)).toBe(JSON.stringify(text));
});

test('times are those of RFC 3339 in any order', () => {
  for (const time of [0, 999, 1_000, 1_700_000_000_007, 1_700_000_000_999, 1_700_000_001_000, 1_700_000_000_050, 1_700_000_000_050.75]) {
    expect(timeText(time)).toBe(new Date(time).toISOString());
    const line = new ByteLine();
    writeTime(line, time);
    expect(line.toString()).toBe(new Date(time).toISOString());
  }
});

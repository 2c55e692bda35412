import { ByteLine } from '../../../src/proxy/telemetry/byte-line';
import { timeText, writeTime } from '../../../src/proxy/telemetry/time-text';

test('times are those of RFC 3339 in any order', () => {
  for (const time of [0, 999, 1_000, 1_700_000_000_007, 1_700_000_000_999, 1_700_000_001_000, 1_700_000_000_050, 1_700_000_000_050.75]) {
    expect(timeText(time)).toBe(new Date(time).toISOString());
    const line = new ByteLine();
    writeTime(line, time);
    expect(line.toString()).toBe(new Date(time).toISOString());
  }
});

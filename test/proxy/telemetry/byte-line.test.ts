import * as fc from 'fast-check';
import { ByteLine } from '../../../src/proxy/telemetry/byte-line';
import { keptMember } from '../../../src/proxy/telemetry/kept-pieces';
import { milliseconds } from '../../../src/proxy/telemetry/log-columns';

/** One line for all, as it is used. */
const line = new ByteLine();

function written(write: () => void): string {
  line.restart();
  write();
  return line.toString();
}

test('a whole number has its digits', () => {
  for (const value of [0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 1e9, 3e9, 1_764_556_556_123_456, 2 ** 53 - 1, 1e19, -1, -(2 ** 40)]) {
    expect(written(() => line.integer(value))).toBe(String(value));
  }
  fc.assert(fc.property(fc.maxSafeNat(), (value) => { expect(written(() => line.integer(value))).toBe(String(value)); }));
});

test('a number has up to three decimals, and no zeros behind them', () => {
  for (const value of [0, 0.0004, 0.0005, 0.001, 0.01, 0.1, 1.5, 12.3456, 999.9996, 2_147_483.647, 2_147_483.648, 1e9, -0.25]) {
    expect(written(() => line.thousandths(value))).toBe(String(milliseconds(value)));
  }
  fc.assert(fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (value) => {
    expect(written(() => line.thousandths(value))).toBe(String(milliseconds(value)));
  }));
});

test('any bytes are quoted as JSON has their characters', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 300 }), (bytes, first) => {
    const source = Buffer.from(bytes);
    const start = Math.min(first, source.length);
    const text = written(() => {
      line.byte(0x5b);
      line.quoted(source, start, source.length);
      line.byte(0x5d);
    });
    expect(JSON.parse(text)).toEqual([source.toString('latin1', start)]);
  }));
});

test('texts and pieces of any length come one behind the other', () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 3_000 }), { maxLength: 5 }), (texts) => {
    const kept = keptMember(',"x":');
    expect(written(() => {
      for (const text of texts) {
        line.text(text);
        line.piece(Buffer.from(text));
        kept.write(line, text);
        kept.write(line, undefined);
      }
    })).toBe(texts.map((text) => `${text}${text},"x":${JSON.stringify(text)}`).join(''));
  }));
});

test('whatever is written goes into new memory when the old one is full', () => {
  const id = Buffer.from('0123456789abcdef');
  for (let length = 1_000; length <= 1_030; length += 1) {
    for (const [write, text] of [
      [(grown: ByteLine) => grown.byte(0x2c), ','],
      [(grown: ByteLine) => grown.integer(12_345), '12345'],
      [(grown: ByteLine) => grown.thousandths(1.5), '1.5'],
      [(grown: ByteLine) => grown.quoted(id, 0, 4), '"0123"'],
      [(grown: ByteLine) => grown.piece(id), String(id)],
      [(grown: ByteLine) => grown.text('\u20ac'), '\u20ac'],
    ] as const) {
      const grown = new ByteLine();
      grown.piece(Buffer.alloc(length, 'x'));
      write(grown);
      expect(grown.toString()).toBe('x'.repeat(length) + text);
    }
  }
});

test('a member is right however many values there are', () => {
  const kept = keptMember('');
  for (let i = 0; i < 1_200; i += 1) expect(written(() => kept.write(line, `v${i % 700}`))).toBe(`"v${i % 700}"`);
});

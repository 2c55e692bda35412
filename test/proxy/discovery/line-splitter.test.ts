/** Cutting a byte stream into lines. */
import * as fc from 'fast-check';
import { LineSplitter } from '../../../src/proxy/discovery/line-splitter';

function split(chunks: readonly Buffer[], maxLineBytes = 1_000): { lines: string[]; accepted: boolean; pending: number } {
  const lines: string[] = [];
  const splitter = new LineSplitter(maxLineBytes, (line) => lines.push(line));
  const accepted = chunks.every((chunk) => splitter.push(chunk));
  return { lines, accepted, pending: splitter.pendingBytes };
}

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

const line = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replace(/\n/g, ' '));

test('the same lines come out wherever the stream is cut, also inside a character', () => {
  fc.assert(fc.property(fc.array(line), line, fc.array(fc.nat()), (lines, rest, places) => {
    const bytes = Buffer.from(lines.map((text) => `${text}\n`).join('') + rest, 'utf8');
    const result = split(cut(bytes, places));
    expect(result.lines).toEqual(lines.filter((text) => text !== '').map((text) => Buffer.from(text).toString()));
    expect(result.pending).toBe(Buffer.byteLength(rest));
    expect(result.accepted).toBe(true);
  }));
});

test('a line is refused exactly when it is longer than allowed, wherever the stream is cut', () => {
  fc.assert(fc.property(fc.nat({ max: 30 }), fc.nat({ max: 30 }), fc.boolean(), fc.array(fc.nat()), (first, second, ended, places) => {
    const bytes = Buffer.from(`${'a'.repeat(first)}\n${'b'.repeat(second)}${ended ? '\n' : ''}`);
    expect(split(cut(bytes, places), 20).accepted).toBe(first <= 20 && second <= 20);
  }));
});

test('what is held never grows past the limit', () => {
  const splitter = new LineSplitter(10, () => undefined);
  expect(splitter.push(Buffer.from('0123456789'))).toBe(true);
  expect(splitter.push(Buffer.from('x'))).toBe(false);
  expect(splitter.pendingBytes).toBe(10);
});

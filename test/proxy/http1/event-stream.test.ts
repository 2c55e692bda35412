import { isEventStream } from '../../../src/proxy/http1/event-stream';
import { FieldTable } from '../../../src/proxy/http1/fields';
import { bytesPerCall } from '../../support/allocation';

function ask(lines: string): () => boolean {
  const buffer = Buffer.from(`${lines}\r\n\r\n`, 'latin1');
  const fields = new FieldTable(16);
  expect(fields.scan(buffer, 0, buffer.length, 16)).toBeUndefined();
  return () => isEventStream(buffer, fields);
}

test.each([
  ['Server: a\r\nContent-Type: text/event-stream', true],
  ['Content-Type: Multipart/X-Mixed-Replace;boundary=a', true],
  ['Content-Type: application/jsonl ; charset=utf-8', true],
  ['Content-Type: text/html\r\nContent-Type: text/event-stream', false],
  ['Content-Type: text/event-streams', false],
  ['Content-Type:', false],
  ['Server: text/event-stream', false],
])('%j is a stream: %s', (lines, expected) => {
  expect(ask(lines)()).toBe(expected);
});

test.each(['Content-Type: text/html', 'Content-Type: multipart/x-mixed-replace'])('allocates nothing for %s', (lines) => {
  expect(bytesPerCall(ask(lines))).toBe(0);
});

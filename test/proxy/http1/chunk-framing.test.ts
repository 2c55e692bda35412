import fc from 'fast-check';
import { frameChunk, frameKept, keepChunk } from '../../../src/proxy/http1/serialize';

test('a kept piece is framed as any other, each time that it is sent, and leaves the pieces beside it as they are', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 5 }), (bodies) => {
    const kept = bodies.map((body) => keepChunk(Buffer.from(body)));
    for (const _ of ['sent', 'sent again']) {
      expect(kept.map((piece) => frameKept(piece))).toEqual(bodies.map((body) => frameChunk(Buffer.from(body))));
    }
    expect(kept).toEqual(bodies.map((body) => Buffer.from(body)));
  }));
});

test('a kept piece is a copy, and its framing is none', () => {
  const read = Buffer.from('first');
  const kept = keepChunk(read);
  read.fill('x');
  expect(String(frameKept(kept))).toBe('5\r\nfirst\r\n');
  expect(frameKept(kept).buffer).toBe(kept.buffer);
});

import * as fc from 'fast-check';
import { SpanBatch } from '../../../src/proxy/tracing/span-batch';

test('takes little memory for few spans', () => {
  const batch = new SpanBatch(['{', '}']);
  batch.next().piece(Buffer.alloc(700, 'x'));
  expect(batch.body().buffer.byteLength).toBeLessThanOrEqual(1_024);
});

test('spans of any length come one behind the other', () => {
  for (let length = 1_015; length <= 1_030; length += 1) {
    const batch = new SpanBatch(['{', '}']);
    batch.next().piece(Buffer.alloc(length, 'x'));
    batch.next().piece(Buffer.from('y'));
    expect(batch.body().toString()).toBe(`{${'x'.repeat(length)},y}`);
  }
});

test('its body has its envelope and its spans, however large they are and whatever it had before', () => {
  const batch = new SpanBatch(['{é[', ']}']);
  const span = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40_000 });
  fc.assert(fc.property(fc.array(span, { maxLength: 6 }), (spans) => {
    batch.restart();
    for (const [index, each] of spans.entries()) {
      batch.next().text(each);
      expect(batch.spans).toBe(index + 1);
      // A body that was made before, as for a try that failed.
      if (index === 2) batch.body();
    }
    expect(batch.body().toString()).toBe(`{é[${spans.join(',')}]}`);
  }), { numRuns: 50 });
});

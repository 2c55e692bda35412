import * as fc from 'fast-check';
import { KeptText } from '../../../src/proxy/runtime/kept-text';

test('has what was added since it was cleared, up to its limit and to the byte that ends it', () => {
  const kept = new KeptText(300);
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 250 })), fc.integer({ min: -1, max: 255 }), (pieces, until) => {
    kept.clear();
    let expected = '';
    for (const piece of pieces) {
      kept.add(piece, 0, piece.length, until);
      const end = until < 0 ? -1 : piece.indexOf(until);
      expected += Buffer.from(piece.subarray(0, Math.min(end < 0 ? piece.length : end, 300 - expected.length))).toString('latin1');
    }
    expect(kept.toString()).toBe(expected);
  }));
});

test('takes a part of what it is given', () => {
  const kept = new KeptText(10);
  kept.add(Buffer.from('GET /a?b HTTP'), 4, 8, 0x3f);
  expect(kept.toString()).toBe('/a');
});

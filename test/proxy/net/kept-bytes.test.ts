import { KeptBytes } from '../../../src/proxy/net/kept-bytes';

test('bytes are kept in their order, whatever becomes of what they came in', () => {
  const kept = new KeptBytes();
  const piece = Buffer.from('early');
  kept.add(piece);
  piece.fill(0);
  kept.add(Buffer.alloc(0));
  kept.add(Buffer.from(' bird'));
  expect(kept.take()?.toString()).toBe('early bird');
  expect(kept.take()).toBeUndefined();
  expect(kept.heldBytes).toBe(0);
});

test('many small pieces are copied a few times only, and take no more than double their size', () => {
  const kept = new KeptBytes();
  const sizes = new Set<number>();
  const piece = Buffer.from('a');
  for (let i = 0; i < 262_144; i += 1) {
    kept.add(piece);
    sizes.add(kept.heldBytes);
  }
  expect(sizes.size).toBeLessThan(16);
  expect(kept.heldBytes).toBeLessThanOrEqual(2 * 262_144);
  expect(kept.take()?.equals(Buffer.alloc(262_144, 'a'))).toBe(true);
});

import { RandomWords } from '../../../src/proxy/tracing/random-words';
import { drawId, newSpanId, textOfId } from '../../../src/proxy/tracing/trace-ids';
import { seededRandom } from '../../support/random';

const COUNT = 100_000;

test('ids do not come twice, from one source or from two', () => {
  const ids = new Set<string>();
  for (const seed of [1, 2]) {
    const words = new RandomWords(seededRandom(seed));
    const id = newSpanId();
    for (let i = 0; i < COUNT; i += 1) {
      drawId(id, words);
      ids.add(textOfId(id));
    }
  }
  expect(ids.size).toBe(2 * COUNT);
});

test('each bit is set in half of the words, whatever the state begins with', () => {
  for (const random of [seededRandom(3), () => 0, () => 1 - 2 ** -53]) {
    const words = new RandomWords(random);
    const set = new Array<number>(32).fill(0);
    for (let i = 0; i < COUNT; i += 1) {
      const word = words.next();
      for (let bit = 0; bit < 32; bit += 1) set[bit]! += (word >>> bit) & 1;
    }
    for (const count of set) expect(Math.abs(count / COUNT - 0.5)).toBeLessThan(0.01);
  }
});

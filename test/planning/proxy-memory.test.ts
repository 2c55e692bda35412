import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultProxyMemory, explainProxyMemory, leastProxyMemoryMib, nodeOptions, proxyHeap, proxyProcesses } from '../../src/planning/proxy-memory';

const workers = fc.integer({ min: 1, max: 64 });
const limits = fc.integer({ min: 0, max: 65_536 });
/** Everything that a process may put into its heap. */
const heapMib = ({ oldSpaceMib, semiSpaceMib }: { oldSpaceMib: number; semiSpaceMib: number }) => oldSpaceMib + 3 * semiSpaceMib;

describe('the heap of a sidecar', () => {
  test('is as in the image, for the default limit and one process', () => {
    const dockerfile = readFileSync(join(__dirname, '..', '..', 'image', 'Dockerfile'), 'utf8');
    const { limitMib } = defaultProxyMemory(1);
    expect(limitMib).toBe(128);
    expect(dockerfile).toContain(`\nENV NODE_OPTIONS="${nodeOptions(proxyHeap(limitMib, 1)!)}"\n`);
  });

  test.each([
    ['twice the limit, more than twice the heap, as the code is there once', 256, 1, { oldSpaceMib: 160, semiSpaceMib: 4 }],
    ['a gibibyte, and a larger young generation', 1_024, 1, { oldSpaceMib: 739, semiSpaceMib: 16 }],
    ['16 GiB, and V8\'s own largest young generation', 16_384, 1, { oldSpaceMib: 13_027, semiSpaceMib: 16 }],
    ['three processes for two workers', 304, 2, { oldSpaceMib: 64, semiSpaceMib: 2 }],
    ['the least that works', 74, 1, { oldSpaceMib: 24, semiSpaceMib: 1 }],
  ])('of %s', (_, limitMib, count, heap) => {
    expect(proxyHeap(limitMib, count)).toEqual(heap);
  });

  test('of a process is the same for any number of workers with the default memory', () => {
    fc.assert(fc.property(workers, (count) => {
      expect(proxyHeap(defaultProxyMemory(count).limitMib, count)).toEqual({ oldSpaceMib: 64, semiSpaceMib: 2 });
    }));
  });

  test('leaves the code and a fifth of the rest to other things, over all processes', () => {
    fc.assert(fc.property(limits, workers, (limitMib, count) => {
      const heap = proxyHeap(limitMib, count);
      fc.pre(heap !== undefined);
      expect(proxyProcesses(count) * heapMib(heap)).toBeLessThanOrEqual((limitMib - 40) * 0.8);
    }));
  });

  test('has a young generation of at most a tenth, of semi-spaces that are powers of two', () => {
    fc.assert(fc.property(limits, workers, (limitMib, count) => {
      const heap = proxyHeap(limitMib, count);
      fc.pre(heap !== undefined);
      expect([1, 2, 4, 8, 16]).toContain(heap.semiSpaceMib);
      expect(heap.semiSpaceMib === 1 || 3 * heap.semiSpaceMib <= heapMib(heap) / 10).toBe(true);
    }));
  });

  test('never shrinks when the limit grows', () => {
    fc.assert(fc.property(limits, workers, (limitMib, count) => {
      const [heap, more] = [proxyHeap(limitMib, count), proxyHeap(limitMib + 1, count)];
      expect(more ? heapMib(more) : 0).toBeGreaterThanOrEqual(heap ? heapMib(heap) : 0);
    }));
  });

  test('is refused below the smallest limit, and at no limit above it', () => {
    fc.assert(fc.property(workers, fc.nat(10_000), (count, more) => {
      const least = leastProxyMemoryMib(count);
      expect(proxyHeap(least - 1, count)).toBeUndefined();
      expect(proxyHeap(least + more, count)).toBeDefined();
    }));
  });

  test('that is too small is explained by its arithmetic', () => {
    expect(explainProxyMemory(64, 1)).toBe('40Mi of it is code, the process has 24Mi, 4/5 of that is 19Mi of heap, and it needs 27Mi');
    expect(explainProxyMemory(128, 4)).toBe('40Mi of it is code, each of 5 processes (4 workers and one that watches) has 17Mi, 4/5 of that is 14Mi of heap, and it needs 27Mi');
    expect(explainProxyMemory(32, 1)).toContain('the process has 0Mi');
  });
});

describe('the memory of a sidecar that nobody chose', () => {
  test('is what one process needs, and for more workers as much again for each process but the code', () => {
    expect([1, 2, 4].map(defaultProxyMemory)).toEqual([
      { requestMib: 64, limitMib: 128 }, { requestMib: 112, limitMib: 304 }, { requestMib: 160, limitMib: 480 },
    ]);
  });
});

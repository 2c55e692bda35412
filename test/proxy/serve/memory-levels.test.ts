import fc from 'fast-check';
import { defaultProxyMemory, proxyProcesses } from '../../../src/planning/proxy-memory';
import { MemoryLevel, MemoryLevels, shareOfMemory } from '../../../src/proxy/serve/memory/memory-levels';

const MIB = 1_048_576;
const levels = new MemoryLevels(128 * MIB);
const at = (mib: number, before: MemoryLevel): MemoryLevel => levels.next(before, mib * MIB);

describe('the share of a process', () => {
  test('is all of the container\'s memory, given one process', () => {
    expect(shareOfMemory(128 * MIB, 1)).toBe(128 * MIB);
  });

  test('is the code and as much beside it as each of the others has, given workers', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 64 }), (workers) => {
      // The code is in each share and in the container's memory once.
      const { limitMib } = defaultProxyMemory(workers);
      const each = shareOfMemory(limitMib * MIB, workers) / MIB - 40;
      expect(40 + each * proxyProcesses(workers)).toBeCloseTo(limitMib);
      expect(each).toBeCloseTo(88);
    }));
  });
});

describe('levels of 128 MiB', () => {
  test.each([
    ['calm, given an idle proxy', 51, MemoryLevel.CALM],
    ['calm, given a thousand connections', 82, MemoryLevel.CALM],
    ['shrinking', 85, MemoryLevel.SHRINKING],
    ['strained', 98, MemoryLevel.STRAINED],
    ['critical', 109, MemoryLevel.CRITICAL],
    ['critical above the limit', 200, MemoryLevel.CRITICAL],
  ])('%s', (_, mib, level) => {
    expect(at(mib, MemoryLevel.CALM)).toBe(level);
  });

  test('a level is left only some way below its threshold', () => {
    expect(at(95, MemoryLevel.STRAINED)).toBe(MemoryLevel.STRAINED);
    expect(at(93, MemoryLevel.STRAINED)).toBe(MemoryLevel.STRAINED);
    expect(at(92, MemoryLevel.STRAINED)).toBe(MemoryLevel.SHRINKING);
    expect(at(79, MemoryLevel.CRITICAL)).toBe(MemoryLevel.CALM);
  });

  test('when the excess is gone, so is the level', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 200 * MIB }), fc.constantFrom(MemoryLevel.STRAINED, MemoryLevel.CRITICAL), (used, level) => {
      fc.pre(levels.next(MemoryLevel.CALM, used) >= level);
      expect(levels.next(level, used - levels.excess(level, used))).toBeLessThan(level);
    }));
  });

  test('more memory never makes a lower level', () => {
    const level = fc.integer({ min: MemoryLevel.CALM, max: MemoryLevel.CRITICAL });
    fc.assert(fc.property(level, fc.integer({ min: 0, max: 200 * MIB }), fc.integer({ min: 0, max: 50 * MIB }), (before, used, more) => {
      expect(levels.next(before, used + more)).toBeGreaterThanOrEqual(levels.next(before, used));
    }));
  });
});

test('a limit that is less than the code is always critical, and not an error', () => {
  expect(new MemoryLevels(shareOfMemory(10 * MIB, 1)).next(MemoryLevel.CALM, 50 * MIB)).toBe(MemoryLevel.CRITICAL);
});

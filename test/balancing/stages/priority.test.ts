import fc from 'fast-check';
import { byPriority, levelLoads } from '../../../src/balancing/stages/priority';
import { SinglePicker } from '../../../src/balancing/policies/single-picker';
import { endpoints, seededRandom, runtime, tally, TestEndpoint } from '../support';

const CONFIG = { overprovisioningPercent: 140, panicPercent: 50 };
const levels = (...healthy: number[]) => healthy.map((available) => ({ available, all: 100 }));
const loadsOf = (...healthy: number[]) => levelLoads(levels(...healthy), CONFIG).map(({ load }) => load);
const panicsOf = (...healthy: number[]) => levelLoads(levels(...healthy), CONFIG).map(({ panic }) => panic);

describe('the load of priority levels', () => {
  it.each([
    [[100, 100], [100, 0]],
    [[72, 100], [100, 0]],
    [[71, 100], [99, 1]],
    [[50, 100], [70, 30]],
    [[25, 100], [35, 65]],
    [[0, 100], [0, 100]],
    [[25, 25], [50, 50]],
    [[25, 25, 100], [35, 35, 30]],
    [[25, 25, 20], [37, 35, 28]],
  ])('with %j percent available is %j, as in Envoy', (healthy, loads) => {
    expect(loadsOf(...healthy)).toEqual(loads);
  });

  it('is in panic where fewer than half are available, and only when all levels together can\'t take everything', () => {
    expect(panicsOf(25, 25)).toEqual([true, true]);
    expect(panicsOf(25, 100)).toEqual([false, false]);
    expect(panicsOf(60, 5)).toEqual([false, true]);
    expect(panicsOf(49)).toEqual([true]);
    expect(panicsOf(50)).toEqual([false]);
  });

  it('goes to the first level, all of it, when nothing is available, unless panic is off', () => {
    expect(levelLoads(levels(0, 0), CONFIG)).toEqual([{ load: 100, panic: true }, { load: 0, panic: true }]);
    expect(levelLoads(levels(0, 0), { ...CONFIG, panicPercent: 0 })).toEqual([{ load: 0, panic: false }, { load: 0, panic: false }]);
    expect(levelLoads([{ available: 0, all: 0 }, { available: 0, all: 3 }], CONFIG).map(({ load }) => load)).toEqual([0, 100]);
  });

  it('sums up to 100 and none goes to a level that has nothing, given any', () => {
    const level = fc.tuple(fc.nat(20), fc.nat(20)).map(([available, more]) => ({ available, all: available + more }));
    fc.assert(fc.property(fc.array(level, { minLength: 1, maxLength: 5 }), fc.integer({ min: 100, max: 300 }), (any, overprovisioningPercent) => {
      const loads = levelLoads(any, { overprovisioningPercent, panicPercent: 50 });
      const sum = loads.reduce((total, { load }) => total + load, 0);
      expect(sum).toBe(any.some(({ all }) => all > 0) ? 100 : 0);
      loads.forEach(({ load }, index) => { if (any[index].all === 0) expect(load).toBe(0); });
    }), { seed: 2 });
  });
});

describe('priority levels', () => {
  const make = (counts: readonly number[]) => counts.flatMap((count, priority) => (
    Array.from({ length: count }, (_, index) => new TestEndpoint(`p${priority}-${index}`, 1, { priority }))
  ));
  const firstOf = (list: readonly TestEndpoint[]) => new SinglePicker(list);
  const build = (members: readonly TestEndpoint[], isAvailable: (member: TestEndpoint) => boolean) => (
    byPriority(members, isAvailable, CONFIG, runtime(3), undefined, firstOf)
  );

  it('take their loads, by chance', () => {
    const members = make([4, 4]);
    const { picker, levels: report } = build(members, ({ key }) => !['p0-0', 'p0-1'].includes(key));
    expect(report).toMatchObject([{ priority: 0, available: 2, all: 4, load: 70 }, { priority: 1, load: 30 }]);
    const counts = tally(2, 10_000, () => picker.pick()!.facts.priority!);
    expect(counts[0] / 10_000).toBeCloseTo(0.7, 1);
  });

  it('keep a hash at its level, in the same proportion', () => {
    const { picker } = build(make([4, 4]), ({ key }) => !['p0-0', 'p0-1'].includes(key));
    const random = seededRandom(8);
    const counts = tally(2, 10_000, () => {
      const request = { hash: Math.floor(random() * 2 ** 32) };
      const level = picker.pick(request)!.facts.priority!;
      expect(picker.pick(request)!.facts.priority).toBe(level);
      return level;
    });
    expect(counts[0] / 10_000).toBeCloseTo(0.7, 1);
  });

  it('use available endpoints only, and all in panic', () => {
    const ok = build(make([4]), ({ key }) => key !== 'p0-0');
    expect(ok.used.map(({ key }) => key)).toEqual(['p0-1', 'p0-2', 'p0-3']);
    const panicking = build(make([4]), ({ key }) => key === 'p0-3');
    expect(panicking.used).toHaveLength(4);
  });

  it('are one when there is no priority, and none when there is nothing', () => {
    expect(build(endpoints(1, 1), () => true).levels).toHaveLength(1);
    expect(build([], () => true).picker.pick()).toBeUndefined();
  });
});

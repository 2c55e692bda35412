import fc from 'fast-check';
import { createPicker } from '../../../src/balancing';
import { EarliestDeadline } from '../../../src/balancing/tables/earliest-deadline';
import { SmoothSchedule } from '../../../src/balancing/tables/smooth-schedule';
import { MAX_SCHEDULE_STEPS, weightedSequence, wholeWeights } from '../../../src/balancing/tables/weighted-sequence';
import { describeContract, NOT_BY_HASH } from '../contract';
import { endpoints, scripted, tally } from '../support';

const sum = (weights: readonly number[]): number => weights.reduce((total, weight) => total + weight, 0);

/** nginx's algorithm to the letter: each gains its weight, the one that has most is taken and pays what all gained; the first of equals. */
function smoothOrder(weights: readonly number[], picks: number): string {
  const current = weights.map(() => 0);
  return Array.from({ length: picks }, () => {
    weights.forEach((weight, index) => { current[index] += weight; });
    const best = current.indexOf(Math.max(...current));
    current[best] -= sum(weights);
    return String.fromCharCode(97 + best);
  }).join('');
}

describe('weighted round robin', () => {
  describeContract({ type: 'weightedRoundRobin' }, { shareTolerance: 0.002, movement: NOT_BY_HASH });

  const order = (weights: number[], picks: number, start = 0): string => {
    const picker = createPicker(endpoints(...weights), { type: 'weightedRoundRobin' }, scripted(start));
    return Array.from({ length: picks }, () => picker.pick()!.key).join('');
  };

  it('follows nginx\'s smooth order', () => {
    expect(order([5, 1, 1], 14)).toBe('aabacaaaabacaa');
    expect(order([3, 2, 1], 12)).toBe('abacbaabacba');
  });

  it('follows it exactly, given any weights', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }), (weights) => {
      const picks = 2 * sum(weights);
      expect(order(weights, picks)).toBe(smoothOrder(weights, picks));
    }), { numRuns: 200, seed: 6 });
  });

  it('has the order of the weights\' smallest whole proportion', () => {
    expect(order([500, 100, 100], 7)).toBe('aabacaa');
    expect(order([2.5, 0.5, 0.5], 7)).toBe('aabacaa');
  });

  it('is round robin, given equal weights', () => {
    expect(order([7, 7, 7], 6)).toBe('abcabc');
  });

  it('begins anywhere in the period, as chance says', () => {
    expect(order([5, 1, 1], 7, 3 / 7)).toBe('acaaaab');
  });
});

describe('a weighted sequence', () => {
  it('is worked out in advance while that is cheap, and has deadlines above', () => {
    const at = Math.floor(MAX_SCHEDULE_STEPS / 2) - 1;
    expect(weightedSequence([at, 1], () => 0)).toBeInstanceOf(SmoothSchedule);
    expect(weightedSequence([at + 1, 1], () => 0)).toBeInstanceOf(EarliestDeadline);
    expect(weightedSequence([10 * at, 10], () => 0)).toBeInstanceOf(SmoothSchedule);
  });

  it('rounds weights that are not whole to 1/65535 of the heaviest, and none to nothing', () => {
    expect(wholeWeights([1, 0.5])).toEqual([65_535, 32_768]);
    expect(wholeWeights([1.5, 1e-9])).toEqual([65_535, 1]);
    expect(wholeWeights([12, 18, 6])).toEqual([2, 3, 1]);
  });

  describe.each([
    ['smooth schedule', (weights: number[], start: number) => new SmoothSchedule(weights, sum(weights), start)],
    ['earliest deadline first', (weights: number[], start: number) => new EarliestDeadline(weights, start)],
  ])('as %s', (_, build) => {
    const weightsOf = (max: number) => fc.array(fc.integer({ min: 1, max }), { minLength: 1, maxLength: 12 });
    const start = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

    it('gives each index exactly its weight in every period, from any start', () => {
      fc.assert(fc.property(weightsOf(30), start, fc.nat(100), (weights, from, skipped) => {
        const sequence = build(weights, from);
        for (let turn = 0; turn < skipped; turn++) sequence.next();
        for (let period = 0; period < 3; period++) {
          expect(tally(weights.length, sum(weights), () => sequence.next())).toEqual(weights);
        }
      }), { numRuns: 200, seed: 1 });
    });

    it('repeats itself after a period', () => {
      fc.assert(fc.property(weightsOf(30), start, (weights, from) => {
        const sequence = build(weights, from);
        const period = () => Array.from({ length: sum(weights) }, () => sequence.next());
        expect(period()).toEqual(period());
      }), { numRuns: 100, seed: 2 });
    });

    it('keeps each index near its share within the period, too', () => {
      fc.assert(fc.property(weightsOf(30), (weights) => {
        const sequence = build(weights, 0);
        const counts = weights.map(() => 0);
        for (let turn = 1; turn <= sum(weights); turn++) {
          counts[sequence.next()]++;
          counts.forEach((count, index) => {
            expect(Math.abs(count - (turn * weights[index]) / sum(weights))).toBeLessThan(weights.length / 2 + 1);
          });
        }
      }), { numRuns: 100, seed: 3 });
    });

    it('has no bursts: a heavy index never waits for long', () => {
      const sequence = build([50, 7, 7, 7, 7, 7, 7, 7, 1], 0);
      let waited = 0;
      for (let turn = 0; turn < 200; turn++) {
        waited = sequence.next() === 0 ? 0 : waited + 1;
        expect(waited).toBeLessThanOrEqual(3);
      }
    });
  });
});

describe('earliest deadline first', () => {
  it('holds exact shares over a long period', () => {
    const weights = [65_535, 1, 40_000, 123, 9_999];
    const sequence = new EarliestDeadline(weights, 0.37);
    expect(tally(weights.length, sum(weights), () => sequence.next())).toEqual(weights);
    expect(tally(weights.length, sum(weights), () => sequence.next())).toEqual(weights);
  });

  it('begins at each index about as often as its weight says, over many instances', () => {
    const weights = [4, 3, 2, 1];
    const first = tally(4, 1_000, ((instance) => () => new EarliestDeadline(weights, instance++ / 1_000).next())(0));
    first.forEach((count, index) => expect(Math.abs(count / 1_000 - weights[index] / 10)).toBeLessThan(0.15));
  });
});

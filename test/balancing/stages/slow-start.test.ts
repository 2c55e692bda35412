import fc from 'fast-check';
import { slowStartFactor, slowStartStepMs } from '../../../src/balancing/stages/slow-start';

const config = (aggression = 1, minimumPercent = 10) => ({ windowMs: 60_000, aggression, minimumPercent });

describe('slow start', () => {
  it.each([
    [1, 3, 0.1], [1, 15, 0.25], [1, 30, 0.5],
    [2, 15, 0.5], [2, 30, 0.707],
    [0.5, 30, 0.25],
  ])('with aggression %d after %i of 60 seconds leaves %d of the weight, as in Envoy', (aggression, seconds, factor) => {
    expect(slowStartFactor(1_000, 1_000 + seconds * 1_000, config(aggression))).toBeCloseTo(factor, 3);
  });

  it('begins with the minimum and counts the first second as one', () => {
    expect(slowStartFactor(0, 0, config())).toBe(0.1);
    expect(slowStartFactor(0, 0, { windowMs: 4_000, aggression: 1, minimumPercent: 1 })).toBe(0.25);
  });

  it('leaves the weight alone after the window and for endpoints that were always there', () => {
    expect(slowStartFactor(0, 60_000, config())).toBe(1);
    expect(slowStartFactor(undefined, 1, config())).toBe(1);
  });

  it('never shrinks with age and stays within the minimum and 1, given any configuration', () => {
    const aggressions = fc.double({ min: 0.1, max: 10, noNaN: true });
    fc.assert(fc.property(
      aggressions, fc.integer({ min: 1, max: 100 }), fc.nat(70_000), fc.nat(10_000), (aggression, minimum, age, more) => {
        const [young, old] = [age, age + more].map((now) => slowStartFactor(0, now, config(aggression, minimum)));
        expect(young).toBeGreaterThanOrEqual(minimum / 100);
        expect(old).toBeGreaterThanOrEqual(young);
        expect(old).toBeLessThanOrEqual(1);
      }), { seed: 1 });
  });

  it('is computed in fifty steps, between a tenth of a second and one, as long as an endpoint is in its window', () => {
    const fresh = [{ since: 0 }, {}];
    expect(slowStartStepMs(fresh, 10, { ...config(), windowMs: 20_000 })).toBe(400);
    expect(slowStartStepMs(fresh, 10, { ...config(), windowMs: 600_000 })).toBe(1_000);
    expect(slowStartStepMs(fresh, 10, { ...config(), windowMs: 1_000 })).toBe(100);
    expect(slowStartStepMs(fresh, 60_000, config())).toBeUndefined();
    expect(slowStartStepMs([{}], 10, config())).toBeUndefined();
  });
});

import fc from 'fast-check';
import { drawLatency, parseLatency, parseRate } from '../../../src/cli/stand-in/behaviour';

describe('parseLatency', () => {
  test.each([
    ['20ms', { type: 'fixed', ms: 20 }],
    ['1.5s', { type: 'fixed', ms: 1500 }],
    ['10ms..40ms', { type: 'uniform', fromMs: 10, toMs: 40 }],
    ['~20ms', { type: 'exponential', meanMs: 20 }],
  ])('reads %s', (text, latency) => {
    expect(parseLatency(text)).toEqual(latency);
  });

  test.each(['', '5', '5min', '-5ms', 'ms', '1ms..2ms..3ms', '..5ms', '~', '5 ms'])('refuses %j, saying what can be written', (text) => {
    expect(() => parseLatency(text)).toThrow(`'${text}' is not a latency; write 20ms`);
  });

  test('refuses a range that begins above its end', () => {
    expect(() => parseLatency('40ms..10ms')).toThrow("the latency '40ms..10ms' begins above its end; write 10ms..40ms");
  });

  test('refuses more than an hour', () => {
    expect(() => parseLatency('3601s')).toThrow('longer than an hour');
  });
});

describe('parseRate', () => {
  test.each([['1%', 0.01], ['0.5%', 0.005], ['0.01', 0.01], ['0', 0], ['100%', 1], ['1', 1]])('reads %s', (text, rate) => {
    expect(parseRate(text)).toBeCloseTo(rate, 12);
  });

  test.each(['', '101%', '2', '-1%', 'x', '%', '1 %'])('refuses %j', (text) => {
    expect(() => parseRate(text)).toThrow(`the failure rate '${text}' is not a share`);
  });
});

describe('drawLatency', () => {
  test('a fixed one is always the same', () => {
    expect(drawLatency({ type: 'fixed', ms: 20 }, () => 0.7)).toBe(20);
  });

  test('a uniform one stays in its range', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      const ms = drawLatency({ type: 'uniform', fromMs: 10, toMs: 40 }, () => random);
      expect(ms).toBeGreaterThanOrEqual(10);
      expect(ms).toBeLessThanOrEqual(40);
    }));
  });

  test('an exponential one has its mean', () => {
    const draws = 10_000;
    let sum = 0;
    // The quantiles themselves instead of chance: the sum is then an integral.
    for (let index = 0; index < draws; index++) sum += drawLatency({ type: 'exponential', meanMs: 20 }, () => (index + 0.5) / draws);
    expect(sum / draws).toBeCloseTo(20, 1);
  });
});

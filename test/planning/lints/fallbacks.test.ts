/** The arithmetic of rules about fallbacks, against what the balancer does. */
import fc from 'fast-check';
import { levelLoads } from '../../../src/balancing/stages/priority';
import { meshOf, pair, saidBy } from './mesh';

const endpoints = fc.integer({ min: 1, max: 60 });
const percent = fc.integer({ min: 1, max: 100 });
const overprovisioning = fc.integer({ min: 100, max: 1_000 });

test('GIVEN any cluster with a fallback, the endpoints that are told to be too few are the most with which it panics', () => {
  fc.assert(fc.property(endpoints, percent, overprovisioning, (all, panicPercent, overprovisioningPercent) => {
    const failover = { panicPercent, overprovisioningPercent };
    const [said] = saidBy('fallback-panic', pair({ cluster: { failover }, fallback: ['spare'] }, { pods: all }));
    const panics = Array.from({ length: all }, (_, index) => index + 1).filter((available) => levelLoads([{ available, all }], failover)[0]!.panic);
    expect(said === undefined ? [] : [Number(/with (\d+) of/.exec(said)![1])]).toEqual(panics.slice(-1));
  }));
});

test('GIVEN any list of addresses that nobody checks, the part that is told to stay does', () => {
  fc.assert(fc.property(endpoints, percent, overprovisioning, (all, maxEjectedPercent, overprovisioningPercent) => {
    const [said] = saidBy('fallback-reach', meshOf({
      web: {
        calls: {
          bank: {
            route: { fallback: [{ split: [{ cluster: 'shop/spare-v1', weight: 1 }], overprovisioningPercent }] },
            cluster: {
              discovery: { type: 'static', endpoints: Array.from({ length: all }, (_, index) => ({ address: `10.0.0.${index}`, port: 80 })) },
              outlierDetection: { maxEjectedPercent }, failover: { panicPercent: 0 },
            },
            fallback: ['spare'],
          },
        },
      },
    }));
    const [, left, stays] = /leaves (\d+) of .* = (\d+) %/.exec(said!)!;
    const levels = [{ available: Number(left), all, overprovisioningPercent }, { available: 1, all: 1 }];
    expect(levelLoads(levels, { overprovisioningPercent: 100, panicPercent: 0 })[0]!.load).toBe(Number(stays));
  }));
});

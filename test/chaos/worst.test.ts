/** What of several runs is published. */
import type { Result } from './run';
import { worstOf } from './worst';

function result(more: Partial<Result>): Result {
  return {
    scenario: 'endpoint-kill', subject: 'cdk8s-mesh', seed: 1, requests: 2_000, failedIdempotent: 0, failedOthers: 1, twice: 0, recoveredMs: 0,
    p99BeforeMs: 10, p99AfterMs: 12, peakMemory: 64, notes: [], broken: [], ...more,
  };
}

test('each column has its worst number, whichever seed it is from, and requests are added up', () => {
  const rows = worstOf([
    result({ failedIdempotent: 3, p99BeforeMs: 30 }),
    result({ seed: 2, recoveredMs: Infinity, twice: 1, peakMemory: 70, broken: ['a bar: how'] }),
    result({ seed: 3, failedOthers: 5, p99AfterMs: 90, recoveredMs: 500 }),
  ]);
  expect(rows).toEqual([{
    scenario: 'endpoint-kill', subject: 'cdk8s-mesh', requests: 6_000, failedIdempotent: 3, failedOthers: 5, twice: 1, recoveredMs: Infinity,
    p99BeforeMs: 30, p99AfterMs: 90, peakMemory: 70, brokenSeeds: [2],
  }]);
});

test('scenarios and subjects have rows of their own, in the order of the runs', () => {
  const rows = worstOf([result({}), result({ subject: 'Envoy' }), result({ seed: 2 }), result({ scenario: 'flapping' })]);
  expect(rows.map(({ scenario, subject, requests }) => [scenario, subject, requests])).toEqual([
    ['endpoint-kill', 'cdk8s-mesh', 4_000], ['endpoint-kill', 'Envoy', 2_000], ['flapping', 'cdk8s-mesh', 2_000],
  ]);
});

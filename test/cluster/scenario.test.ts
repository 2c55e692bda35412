import type { LoadResult } from './load';
import { pageOf, tableOf } from './report';
import { equal, judge, Scenario } from './scenario';

const LOAD: LoadResult = { sent: 100, failed: 0, passedBy: 0, byPod: {}, failures: [], longestOutageMs: 0, p50: 1, p99: 2 };
const SCENARIO: Scenario = { name: 'rollout', does: 'pods are replaced', meshed: true, run: () => Promise.reject(new Error('not run')) };

describe('a scenario of the cluster suite', () => {
  test('holds when nothing failed', () => {
    expect(judge(SCENARIO, { loads: [LOAD], checks: [equal('answer', 1, 1)] }, 1).broken).toEqual([]);
  });

  test('is broken by one failed request, which it names', () => {
    const { broken } = judge(SCENARIO, { loads: [LOAD, { ...LOAD, failed: 1, failures: ['12 ms: 503'] }], checks: [] }, 1);
    expect(broken).toEqual(['1 requests failed, at most 0 may; the first: 12 ms: 503']);
  });

  test('is broken by requests that passed the sidecar by, where there is one', () => {
    const outcome = { loads: [{ ...LOAD, passedBy: 3 }], checks: [] };
    expect(judge(SCENARIO, outcome, 1).broken).toEqual(['3 requests passed the sidecar by']);
    expect(judge({ ...SCENARIO, meshed: false }, outcome, 1).broken).toEqual([]);
  });

  test('is broken by an outage that is longer than it may be', () => {
    const scenario = { ...SCENARIO, maxFailed: Infinity, maxOutageMs: 1_000 };
    const { broken } = judge(scenario, { loads: [{ ...LOAD, failed: 9, longestOutageMs: 1_200 }], checks: [] }, 1);
    expect(broken).toEqual(['no request was answered for 1200 ms, at most 1000 ms may pass']);
  });

  test('is broken by a check that does not hold, and the report says so', () => {
    const result = judge(SCENARIO, { loads: [], checks: [equal('requests that the Job got', 7, 0)] }, 65);
    expect(tableOf([result])).toContain('1 broken');
    expect(pageOf({ results: [result], cluster: 'v1.33.5, 2 nodes' })).toContain('- `rollout`: requests that the Job got: is 7, must be 0');
  });
});

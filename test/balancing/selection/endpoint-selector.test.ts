/** What stands around the balancer: limits, the request that a probing endpoint gets, the choice for a retry, and when pickers are built. */
import fc from 'fast-check';
import { ClusterEndpoint, EndpointSelector, EndpointStats, PickRequest, SelectorConfig } from '../../../src/balancing';
import { withBalancingDefaults } from '../../../src/contract';
import { FakeClock } from '../../support/fake-clock';
import { seededRandom } from '../support';

class Pod extends ClusterEndpoint {
  constructor(name: string, stats: EndpointStats) {
    super(name, stats, { weight: 1 }, 'ready', undefined);
  }
}

interface Setup {
  readonly selector: EndpointSelector<Pod>;
  readonly pods: Pod[];
  readonly clock: FakeClock;
  readonly events: string[];
  readonly claimed: string[];
}

const FIRST: PickRequest = { hash: undefined, attempt: 0 };
const RETRY: PickRequest = { hash: undefined, attempt: 1 };

function setUp(count: number, options: Partial<SelectorConfig> = {}, claims = true): Setup {
  const clock = new FakeClock();
  const random = seededRandom(7);
  const events: string[] = [];
  const claimed: string[] = [];
  const config = { ...withBalancingDefaults({ loadBalancing: { type: 'roundRobin' } }), maxRequests: 0, maxRequestsPerEndpoint: 0, ...options };
  const scheduler = { random, now: () => clock.now(), after: (ms: number, task: () => void) => clock.after(ms, task) };
  const claim = (pod: Pod): boolean => claims && claimed.push(pod.key) > 0;
  const selector = new EndpointSelector<Pod>(config, scheduler, { identity: 'web-1' }, { claim }, {
    onLimit: (limit) => events.push(limit),
    onChange: () => events.push('change'),
    onRenewed: () => undefined,
  });
  const pods = Array.from({ length: count }, (_, index) => new Pod(String.fromCharCode(97 + index), new EndpointStats(selector.clusterStats)));
  selector.update(pods);
  events.length = 0;
  return { selector, pods, clock, events, claimed };
}

const chosen = ({ selector }: Setup, times: number): Set<string | undefined> =>
  new Set(Array.from({ length: times }, () => selector.pick(FIRST)?.key));

test('draining endpoints are used when none is ready, and those that fail only in panic', () => {
  const setup = setUp(2);
  const [a, b] = setup.pods as [Pod, Pod];
  a.presence = 'draining';
  setup.selector.update(setup.pods);
  expect(chosen(setup, 10)).toEqual(new Set(['b']));
  b.complaint = 'it answered 500';
  setup.selector.update(setup.pods);
  expect([setup.selector.available, setup.selector.usable]).toEqual([false, true]);
  expect(chosen(setup, 10)).toEqual(new Set(['b']));
  b.presence = 'draining';
  setup.selector.update(setup.pods);
  expect(chosen(setup, 10)).toEqual(new Set(['a', 'b']));
  setup.selector.update([]);
  expect([setup.selector.usable, setup.selector.pick(FIRST), setup.selector.whyNone()]).toEqual([false, undefined, 'no_endpoints']);
});

test('without panic, endpoints that fail get nothing', () => {
  const setup = setUp(1, { failover: { overprovisioningPercent: 140, panicPercent: 0 } });
  setup.pods[0]!.complaint = 'it answered 500';
  setup.selector.update(setup.pods);
  expect([setup.selector.usable, setup.selector.pick(FIRST)]).toEqual([false, undefined]);
});

test('a limit on all requests keeps any request out', () => {
  const { selector, pods, events } = setUp(2, { maxRequests: 1 });
  pods[0]!.stats.started();
  expect([selector.pick(FIRST), selector.pickOther([], RETRY), selector.takes(pods[1]!), selector.whyNone()]).toEqual([undefined, undefined, false, 'request_limit']);
  expect(events).toEqual(['maxRequests']);
});

test('a limit on the requests of an endpoint sends them to one that has room', () => {
  const setup = setUp(3, { maxRequestsPerEndpoint: 1 });
  const [a, b, c] = setup.pods as [Pod, Pod, Pod];
  a.stats.started();
  b.stats.started();
  expect(chosen(setup, 9)).toEqual(new Set(['c']));
  expect(setup.events).toContain('maxRequestsPerEndpoint');
  c.stats.started();
  expect([setup.selector.pick(FIRST), setup.selector.whyNone()]).toEqual([undefined, 'endpoint_limit']);
});

test('a probing endpoint gets the first try of a request, and no retry', () => {
  const setup = setUp(2);
  setup.pods[0]!.outlier.status = 'probing';
  setup.selector.update(setup.pods);
  for (let turn = 0; turn < 6; turn += 1) expect(setup.selector.pick(RETRY)?.key).toBe('b');
  expect(setup.claimed).toEqual([]);
  expect(chosen(setup, 2)).toEqual(new Set(['a', 'b']));
  expect(setup.claimed).toEqual(['a']);
});

test('a probing endpoint that another request probes gets a request only when it is alone', () => {
  const setup = setUp(2, {}, false);
  setup.pods[0]!.outlier.status = 'probing';
  setup.selector.update(setup.pods);
  expect(chosen(setup, 6)).toEqual(new Set(['b']));
  setup.selector.update([setup.pods[0]!]);
  expect(setup.selector.pick(FIRST)?.key).toBe('a');
});

test('states that change together cost one build of the pickers', () => {
  const { selector, pods, clock, events } = setUp(4);
  pods[0]!.outlier.status = 'ejected';
  selector.rebuildSoon();
  pods[1]!.outlier.status = 'ejected';
  selector.rebuildSoon();
  expect(events).toEqual([]);
  clock.advance(0);
  expect(events).toEqual(['change']);
  expect(new Set(Array.from({ length: 8 }, () => selector.pick(FIRST)?.key))).toEqual(new Set(['c', 'd']));
  selector.rebuildSoon();
  selector.stop();
  selector.rebuildSoon();
  clock.advance(10);
  expect(events).toEqual(['change']);
});

test('another endpoint is never one that was tried, and one that is not preferred only for want of others', () => {
  fc.assert(fc.property(
    fc.array(fc.record({ failed: fc.boolean(), tried: fc.boolean(), full: fc.boolean() }), { minLength: 1, maxLength: 8 }),
    fc.constantFrom('roundRobin' as const, 'leastRequest' as const),
    (states, type) => {
      const { selector, pods } = setUp(states.length, { maxRequestsPerEndpoint: 1, ...withBalancingDefaults({ loadBalancing: { type } }) });
      states.forEach(({ failed, full }, index) => {
        if (failed) pods[index]!.outlier.gatewayErrors = 1;
        if (full) pods[index]!.stats.started();
      });
      const possible = pods.filter((_, index) => !states[index]!.tried && !states[index]!.full);
      const preferred = possible.filter((pod) => pod.preferred);
      const other = selector.pickOther(pods.filter((_, index) => states[index]!.tried), RETRY);
      if (possible.length === 0) expect(other).toBeUndefined();
      else expect(preferred.length > 0 ? preferred : possible).toContain(other);
    },
  ));
});

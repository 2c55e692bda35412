/**
 * The simulator against reality: what it says of a configuration, and what real proxies and stand-in apps do under the same
 * one, with outlier detection and retries as they are by default. Four scenarios, each policy in turn, 750 measured requests each.
 *
 * Bounds. Shares of the answers, and failures: within 5 percentage points, over three standard deviations of a share of 750 draws. Percentiles: this
 * machine's own time comes on top of the real ones, and it may be busy, so it is their order that must agree: where the
 * simulation has one policy's p50 or p95 more than a quarter above another's, so has reality have it above.
 */
import type { Chart } from 'cdk8s';
import { MeshService, Scaling } from 'cdk8s-mesh';
import type { LoadBalancingConfig, OutlierDetectionConfig } from '../../src/contract';
import { DEFAULT_OUTLIER_DETECTION, DEFAULT_RETRY, withBalancingDefaults } from '../../src/contract';
import { flowBetween } from '../../src/cli/up/traffic/flow';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import type { MeshModel } from '../../src/cli/model/model';
import { Traffic } from '../../src/cli/up/traffic/traffic';
import { Change, LatencyHistogram, Plan, Simulation } from '../../src/simulation';
import { modelOf, startMesh } from '../support/local-mesh';

const PODS = 5;
const CALLERS = 2;
const RPS = 300;
const WARM_UP_MS = 600;
const MEASURED_MS = 2_500;
const SERVICE = { type: 'uniform', fromMs: 20, toMs: 60 } as const;
const REFUSAL_MS = 1;
const SHARE_BOUND = 0.05;
const CLEARLY = 1.25;

/** Trusts endpoints again that an earlier scenario had ejected. */
const UNWATCHED = { mode: 'off' } as const;

const POLICIES: readonly LoadBalancingConfig['type'][] = ['roundRobin', 'leastRequest', 'leastResponseTime'];

/** Which pods are other than the rest: so many times slower, though not so much that chance would have them ejected, or failing. */
interface Scenario {
  readonly name: string;
  readonly pace: readonly number[];
  readonly failing?: number;
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'steady', pace: [1, 1, 1, 1, 1] },
  { name: 'slow pod', pace: [3.5, 1, 1, 1, 1] },
  { name: 'heterogeneous', pace: [2, 2, 1, 1, 1] },
  { name: 'failing fast', pace: [1, 1, 1, 1, 1], failing: 0 },
];

interface Seen {
  /** Of the requests, those that each pod answered well. */
  readonly shares: readonly number[];
  readonly failed: number;
  readonly p50: number;
  readonly p95: number;
}

// A machine that stalls for a moment while one pod is measured makes that pod look slow for seconds.
jest.retryTimes(1);

let mesh: LocalMesh;
beforeAll(async () => {
  mesh = await startMesh(modelOf((chart: Chart) => {
    const container = { image: 'example/app:1', portNumber: 8080 };
    const catalog = new MeshService(chart, 'catalog', { containers: [container], scaling: Scaling.replicas(PODS) });
    new MeshService(chart, 'web', { containers: [container], scaling: Scaling.replicas(CALLERS) }).calls(catalog);
  }));
}, 60_000);
afterAll(() => mesh.stop());

test.each(SCENARIOS)('$name: shares, failures and the order of percentiles are those of the simulation', async (scenario) => {
  pods().forEach((pod, index) => {
    const pace = scenario.pace[index]!;
    pod.behave(index === scenario.failing
      ? { latency: { type: 'fixed', ms: REFUSAL_MS }, failureRate: 1 }
      : { latency: { type: 'uniform', fromMs: SERVICE.fromMs * pace, toMs: SERVICE.toMs * pace }, failureRate: 0 });
  });
  await usePolicy({ type: 'random' }, UNWATCHED);
  const results: { type: LoadBalancingConfig['type']; real: Seen; simulated: Seen }[] = [];
  for (const type of POLICIES) {
    await usePolicy({ type } as LoadBalancingConfig);
    await drive(WARM_UP_MS);
    results.push({ type, real: await drive(MEASURED_MS), simulated: simulate(scenario, { type } as LoadBalancingConfig) });
  }

  for (const { type, real, simulated } of results) {
    const off = [...simulated.shares.map((share, pod) => [`pod ${pod}`, share, real.shares[pod]] as const), ['failed', simulated.failed, real.failed] as const]
      .filter(([, expected, found]) => !(Math.abs(found! - expected) <= SHARE_BOUND));
    expect({ type, off }).toEqual({ type, off: [] });
  }
  for (const percentile of ['p50', 'p95'] as const) {
    for (const slower of results) {
      for (const faster of results) {
        if (slower.simulated[percentile] < CLEARLY * faster.simulated[percentile]) continue;
        const found = { slower: slower.type, faster: faster.type, percentile, holds: slower.real[percentile] > faster.real[percentile] };
        expect(found).toEqual({ ...found, holds: true });
      }
    }
  }
}, 60_000);

function pods() {
  return mesh.pods.filter(({ workload }) => workload.service === 'catalog');
}

/** Hands the callers a configuration with this policy, and waits until they have it. */
async function usePolicy(policy: LoadBalancingConfig, outlierDetection: OutlierDetectionConfig = {}): Promise<void> {
  const model: MeshModel = {
    ...mesh.model,
    workloads: mesh.model.workloads.map((workload) => {
      if (workload.service !== 'web') return workload;
      const clusters = workload.config.clusters.map((cluster) => ({ ...cluster, loadBalancing: policy, outlierDetection }));
      return { ...workload, config: { ...workload.config, clusters } };
    }),
  };
  await mesh.apply(model);
  const callers = mesh.pods.filter(({ workload }) => workload.service === 'web');
  const end = performance.now() + 5_000;
  for (const { adminAddress: { address, port } } of callers) {
    for (;;) {
      const page = await (await fetch(`http://${address}:${port}/endpoints`)).json() as { readonly clusters: readonly { readonly policy: string }[] };
      if (page.clusters.every((cluster) => cluster.policy === policy.type)) break;
      if (performance.now() > end) throw new Error(`a caller does not have ${policy.type} within 5 s`);
    }
  }
}

/** Sends requests at the rate for so long. */
async function drive(durationMs: number): Promise<Seen> {
  const latency = new LatencyHistogram();
  const answers = new Map<string | undefined, number>();
  let total = 0;
  let failed = 0;
  const traffic = new Traffic({
    flow: flowBetween(mesh, 'web', 'catalog'), rate: RPS, path: '/', durationMs,
    onOutcome({ latencyMs, lateMs, pod, failure }) {
      total++;
      if (failure === undefined) {
        answers.set(pod, (answers.get(pod) ?? 0) + 1);
        latency.record(latencyMs - lateMs);
      } else {
        failed++;
      }
    },
  });
  await traffic.finished;
  return {
    shares: pods().map(({ name }) => (answers.get(name) ?? 0) / total),
    failed: failed / total, p50: latency.percentile(0.5), p95: latency.percentile(0.95),
  };
}

/** The same, simulated; ten times as long, so that chance is reality's alone. */
function simulate(scenario: Scenario, policy: LoadBalancingConfig): Seen {
  const requests = (10 * RPS * (WARM_UP_MS + MEASURED_MS)) / 1_000;
  const plan: Plan = {
    // Stand-ins wait without working, so any number at a time.
    endpoints: scenario.pace.map((_, index) => ({ name: `pod ${index}`, weight: 1, concurrency: 10_000, serviceTime: SERVICE })),
    callers: Array.from({ length: CALLERS }, () => ({})),
    rps: RPS,
    arrivals: 'even',
    requests,
    warmUp: 0.1,
    networkMs: 0.5,
    timeoutMs: 15_000,
    connectTimeoutMs: 1_000,
    outlierDetection: DEFAULT_OUTLIER_DETECTION,
    retry: DEFAULT_RETRY,
    keys: { count: 1, exponent: 0 },
    changes: [
      ...scenario.pace.map((factor, endpoint): Change => ({ atMs: 0, type: 'pace', endpoint, factor })),
      ...(scenario.failing === undefined ? [] : [{ atMs: 0, type: 'failing', endpoint: scenario.failing, answerMs: REFUSAL_MS } as const]),
    ],
  };
  const { endpoints, latency, failed, measured } = new Simulation(plan, withBalancingDefaults({ loadBalancing: policy }), 1).run();
  return {
    shares: endpoints.map((endpoint) => (endpoint.sent - endpoint.failed) / measured),
    failed: failed / measured, p50: latency.percentile(0.5), p95: latency.percentile(0.95),
  };
}

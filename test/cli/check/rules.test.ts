/** Rules about what constructs say of admission, fallbacks and faults: found at synthesis and in the YAML that comes of it, or in neither. */
import { Chart, Duration, Testing, YamlOutputType } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AdapterRules, DisruptionBudget, Gateway, GatewayCertificate, GatewayProps,
  CallOptions, ConcurrencyLimit, Destination, ExternalAddress, ExternalEndpoints, ExternalService, ExternalServiceProps, Fallback, FaultInjection,
  HealthCheck, LoadBalancing, Mesh, MeshService, MeshServiceProps, Monitoring, OutlierDetection, RateLimit, Retry, Scaling, SessionPersistence, Slo,
} from '../../../src';
import { infoOf } from '../../../src/cli/check/info';
import { readManifests } from '../../../src/cli/model/manifests';
import { readModel } from '../../../src/cli/model/read-model';
import { grouped, lint } from '../../../src/planning/lints';

const requestsPerSecond = { catalog: 300 };
const latencyMs = { catalog: 40 };

let folder: string;
let written: jest.SpyInstance;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-rules-'));
  written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  written.mockRestore();
  rmSync(folder, { recursive: true });
});

interface Findings {
  /** Names of the rules that are broken, at synthesis and in the YAML. */
  readonly synth: string[];
  readonly yaml: string[];
  /** What is said, in both. */
  readonly texts: readonly (readonly string[])[];
}

function findings(build: (chart: Chart) => void): Findings {
  const app = Testing.app({ outdir: folder, yamlOutputType: YamlOutputType.FILE_PER_APP });
  new Mesh(app, 'mesh', { lints: { requestsPerSecond, latency: { catalog: Duration.millis(latencyMs.catalog) } } });
  build(new Chart(app, 'shop', { namespace: 'shop' }));
  app.synth();
  const said = written.mock.calls.map(([line]) => /^cdk8s-mesh: warning: ([^]*) \((\S+)\)\n$/.exec(String(line))!);
  const manifests = readManifests([folder]);
  const found = grouped(lint(infoOf(manifests, readModel(manifests, folder), {
    zones: undefined, requestsPerSecond: new Map(Object.entries(requestsPerSecond)), latencyMs: new Map(Object.entries(latencyMs)),
  })));
  return {
    synth: said.map(([, , rule]) => rule!),
    yaml: found.map(({ rule }) => rule),
    texts: [said.map(([, text]) => text!), found.map(({ where, message, remedy }) => `${where}: ${message}; ${remedy}`)],
  };
}

const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}): MeshService =>
  new MeshService(chart, name, { containers: [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }], scaling: Scaling.replicas(3), ...props });
const bank = (chart: Chart, props: Partial<ExternalServiceProps> = {}, ...more: ExternalAddress[]): ExternalService =>
  new ExternalService(chart, 'bank', { endpoints: ExternalEndpoints.addresses({ address: '10.0.0.1', port: 80 }, ...more), ...props });

type Calls = (chart: Chart, web: MeshService) => void;
type Between<T> = (chart: Chart, web: MeshService, catalog: MeshService) => T;
const calls = (catalog: Partial<MeshServiceProps>, options: Between<CallOptions> = () => ({})): Calls => (chart, web) => {
  const called = service(chart, 'catalog', catalog);
  web.calls(called, options(chart, web, called));
};
const fallBack = (spare: Between<Destination>): Between<CallOptions> => (...between) => ({ fallback: Fallback.to(spare(...between)) });
const toSpare = fallBack((chart) => service(chart, 'spare'));
const session = (chart: Chart): MeshServiceProps['sessionPersistence'] =>
  SessionPersistence.cookie('shop', { keys: kplus.Secret.fromSecretName(chart, 'Keys', 'session-keys') });
const spareThatCalls = (callee: (web: MeshService, catalog: MeshService) => MeshService | undefined) => fallBack((chart, web, catalog) => {
  const spare = service(chart, 'spare');
  const called = callee(web, catalog);
  if (called) spare.calls(called);
  return spare;
});

const gateway = (chart: Chart, web: MeshService, props: GatewayProps): void => {
  const { min } = props.scaling ?? Scaling.replicas(2);
  const edge = new Gateway(chart, 'edge', {
    tls: [GatewayCertificate.fromSecretName('shop-tls')], ...props, disruptionBudget: min === 1 ? DisruptionBudget.none() : undefined,
  });
  edge.route('shop.example.com', web);
};

/** A front of `web` and of a catalog, both of which promise something; it promises as much as either of them. */
const promised = (options: CallOptions): Calls => (chart) => {
  const made = { monitoring: Monitoring.prometheus(), slo: Slo.availability('99.9%') };
  const front = service(chart, 'front', made);
  front.calls(service(chart, 'catalog', made));
  front.calls(service(chart, 'cart', made), options);
};

/** What breaks a rule, what is said, and what is near it and doesn't. */
const CASES: Readonly<Record<string, readonly [breaks: Calls, says: string, keeps: Calls]>> = {
  'adapter-rules': [
    calls({ scaling: Scaling.between(3, 6, { requestsPerSecond: 50 }) }),
    'catalog v1: its autoscaler asks for mesh_requests_per_second, which no rules of prometheus-adapter here serve',
    (chart, web) => {
      calls({ scaling: Scaling.between(3, 6, { requestsPerSecond: 50 }) })(chart, web);
      new AdapterRules(chart, 'adapter-rules');
    },
  ],
  'slo-availability-calls': [
    promised({}),
    'front: its objective is 99.9 %, and what it has promises less: cart 99.9 % x catalog 99.9 % = 99.8001 %: 99.9 > 99.8001',
    promised({ required: false }),
  ],
  'fallback-reach': [
    (chart, web) => { web.calls(bank(chart), toSpare(chart, web, web)); },
    'web -> shop/bank: without a health check and by static discovery, outlier detection alone says what is gone, and leaves 1 of 1 endpoint',
    (chart, web) => { web.calls(bank(chart, { healthCheck: HealthCheck.tcp() }), toSpare(chart, web, web)); },
  ],
  'fallback-panic': [
    calls({ loadBalancing: LoadBalancing.roundRobin({ failover: { panicPercent: 50 } }) }, toSpare),
    'web -> catalog v1: with 1 of 3 endpoints available, which is less than panicPercent 50, all 3 are used',
    calls({}, toSpare),
  ],
  'fallback-sessions': [
    calls({}, (chart, ...more) => ({ ...toSpare(chart, ...more), sessionPersistence: session(chart) })),
    'web -> catalog: while 1 of 3 endpoints of their version is left, sessions stay there',
    calls({}, (chart) => ({ sessionPersistence: session(chart) })),
  ],
  'fallback-circle': [
    calls({}, spareThatCalls((_, catalog) => catalog)),
    'web -> catalog: \'spare\' takes over, and needs \'catalog\', which it stands in for (spare -> catalog, 1 call away)',
    calls({}, spareThatCalls(() => undefined)),
  ],
  'priority-alone': [
    calls({ loadBalancing: LoadBalancing.roundRobin({ failover: { belowPercent: 50 } }) }),
    'web -> catalog v1: overprovisioningPercent 200 divides requests between priorities',
    (chart, web) => {
      web.calls(bank(chart, { loadBalancing: LoadBalancing.roundRobin({ failover: { belowPercent: 50 } }) }, { address: '10.1.0.1', port: 80, priority: 1 }));
    },
  ],
  'rate-limit-capacity': [
    calls({ admission: { rateLimit: RateLimit.perSecond(50) } }),
    'catalog: 50 requests/s x 3 replicas = 150 requests/s let in, fewer than the 300 that are expected: 50 % of them get 429',
    calls({ admission: { rateLimit: RateLimit.perSecond(100) } }),
  ],
  'rate-limit-burst': [
    calls({ admission: { rateLimit: RateLimit.perSecond(200, { burst: 1 }) } }),
    'catalog v1: burst 1 at 100 of 200 requests/s: of requests that come by chance and not evenly, 33.33 % find no token',
    calls({ admission: { rateLimit: RateLimit.perSecond(200) } }),
  ],
  'concurrency-capacity': [
    calls({ admission: { concurrency: ConcurrencyLimit.of(3) } }),
    'catalog: 3 requests x 3 replicas = 9 requests at a time, fewer than the 300 requests/s x 40 ms = 12 that are under way: 25 % of them get 503',
    calls({ admission: { concurrency: ConcurrencyLimit.of(4) } }),
  ],
  'concurrency-connections': [
    calls({ admission: { concurrency: ConcurrencyLimit.of(20) }, appConnections: { maxConnectionsPerEndpoint: 10 } }),
    'catalog v1: 20 requests at a time are let in, over 10 connections to the app: 10 wait for one',
    calls({ admission: { concurrency: ConcurrencyLimit.of(10) }, appConnections: { maxConnectionsPerEndpoint: 10 } }),
  ],
  'connect-timeout': [
    calls({ connections: { connectTimeout: Duration.millis(300) } }, () => ({ timeout: Duration.millis(300) })),
    'web -> catalog v1: connectTimeout 300 ms >= timeout 300 ms',
    calls({}, () => ({ timeout: Duration.millis(300) })),
  ],
  'pending-timeout': [
    calls({ connections: { pendingTimeout: Duration.seconds(10) } }, () => ({ timeout: Duration.millis(300) })),
    'web -> catalog v1: pendingTimeout 10000 ms >= timeout 300 ms',
    calls({ connections: { pendingTimeout: Duration.millis(200) } }, () => ({ timeout: Duration.millis(300) })),
  ],
  'backoff-timeout': [
    calls({ retry: Retry.idempotent({ maxBackoff: Duration.millis(400) }) }, () => ({ timeout: Duration.millis(300) })),
    'web -> catalog: maxBackoff 400 ms >= timeout 300 ms',
    calls({ retry: Retry.idempotent({ maxBackoff: Duration.millis(200) }) }, () => ({ timeout: Duration.millis(300) })),
  ],
  'retry-after-timeout': [
    calls({ retry: Retry.idempotent({ maxRetryAfter: Duration.seconds(60) }) }),
    'web -> catalog: maxRetryAfter 60000 ms >= timeout 15000 ms',
    calls({ retry: Retry.idempotent({ maxRetryAfter: Duration.seconds(5) }) }),
  ],
  'hedge-timeout': [
    calls({ retry: Retry.idempotent({ hedge: { minimumDelay: Duration.seconds(1) } }) }, () => ({ timeout: Duration.millis(300) })),
    'web -> catalog: minimumDelay 1000 ms >= timeout 300 ms',
    calls({ retry: Retry.idempotent({ hedge: { minimumDelay: Duration.millis(50) } }) }, () => ({ timeout: Duration.millis(300) })),
  ],
  'gateway-replicas': [
    (chart, web) => gateway(chart, web, { scaling: Scaling.between(1, 3) }),
    'edge v1: 1 replica at the least - 1 that is replaced = 0 for clients from outside',
    (chart, web) => gateway(chart, web, { scaling: Scaling.replicas(2) }),
  ],
  'gateway-tls': [
    (chart, web) => gateway(chart, web, { tls: undefined }),
    'edge v1: clients from outside come by HTTP alone',
    (chart, web) => gateway(chart, web, { tls: undefined, forwarded: { trustedHops: 1 } }),
  ],
  'fault-injected': [
    calls({}, () => ({ faults: [FaultInjection.abort(503, { percent: 5 })] })),
    'web -> catalog: 5 % of the requests are answered with 503 by the proxy',
    calls({}, () => ({ faults: [FaultInjection.abort(503, { headerName: 'x-fault' })] })),
  ],
  'fault-timeout': [
    calls({}, () => ({ timeout: Duration.millis(300), faults: [FaultInjection.delay(Duration.millis(400), { headerName: 'x-fault' })] })),
    'web -> catalog: delay 400 ms >= timeout 300 ms: the request is over before it is sent',
    calls({}, () => ({ timeout: Duration.millis(300), faults: [FaultInjection.delay(Duration.millis(200), { headerName: 'x-fault' })] })),
  ],
};

describe.each(Object.entries(CASES))('%s', (rule, [breaks, says, keeps]) => {
  test('GIVEN constructs that break it, is found in both', () => {
    const { synth, yaml, texts: [atSynthesis, inYaml] } = findings((chart) => breaks(chart, service(chart, 'web')));
    expect(synth).toEqual([rule]);
    expect(yaml).toEqual([rule]);
    expect(inYaml).toEqual([expect.stringContaining(says)]);
    expect(atSynthesis).toEqual(inYaml);
  });

  test('GIVEN constructs that don\'t, is found in neither, nor is anything else', () => {
    expect(findings((chart) => keeps(chart, service(chart, 'web')))).toMatchObject({ synth: [], yaml: [] });
  });
});

test('GIVEN a fallback that nobody calls besides, its endpoints are known from the YAML, too', () => {
  const outlierDetection = OutlierDetection.eject({ maxEjectedPercent: 10 });
  const { synth, yaml, texts: [, inYaml] } = findings((chart) => calls({}, fallBack(() => service(chart, 'spare', { outlierDetection })))(chart, service(chart, 'web')));
  expect([synth, yaml]).toEqual([['ejection-cap'], ['ejection-cap']]);
  expect(inYaml![0]).toContain('web -> spare v1: maxEjectedPercent 10 of 3 endpoints is 0.3');
});

/** That a simulation has of the YAML what the proxy has of it. */
import { Chart, Duration } from 'cdk8s';
import { ExternalEndpoints, ExternalService, HealthCheck, LoadBalancing, MeshService, OutlierDetection, Scaling } from 'cdk8s-mesh';
import { subjectOf } from '../../../src/cli/simulate/subject';
import { stagesInText } from '../../../src/cli/simulate/stages';
import { withDefaults } from '../../../src/contract';
import { planOf } from '../../simulation/support';
import { modelOf } from '../../support/local-mesh';

const container = { image: 'example/app:1', portNumber: 8080 };

const POLICIES: readonly (readonly [string, LoadBalancing])[] = [
  ['nothing', LoadBalancing.roundRobin()],
  ['all stages', LoadBalancing.leastRequest({
    choices: 3, slowStart: { window: Duration.seconds(20), aggression: 2 }, zoneAware: { remotePercent: 7 }, subset: 4,
    dynamicWeights: { minimumPercent: 20 },
  })],
  ['reports', LoadBalancing.clientSideWeightedRoundRobin({ blackout: Duration.seconds(3), zoneWeights: { x: 3, y: 1 } })],
];

test.each(POLICIES)('policy and stages are those that the proxy resolves: %s', (_, loadBalancing) => {
  const model = modelOf((chart: Chart) => {
    const catalog = new MeshService(chart, 'catalog', {
      containers: [container], scaling: Scaling.replicas(6), loadBalancing, healthCheck: HealthCheck.http('/live', { interval: Duration.seconds(2) }),
    });
    new MeshService(chart, 'web', { containers: [container], scaling: Scaling.replicas(2) }).calls(catalog, {
      outlierDetection: OutlierDetection.eject({ maxEjectedPercent: 33 }),
    });
  });
  const subject = subjectOf(model, 'catalog', undefined);
  const resolved = withDefaults(model.workloads.find(({ service }) => service === 'web')!.config).clusters.find(({ name }) => name !== 'app')!;
  const { loadBalancing: policy, slowStart, dynamicWeights, zoneAware, subset, failover, outlierDetection, retryBudget } = resolved;
  // Without what is absent.
  expect(subject.balancing).toEqual(JSON.parse(JSON.stringify({ loadBalancing: policy, slowStart, dynamicWeights, zoneAware, subset, failover })));
  expect(subject.healthCheck).toEqual({
    type: 'http', intervalMs: 2_000, timeoutMs: resolved.healthCheck!.timeoutMs, healthyThreshold: 2, unhealthyThreshold: 3,
  });
  expect([subject.outlierDetection, subject.retryBudget]).toEqual([outlierDetection, retryBudget]);
  expect(outlierDetection.maxEjectedPercent).toBe(33);
  expect([subject.endpoints.length, subject.callers.length, subject.placed]).toEqual([6, 2, true]);
});

test('an external service has the addresses, zones, weights and levels that are listed, and is called by its host name', () => {
  const model = modelOf((chart: Chart) => {
    const payments = new ExternalService(chart, 'payments', {
      hostname: 'payments.example.com',
      endpoints: ExternalEndpoints.addresses(
        { address: '192.0.2.1', port: 8080, zone: 'x', weight: 3 }, { address: '192.0.2.2', port: 8080, priority: 1 },
      ),
    });
    new MeshService(chart, 'web', { containers: [container] }).calls(payments);
  });
  const subject = subjectOf(model, 'payments.example.com', undefined);
  expect(subject).toMatchObject({ title: 'payments.example.com', share: 1, zoned: false });
  expect(subject.endpoints).toEqual([{ name: '192.0.2.1:8080', zone: 'x', weight: 3 }, { name: '192.0.2.2:8080', priority: 1 }]);
  const plan = planOf({}, {}, 2);
  expect(stagesInText([subject.balancing], { ...plan, endpoints: plan.endpoints.map((endpoint, priority) => ({ ...endpoint, priority })) }))
    .toBe('around the policy: priority levels 0, 1, of which an available endpoint counts for 140 %');
});

test('pods are in the zones that they are bound to, and the workers of a pod in one', () => {
  const model = modelOf((chart: Chart) => {
    const catalog = new MeshService(chart, 'catalog', { containers: [container], scaling: Scaling.replicas(3) });
    new MeshService(chart, 'web', { containers: [container], scaling: Scaling.replicas(2) }).calls(catalog);
  });
  const bound = {
    ...model,
    workloads: model.workloads.map((workload) => ({
      ...workload, zones: workload.service === 'catalog' ? ['x', 'y'] : [], config: { ...workload.config, workers: 2 },
    })),
  };
  const subject = subjectOf(bound, 'catalog', undefined);
  expect(subject.endpoints.map(({ zone }) => zone)).toEqual(['x', 'y', 'x']);
  expect(subject.callers.map(({ pod }) => pod)).toEqual([0, 0, 1, 1]);
});

test('callers of which the document does not say how they find their zone do not know it', () => {
  const model = modelOf((chart: Chart) => {
    const loadBalancing = LoadBalancing.roundRobin({ zoneAware: {} });
    const catalog = new MeshService(chart, 'catalog', { containers: [container], scaling: Scaling.replicas(3), loadBalancing });
    new MeshService(chart, 'web', { containers: [container] }).calls(catalog);
  });
  const lost = { ...model, workloads: model.workloads.map(({ config: { localCluster: _, ...config }, ...workload }) => ({ ...workload, config })) };
  expect([model, lost].map((each) => subjectOf(each, 'catalog', undefined).placed)).toEqual([true, false]);
});

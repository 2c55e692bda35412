/** What is derived from capacity and availability, as manifests. */
import { ApiObject, Chart, Duration, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AdapterRules, Availability, Capacity, DisruptionBudget, Mesh, MeshService, MeshServiceProps, Scaling, ScalingMetrics,
} from '../../../src';
import { findByKind, findOne, Manifest, podTemplate, synth } from '../../support/manifests';
import { scaledObjectMistakes } from '../../support/keda-schema';
import { schemaMistakes } from '../../support/kubernetes-schema';

const app = { image: 'ghcr.io/acme/catalog:1', portNumber: 8080 };
const CAPACITY = Capacity.of({ peakRps: 1_200, usualRps: 300, serviceTime: Duration.millis(20), concurrency: 4, cpuPerRequest: Duration.millis(4) })
  .latency('p99', Duration.millis(150));
const AVAILABILITY = Availability.target('99.99%', { zones: 3 });

const catalog = (props: Partial<MeshServiceProps> = {}, before?: (chart: Chart) => void): Manifest[] => synth((chart) => {
  before?.(chart);
  new MeshService(chart, 'catalog', { containers: [app], ...props });
});

/** The parts of the objects that are derived. */
function derived(manifests: Manifest[]): object {
  const deployment = findOne(manifests, 'Deployment', 'catalog-v1');
  const { containers: [{ resources }], initContainers: [{ resources: sidecar }] } = podTemplate(deployment).spec;
  return {
    plan: JSON.parse(deployment.metadata.annotations?.['cdk8s-mesh/plan'] ?? 'null'),
    replicas: deployment.spec.replicas,
    strategy: deployment.spec.strategy,
    spread: podTemplate(deployment).spec.topologySpreadConstraints[0],
    resources,
    sidecarCpu: sidecar.requests.cpu,
    autoscaler: [...findByKind(manifests, 'HorizontalPodAutoscaler'), ...findByKind(manifests, 'ScaledObject')].map(({ spec }) => spec),
    budget: findByKind(manifests, 'PodDisruptionBudget').map(({ spec: { selector: _, ...spec } }) => spec),
  };
}

test('without a declaration nothing is derived', () => {
  expect(derived(catalog())).toMatchObject({ plan: null, sidecarCpu: '100m', replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 0 } }, autoscaler: [] });
});

test('the sidecar requests the CPU that it needs at the highest rate of a pod, unless the user says how much', () => {
  const cpuAt = (rpsPerPod: number, props: Partial<MeshServiceProps> = {}): string => (
    derived(catalog({ capacity: Capacity.of({ peakRps: rpsPerPod * 4, rpsPerPod }), ...props })) as { readonly sidecarCpu: string }).sidecarCpu;
  const [few, some, many] = [20, 1_000, 4_000].map((rps) => Number.parseInt(cpuAt(rps), 10));
  expect([few, some < many, some > few]).toEqual([20, true, true]);
  expect(some).toBeLessThanOrEqual(90);
  expect(cpuAt(1_000, { proxyResources: { cpu: { request: kplus.Cpu.millis(300) } } })).toBe('300m');
});

test('a load that varies, with a target: autoscaler, budget, spread, surge and CPU agree', () => {
  expect(derived(catalog({ capacity: CAPACITY, availability: AVAILABILITY }))).toMatchSnapshot();
});

test('a load that is always the same: as many replicas as the peak and the zones need', () => {
  expect(derived(catalog({ capacity: Capacity.of({ peakRps: 1_200, rpsPerPod: 150 }), availability: AVAILABILITY }))).toMatchSnapshot();
});

test('without zones there is one more than are needed, and zones are spread over as before', () => {
  expect(derived(catalog({ capacity: Capacity.of({ peakRps: 100, rpsPerPod: 150 }) }))).toMatchSnapshot();
});

test('by requests through prometheus-adapter, with the tolerance of a newer Kubernetes', () => {
  const manifests = catalog({
    capacity: CAPACITY, scaling: Scaling.derived({ requestsPerSecond: 90, requestsInFlight: 3, latency: Duration.millis(120), tolerancePercent: 5 }),
  }, (chart) => new Mesh(chart, 'mesh', { kubernetes: '1.35' }));
  expect(derived(manifests)).toMatchSnapshot();
});

test('by KEDA, with a schedule', () => {
  const manifests = catalog({
    capacity: CAPACITY,
    scaling: Scaling.derived({
      cpuPercent: 60, requestsPerSecond: 90, latency: Duration.millis(120), metrics: ScalingMetrics.keda({ serverAddress: 'http://prometheus.monitoring:9090' }),
      schedules: [{ start: '30 7 * * 1-5', end: '0 18 * * 1-5', timezone: 'Europe/Berlin', replicas: 10 }],
    }),
  });
  expect(derived(manifests)).toMatchSnapshot();
  // KEDA makes the autoscaler, and two would undo each other's work.
  expect(findByKind(manifests, 'HorizontalPodAutoscaler')).toEqual([]);
  expect(scaledObjectMistakes(findOne(manifests, 'ScaledObject', 'catalog-v1'))).toEqual([]);
});

test('what is said by hand is kept', () => {
  const manifests = catalog({
    capacity: CAPACITY, availability: AVAILABILITY, scaling: Scaling.between(9, 30, { cpuPercent: 50 }),
    disruptionBudget: DisruptionBudget.maxUnavailable(2),
  });
  expect(findOne(manifests, 'HorizontalPodAutoscaler', 'catalog-v1').spec).toMatchObject({ minReplicas: 9, maxReplicas: 30 });
  expect(findOne(manifests, 'PodDisruptionBudget', 'catalog-v1').spec).toMatchObject({ maxUnavailable: 2 });
});

test('a patch of the tolerance wins', () => {
  const manifests = synth((chart) => {
    new Mesh(chart, 'mesh', { kubernetes: '1.37' });
    const service = new MeshService(chart, 'catalog', { containers: [app], scaling: Scaling.between(2, 5, { tolerancePercent: 5 }) });
    ApiObject.of(service.autoscaler!).addJsonPatch(JsonPatch.replace('/spec/maxReplicas', 7));
  });
  expect(findOne(manifests, 'HorizontalPodAutoscaler', 'catalog-v1').spec).toMatchObject({
    maxReplicas: 7, behavior: { scaleUp: { tolerance: '0.05' }, scaleDown: { tolerance: '0.05' } },
  });
});

test('the rules of the adapter serve what the autoscaler asks for', () => {
  const manifests = synth((chart) => { new AdapterRules(chart, 'rules'); });
  expect(manifests).toMatchSnapshot();
  expect(schemaMistakes(manifests[0])).toEqual([]);
});

test('objects are those of Kubernetes', () => {
  const manifests = catalog({ capacity: CAPACITY, availability: AVAILABILITY, scaling: Scaling.derived({ requestsPerSecond: 90 }) });
  for (const manifest of manifests.filter(({ kind }) => ['HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Deployment'].includes(kind))) {
    expect(schemaMistakes(manifest)).toEqual([]);
  }
});

/** A pod template is what the service says and not where in the code it is said: moving or renaming a construct rolls no pod. */
import { Chart, Cron, Duration, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { ExternalEndpoints, ExternalService, LoadBalancing, MeshService, MeshSidecar, SessionPersistence } from '../../src';
import { findByKind, findOne, Manifest, newChart, podTemplate } from '../support/manifests';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const secret = (scope: Construct, name: string) => kplus.Secret.fromSecretName(scope, `Secret-${name}`, name);

/** A service that uses all that may come into a pod, as text by the name of its Deployments. */
function templatesOf(chart: Chart, scope: Construct, id: (name: string) => string): Record<string, string> {
  const catalog = new MeshService(scope, id('catalog'), {
    name: 'catalog', containers, tls: { secret: secret(scope, 'tls') },
    sessionPersistence: SessionPersistence.cookie('s', { keys: secret(scope, 'keys'), ttl: Duration.hours(1) }),
  });
  catalog.addVersion('v2', { containers, weight: 10 });
  const web = new MeshService(scope, id('web'), { name: 'web', containers, workers: 2 });
  web.calls(catalog, { loadBalancing: LoadBalancing.leastRequest({ zoneAware: {} }) });
  web.calls(new ExternalService(scope, id('rates'), { hostname: 'rates.example.com', endpoints: ExternalEndpoints.dns('rates.example.com') }));
  const deployments = findByKind(Testing.synth(chart), 'Deployment');
  return Object.fromEntries(deployments.map((deployment) => [deployment.metadata.name, JSON.stringify(podTemplate(deployment))]));
}

describe('the pods of a MeshService', () => {
  const chart = newChart();
  const original = templatesOf(chart, chart, (name) => name);

  test('are the same when the service is somewhere else in the tree', () => {
    const moved = newChart({ namespace: 'shop' }, 'other-chart');
    expect(templatesOf(moved, new Construct(new Construct(moved, 'team'), 'stack'), (name) => name)).toEqual(original);
  });

  test('are the same when the construct has another id and the service the same name', () => {
    const renamed = newChart();
    expect(templatesOf(renamed, renamed, (name) => `the-${name}`)).toEqual(original);
  });

  test('are selected all the same by what cdk8s-plus selects pods with', () => {
    const shop = newChart();
    const [catalog, web] = ['catalog', 'web'].map((name) => new MeshService(shop, name, { containers }));
    web.deployment.scheduling.separate(catalog.deployment);
    web.deployment.connections.allowTo(catalog.deployment, { isolation: kplus.PodConnectionsIsolation.PEER });
    const own = new kplus.Service(shop, 'Own', { ports: [{ port: 9000 }], selector: catalog.deployment });
    catalog.deployment.exposeViaService({ name: 'direct' });
    const manifests = Testing.synth(shop);
    const { affinity } = podTemplate(findOne(manifests, 'Deployment', 'web-v1')).spec;
    const policy = findByKind(manifests, 'NetworkPolicy')[0];
    const selectors = [
      findOne(manifests, 'Service', own.name).spec.selector,
      findOne(manifests, 'Service', 'direct').spec.selector,
      affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchLabels,
      policy.spec.podSelector.matchLabels,
    ];
    expect(selectors).toEqual(Array(4).fill({ 'cdk8s-mesh/service': 'catalog', 'cdk8s-mesh/version': 'v1' }));
    expect(policy.spec.ingress[0].from[0].podSelector.matchLabels).toEqual({ 'cdk8s-mesh/service': 'web', 'cdk8s-mesh/version': 'v1' });
    expect(podTemplate(findOne(manifests, 'Deployment', 'catalog-v1')).metadata.labels).toMatchObject(selectors[0]);
  });

  test('take labels and annotations that are added', () => {
    const shop = newChart();
    const { deployment } = new MeshService(shop, 'catalog', { containers });
    deployment.podMetadata.addLabel('team', 'shop');
    deployment.podMetadata.addAnnotation('example.com/note', 'x');
    expect(podTemplate(findOne(Testing.synth(shop), 'Deployment', 'catalog-v1')).metadata).toEqual({
      annotations: { 'example.com/note': 'x' },
      labels: { 'cdk8s-mesh/service': 'catalog', 'cdk8s-mesh/version': 'v1', team: 'shop' },
    });
  });
});

describe('the pods of a workload made elsewhere', () => {
  const kinds: Record<string, (chart: Chart) => kplus.Workload> = {
    Deployment: (chart) => new kplus.Deployment(chart, 'App', { containers }),
    StatefulSet: (chart) => new kplus.StatefulSet(chart, 'App', { containers }),
    DaemonSet: (chart) => new kplus.DaemonSet(chart, 'App', { containers }),
    Job: (chart) => new kplus.Job(chart, 'App', { containers }),
    CronJob: (chart) => new kplus.CronJob(chart, 'App', { containers, schedule: Cron.daily() }),
  };

  test.each(Object.keys(kinds))('of kind %s get nothing that depends on where the sidecar is declared', (kind) => {
    const attach = (scopeOf: (chart: Chart) => Construct): Manifest => {
      const chart = newChart();
      const workload = kinds[kind](chart);
      const sidecar = new MeshSidecar(scopeOf(chart), 'Sidecar', { workload, serviceName: 'app' });
      sidecar.expose({ tls: { secret: secret(chart, 'tls') } });
      sidecar.calls(new MeshService(chart, 'catalog', { containers }));
      return podTemplate(findOne(Testing.synth(chart), kind, workload.name));
    };
    expect(JSON.stringify(attach((chart) => new Construct(chart, 'elsewhere')))).toBe(JSON.stringify(attach((chart) => chart)));
  });
});

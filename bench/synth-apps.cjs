/**
 * The apps that bench/synth.mjs compares. In all, service i calls the next few, in a ring, and scales by CPU.
 *
 * The plain one makes by hand, as an author without this package would, the objects that the constructs expand to:
 * cdk8s-plus where it has a construct, an ApiObject where it has none. Its proxy document and addresses are given, not
 * derived, so what the ratio shows is the price of deriving and checking them.
 */
const { ApiObject, App, Chart, Duration, Size } = require('cdk8s');
const kplus = require('cdk8s-plus-28');
const { join } = require('node:path');

/** The package as it is built. A name that is computed keeps tsc from looking for its types, which a fresh clone has not built yet. */
const PACKAGE = join(__dirname, '..');
const NAMESPACE = 'bench';
const SIDECAR_IMAGE = 'ghcr.io/cdk8s-mesh/proxy:0.1.0';

/** @param planned load and availability are declared in place of numbers of pods, so that all of these are derived and checked */
function meshApp(outdir, count, calls, planned = false) {
  const { Availability, Capacity, MeshService, Scaling } = require(PACKAGE);
  const app = new App({ outdir });
  const chart = new Chart(app, 'bench', { namespace: NAMESPACE });
  const services = Array.from({ length: count }, (_, i) => new MeshService(chart, `service-${i}`, {
    containers: [{ image: `ghcr.io/acme/service-${i}:1.0.0`, portNumber: 8080 }],
    ...(planned ? {
      // Each another load, so that no result serves for the next.
      capacity: Capacity.of({ peakRps: 900 + i, usualRps: 300, serviceTime: Duration.millis(20), concurrency: 4 }).latency('p99', Duration.millis(150)),
      availability: Availability.target('99.99%', { zones: 3 }),
    } : { scaling: Scaling.between(2, 10, { cpuPercent: 60 }) }),
  }));
  services.forEach((service, i) => {
    for (let next = 1; next <= calls; next++) service.calls(services[(i + next) % count]);
  });
  return app;
}

function plainApp(outdir, count, calls) {
  const app = new App({ outdir });
  const chart = new Chart(app, 'bench', { namespace: NAMESPACE });
  const metadata = { name: 'cdk8s-mesh' };
  const role = new kplus.Role(chart, 'role', { metadata });
  role.allow(['get', 'list', 'watch'], kplus.ApiResource.custom({ apiGroup: 'discovery.k8s.io', resourceType: 'endpointslices' }));
  const binding = new kplus.RoleBinding(chart, 'binding', { metadata, role });
  for (let i = 0; i < count; i++) {
    const callees = Array.from({ length: calls }, (_, k) => (i + k + 1) % count);
    plainService(chart, i, callees, binding);
  }
  return app;
}

function plainService(chart, i, callees, binding) {
  const name = `service-${i}`;
  const labels = { app: name };
  const metadata = { name, labels };
  const account = new kplus.ServiceAccount(chart, `${name}-account`, { metadata, automountToken: false });
  const config = new kplus.ConfigMap(chart, `${name}-config`, {
    metadata: { name: `${name}-v1-mesh`, labels },
    data: { 'proxy.json': JSON.stringify(proxyDocument(name, callees), null, 2) },
  });

  const deployment = new kplus.Deployment(chart, `${name}-deployment`, {
    metadata: { name: `${name}-v1`, labels },
    podMetadata: { labels },
    select: false,
    serviceAccount: account,
    automountServiceAccountToken: false,
    terminationGracePeriod: Duration.seconds(30),
    hostAliases: callees.map((callee) => ({
      ip: addressOf(callee),
      hostnames: ['', `.${NAMESPACE}`, `.${NAMESPACE}.svc`, `.${NAMESPACE}.svc.cluster.local`].map((suffix) => `service-${callee}${suffix}`),
    })),
    containers: [{
      image: `ghcr.io/acme/${name}:1.0.0`,
      portNumber: 8080,
      securityContext: { allowPrivilegeEscalation: false, ensureNonRoot: true, readOnlyRootFilesystem: true },
    }],
  });
  deployment.select(kplus.LabelSelector.of({ labels }));
  for (const topologyKey of ['topology.kubernetes.io/zone', 'kubernetes.io/hostname']) {
    deployment.scheduling.spread({ topology: kplus.Topology.custom(topologyKey), weight: 1 });
  }
  const sidecar = deployment.addInitContainer({
    name: 'mesh-proxy',
    image: SIDECAR_IMAGE,
    ports: [{ number: 15006, name: 'mesh-in' }, { number: 15020, name: 'mesh-admin' }],
    envVariables: {
      MESH_CONFIG: kplus.EnvValue.fromValue('/etc/cdk8s-mesh/proxy.json'),
      POD_NAME: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_NAME),
      POD_NAMESPACE: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_NAMESPACE),
      POD_IP: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_IP),
    },
    resources: { cpu: { request: kplus.Cpu.millis(100) }, memory: { request: Size.mebibytes(64) } },
    securityContext: { allowPrivilegeEscalation: false, ensureNonRoot: true, readOnlyRootFilesystem: true, user: 65532, group: 65532 },
  });
  sidecar.mount('/etc/cdk8s-mesh', kplus.Volume.fromConfigMap(chart, `${name}-volume`, config), { readOnly: true });

  for (const [id, service, clusterIP] of [['service', name, undefined], ['version', `${name}-v1`, 'None']]) {
    new kplus.Service(chart, `${name}-${id}`, {
      metadata: { name: service, labels },
      selector: kplus.Pods.select(chart, `${name}-${id}-pods`, { labels }),
      ports: [{ port: 80, targetPort: 15006, name: 'http' }],
      clusterIP,
    });
  }
  new kplus.HorizontalPodAutoscaler(chart, `${name}-autoscaler`, {
    metadata: { name: `${name}-v1`, labels },
    target: deployment,
    minReplicas: 2,
    maxReplicas: 10,
    metrics: [kplus.Metric.containerCpu({ container: deployment.containers[0], target: kplus.MetricTarget.averageUtilization(60) })],
  });
  new ApiObject(chart, `${name}-budget`, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: `${name}-v1`, labels },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  });
  binding.addSubjects(account);
}

function proxyDocument(name, callees) {
  return {
    version: 'v1',
    node: { service: name, namespace: NAMESPACE, version: 'v1' },
    listeners: [
      { name: 'inbound', direction: 'inbound', port: 15006, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }], timeoutMs: 0 }] },
      ...callees.map((callee) => ({
        name: `outbound/${NAMESPACE}/service-${callee}:80`,
        direction: 'outbound',
        address: addressOf(callee),
        port: 80,
        routes: [{ name: 'default', split: [{ cluster: `${NAMESPACE}/service-${callee}-v1`, weight: 100 }] }],
      })),
    ],
    clusters: [
      { name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080 }] } },
      ...callees.map((callee) => ({
        name: `${NAMESPACE}/service-${callee}-v1`,
        discovery: { type: 'endpointSlice', namespace: NAMESPACE, service: `service-${callee}-v1`, portName: 'http' },
      })),
    ],
    kubernetes: { tokenFile: '/var/run/secrets/cdk8s-mesh/token', caFile: '/var/run/secrets/cdk8s-mesh/ca.crt' },
    shutdown: { drainMs: 5000 },
  };
}

function addressOf(i) {
  return `127.64.${i >> 8}.${(i & 255) + 1}`;
}

module.exports = { meshApp, plainApp };

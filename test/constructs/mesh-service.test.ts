import { ApiObject, Duration, JsonPatch, Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { DisruptionBudget, MeshService, MeshServiceProps, ProxyImage, Scaling, ServiceType, SessionAffinity, TrafficPolicy } from '../../src';
import { CONTRACT_MINOR } from '../../src/contract';
import { documentOf, findByKind, findOne, inventory, Manifest, newChart, podSpec, synth } from '../support/manifests';
import { expectRestricted, expectSound } from './sound';

const app = { image: 'ghcr.io/acme/web:1.0', portNumber: 3000 };
const web = (props: Partial<MeshServiceProps> = {}) => synth((chart) => new MeshService(chart, 'web', { containers: [app], ...props }));

describe('a service with nothing but a container', () => {
  const manifests = web();

  test('makes a Service for callers, and a Deployment, headless Service, budget and document for its version', () => {
    expect(inventory(manifests)).toEqual([
      'ConfigMap shop/web-v1-mesh',
      'Deployment shop/web-v1',
      'PodDisruptionBudget shop/web-v1',
      'Service shop/web',
      'Service shop/web-v1',
      'ServiceAccount shop/web',
    ]);
    expect(manifests).toMatchSnapshot();
    expectSound(manifests);
    expectRestricted(manifests);
  });

  test('sends what arrives at either Service to the sidecar, as HTTP', () => {
    for (const service of findByKind(manifests, 'Service')) {
      expect(service.spec.ports).toEqual([{ name: 'http', port: 80, targetPort: 15006, appProtocol: 'http' }]);
    }
    expect(findOne(manifests, 'Service', 'web').spec.selector).toEqual({ 'cdk8s-mesh/service': 'web' });
    const version = findOne(manifests, 'Service', 'web-v1');
    expect(version.spec).toMatchObject({ clusterIP: 'None', selector: { 'cdk8s-mesh/service': 'web', 'cdk8s-mesh/version': 'v1' } });
  });

  test('hands requests to the app beside the proxy and leaves their timeout to the caller', () => {
    expect(documentOf(manifests, 'web-v1')).toEqual({
      version: 'v1',
      minor: CONTRACT_MINOR,
      node: { service: 'web', namespace: 'shop', version: 'v1' },
      listeners: [{
        name: 'inbound', direction: 'inbound', loopback: true, port: 15006,
        routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }], timeoutMs: 0 }],
      }],
      clusters: [{
        name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', listensAt: ['pod', '127.0.0.1', '::1'], port: 3000 }] }, idleTimeoutMs: 4_000,
      }],
      shutdown: { drainMs: 5_000 },
    });
  });

  test('needs no permission, no token, no name in /etc/hosts and no sysctl', () => {
    const spec = podSpec(findOne(manifests, 'Deployment', 'web-v1'));
    expect(findByKind(manifests, 'Role')).toEqual([]);
    expect(spec.volumes.map(({ name }: { name: string }) => name)).toEqual(['mesh-config', 'mesh-state']);
    expect(spec.hostAliases).toBeUndefined();
    expect(spec.securityContext.sysctls).toBeUndefined();
    expect(spec.automountServiceAccountToken).toBe(false);
  });

  test('spreads its pods over zones and hosts, without keeping any from starting', () => {
    // Counted within one revision: what a rollout takes away says nothing of where the new pods should be.
    const labelSelector = { matchLabels: { 'cdk8s-mesh/service': 'web', 'cdk8s-mesh/version': 'v1' } };
    const rule = { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector, matchLabelKeys: ['pod-template-hash'] };
    expect(podSpec(findOne(manifests, 'Deployment', 'web-v1')).topologySpreadConstraints).toEqual([
      { ...rule, topologyKey: 'topology.kubernetes.io/zone' }, { ...rule, topologyKey: 'kubernetes.io/hostname' },
    ]);
  });

  test('selects its pods by labels that do not change when code moves', () => {
    const deployment = findOne(manifests, 'Deployment', 'web-v1');
    expect(deployment.spec.selector).toEqual({ matchLabels: { 'cdk8s-mesh/service': 'web', 'cdk8s-mesh/version': 'v1' } });
    expect(deployment.spec.template.metadata.labels).toMatchObject(deployment.spec.selector.matchLabels);
  });

  test('never takes a pod away in a rollout before another one serves', () => {
    expect(findOne(manifests, 'Deployment', 'web-v1').spec).toMatchObject({ replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 0 } } });
  });
});

describe('the sidecar of a service', () => {
  const spec = podSpec(findOne(web(), 'Deployment', 'web-v1'));
  const [sidecar] = spec.initContainers;

  test('is a native sidecar with probes of its own', () => {
    expect(sidecar).toMatchObject({
      name: 'mesh-proxy',
      restartPolicy: 'Always',
      startupProbe: { httpGet: { path: '/ready', port: 15020 }, periodSeconds: 1 },
      readinessProbe: { httpGet: { path: '/ready', port: 15020 } },
      livenessProbe: { httpGet: { path: '/live', port: 15020 } },
    });
    expect(sidecar.command).toBeUndefined();
    expect(sidecar.args).toBeUndefined();
  });

  test('survives a node that gives it no CPU for long: neither one slow answer nor half a minute of them ends it', () => {
    const { startupProbe, readinessProbe, livenessProbe } = sidecar;
    for (const probe of [startupProbe, readinessProbe, livenessProbe]) expect(probe.timeoutSeconds).toBeGreaterThanOrEqual(5);
    // Every ten seconds, when nobody says.
    expect(livenessProbe.failureThreshold * Math.max(livenessProbe.periodSeconds ?? 10, livenessProbe.timeoutSeconds)).toBeGreaterThanOrEqual(60);
    expect(startupProbe.failureThreshold * startupProbe.periodSeconds).toBeGreaterThanOrEqual(120);
    // One that hangs is not given the time of a pod that ends in order.
    expect(livenessProbe.terminationGracePeriodSeconds).toBeLessThanOrEqual(5);
  });

  test('has a folder to write to, which is its own, bounded, and no reason to keep a node', () => {
    expect(spec.volumes).toContainEqual({ name: 'mesh-state', emptyDir: { medium: 'Memory', sizeLimit: '32Mi' } });
    expect(spec.containers.flatMap(({ volumeMounts = [] }: Manifest) => volumeMounts)).toEqual([]);
  });

  test('knows its document, its pod and the addresses of it', () => {
    const env = Object.fromEntries(sidecar.env.map(({ name, value, valueFrom }: Manifest) => [name, value ?? valueFrom.fieldRef]));
    expect(env).toEqual({
      POD_NAME: { fieldPath: 'metadata.name' },
      POD_IPS: { fieldPath: 'status.podIPs' },
      NODE_IP: { fieldPath: 'status.hostIP' },
    });
    expect(sidecar.volumeMounts).toEqual([
      { name: 'mesh-config', mountPath: '/etc/cdk8s-mesh' },
      { name: 'mesh-state', mountPath: '/var/lib/cdk8s-mesh' },
    ]);
  });

  test('asks for little and has no limit on CPU', () => {
    expect(sidecar.resources).toEqual({ requests: { cpu: '100m', memory: '64Mi', 'ephemeral-storage': '64Mi' }, limits: { memory: '128Mi' } });
  });

  test('runs as a number other than root on a read-only file system', () => {
    expect(sidecar.securityContext).toMatchObject({ runAsUser: 65_532, readOnlyRootFilesystem: true });
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true });
  });

  test('runs the released image, pulled once, or the one that is given', () => {
    // Without a policy, Kubernetes pulls what can't change under its name once, and anything else every time.
    expect(sidecar).toMatchObject({ image: expect.stringMatching(/^ghcr\.io\/cdk8s-mesh\/proxy:\d+\.\d+\.\d+$/) });
    expect(sidecar.imagePullPolicy).toBeUndefined();
    const image = (proxyImage: ProxyImage) => podSpec(findOne(web({ proxyImage }), 'Deployment', 'web-v1')).initContainers[0];
    expect(image(ProxyImage.of('localhost:5000/proxy'))).toMatchObject({ image: 'localhost:5000/proxy' });
    expect(image(ProxyImage.released('mirror.example.com/proxy')).image).toMatch(/^mirror\.example\.com\/proxy:\d/);
  });
});

describe('the time to stop', () => {
  const stop = (props: Partial<MeshServiceProps>) => {
    const manifests = web(props);
    expectSound(manifests);
    const spec = podSpec(findOne(manifests, 'Deployment', 'web-v1'));
    return {
      preStop: spec.containers.map((container: { lifecycle?: { preStop?: object } }) => container.lifecycle?.preStop),
      grace: spec.terminationGracePeriodSeconds,
      drainMs: documentOf(manifests, 'web-v1').shutdown?.drainMs,
      told: documentOf(manifests, 'web-v1').shutdown,
    };
  };

  test('is 5 s for endpoints, 20 s for the app and 5 s for the proxy, in one budget', () => {
    expect(stop({})).toMatchObject({ preStop: [{ sleep: { seconds: 5 } }], grace: 30, drainMs: 5_000 });
  });

  test('follows each of its parts', () => {
    expect(stop({ endpointPropagation: Duration.seconds(10), appDrain: Duration.minutes(1), proxyDrain: Duration.millis(2_500) }))
      .toMatchObject({ preStop: [{ sleep: { seconds: 10 } }], grace: 73, drainMs: 2_500 });
  });

  test('is told to the proxy, with the beginning of it, so that it depends on nobody\'s SIGTERM', () => {
    expect(stop({}).told).toEqual({ drainMs: 5_000 });
    expect(stop({ endpointPropagation: Duration.millis(9_001), appDrain: Duration.minutes(1) }).told)
      .toEqual({ endpointPropagationMs: 10_000, appDrainMs: 60_000, drainMs: 5_000 });
    const [sidecar] = podSpec(findOne(web({}), 'Deployment', 'web-v1')).initContainers;
    expect(sidecar.lifecycle).toEqual({ preStop: { httpGet: { path: '/terminating', port: 15_020 } } });
  });

  test('has no sleep when there is nothing to wait for', () => {
    expect(stop({ endpointPropagation: Duration.seconds(0) })).toMatchObject({ preStop: [undefined], grace: 25 });
  });

  test('leaves a preStop of the user in place, beside containers that have none', () => {
    const own = { ...app, lifecycle: { preStop: kplus.Handler.fromCommand(['/bin/flush']), postStart: kplus.Handler.fromCommand(['/bin/warm']) } };
    expect(stop({ containers: [own, { name: 'logs', image: 'logs:1' }] }).preStop).toEqual([{ exec: { command: ['/bin/flush'] } }, { sleep: { seconds: 5 } }]);
  });

  test('covers a container that is added later', () => {
    const chart = newChart();
    const service = new MeshService(chart, 'web', { containers: [app] });
    service.deployment.addContainer({ name: 'logs', image: 'logs:1' });
    const [, logs] = podSpec(findOne(Testing.synth(chart), 'Deployment', 'web-v1')).containers;
    expect(logs.lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
  });
});

describe('defaults of the app\'s container', () => {
  const container = (props: Partial<kplus.ContainerProps>) => podSpec(findOne(web({ containers: [{ ...app, ...props }] }), 'Deployment', 'web-v1')).containers[0];

  test('ask for little, have no limit on CPU, and wait two minutes for the start', () => {
    expect(container({})).toMatchObject({
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
      startupProbe: { tcpSocket: { port: 3000 }, periodSeconds: 2, failureThreshold: 60 },
    });
    expect(container({}).resources.limits.cpu).toBeUndefined();
  });

  test('give way to what the user says', () => {
    const said = container({
      resources: { memory: { request: Size.gibibytes(1) } },
      imagePullPolicy: kplus.ImagePullPolicy.NEVER,
      startup: kplus.Probe.fromHttpGet('/up'),
      securityContext: { readOnlyRootFilesystem: false, user: 1000 },
    });
    expect(said).toMatchObject({
      resources: { requests: { memory: '1024Mi' } },
      imagePullPolicy: 'Never',
      startupProbe: { httpGet: { path: '/up' } },
      securityContext: { readOnlyRootFilesystem: false, runAsUser: 1000, capabilities: { drop: ['ALL'] } },
    });
    expect(said.resources.limits).toBeUndefined();
  });

  test('leave it to Kubernetes when an image is pulled, unless the user says otherwise', () => {
    const policyOf = (image: string, imagePullPolicy?: kplus.ImagePullPolicy) => container({ image, imagePullPolicy }).imagePullPolicy;
    expect(['ghcr.io/acme/web:1', 'ghcr.io/acme/web:latest', 'ghcr.io/acme/web'].map((image) => policyOf(image))).toEqual([undefined, undefined, undefined]);
    expect(policyOf('ghcr.io/acme/web:1', kplus.ImagePullPolicy.ALWAYS)).toBe('Always');
    expect(policyOf('ghcr.io/acme/web:latest', kplus.ImagePullPolicy.IF_NOT_PRESENT)).toBe('IfNotPresent');
  });

  test('take the first of several ports as the app\'s', () => {
    const manifests = web({ containers: [{ image: 'x:1', ports: [{ number: 9000, name: 'main' }, { number: 9001, name: 'other' }] }] });
    expect(documentOf(manifests, 'web-v1').clusters[0].discovery).toEqual({
      type: 'static', endpoints: [{ address: '127.0.0.1', listensAt: ['pod', '127.0.0.1', '::1'], port: 9000 }],
    });
    expectSound(manifests);
  });
});

describe('the type of the Service', () => {
  const spec = (props: Partial<MeshServiceProps>) => {
    const manifests = web(props);
    expectSound(manifests);
    return findOne(manifests, 'Service', 'web').spec;
  };

  test('is ClusterIP unless chosen', () => {
    expect(spec({})).toMatchObject({ type: 'ClusterIP' });
    expect(spec({}).clusterIP).toBeUndefined();
  });

  test('LoadBalancer from port 80 to the app\'s 3000 takes a port and a type', () => {
    expect(spec({ port: 80, type: ServiceType.LOAD_BALANCER })).toMatchObject({ type: 'LoadBalancer', ports: [{ port: 80, targetPort: 15006 }] });
  });

  test('LoadBalancer takes source ranges, a traffic policy and annotations', () => {
    const manifests = web({
      type: ServiceType.LOAD_BALANCER,
      loadBalancerSourceRanges: ['10.0.0.0/8'],
      externalTrafficPolicy: TrafficPolicy.LOCAL,
      serviceAnnotations: { 'example.com/lb': 'internal' },
    });
    expectSound(manifests);
    const service = findOne(manifests, 'Service', 'web');
    expect(service.spec).toMatchObject({ loadBalancerSourceRanges: ['10.0.0.0/8'], externalTrafficPolicy: 'Local' });
    expect(service.metadata.annotations).toEqual({ 'example.com/lb': 'internal' });
  });

  test('NodePort takes the port of the node', () => {
    expect(spec({ type: ServiceType.NODE_PORT, nodePort: 30_080 })).toMatchObject({ type: 'NodePort', ports: [{ nodePort: 30_080 }] });
  });

  test('headless has no virtual address', () => {
    expect(spec({ type: ServiceType.HEADLESS })).toMatchObject({ clusterIP: 'None' });
    expect(spec({ type: ServiceType.HEADLESS }).type).toBeUndefined();
  });

  test('session affinity lasts three hours unless said otherwise', () => {
    const affinity = (sessionAffinity: SessionAffinity) => spec({ sessionAffinity });
    expect(affinity(SessionAffinity.clientIp())).toMatchObject({
      sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
    });
    expect(affinity(SessionAffinity.clientIp({ timeout: Duration.minutes(1) })).sessionAffinityConfig).toEqual({ clientIP: { timeoutSeconds: 60 } });
    expect(affinity(SessionAffinity.none()).sessionAffinity).toBeUndefined();
  });

  test('traffic from inside the cluster can be kept on its node', () => {
    expect(spec({ internalTrafficPolicy: TrafficPolicy.LOCAL })).toMatchObject({ internalTrafficPolicy: 'Local' });
  });
});

describe('scaling', () => {
  test('between two numbers makes an autoscaler on the app\'s container alone, and leaves replicas to it', () => {
    const manifests = web({ scaling: Scaling.between(3, 30, { cpuPercent: 60 }) });
    expectSound(manifests);
    expect(findOne(manifests, 'HorizontalPodAutoscaler', 'web-v1').spec).toEqual({
      minReplicas: 3,
      maxReplicas: 30,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web-v1' },
      metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'main', target: { type: 'Utilization', averageUtilization: 60 } } }],
      behavior: {
        // What Kubernetes fills in beside this: no wait before it scales up, by 100 % or 4 pods in 15 s, and down by any number.
        scaleDown: { stabilizationWindowSeconds: 300 },
      },
    });
    expect(findOne(manifests, 'Deployment', 'web-v1').spec.replicas).toBeUndefined();
  });

  test('aims at 70 % CPU when nothing is said, and at memory alone when only that is said', () => {
    const metrics = (scaling: Scaling) => findOne(web({ scaling }), 'HorizontalPodAutoscaler', 'web-v1').spec.metrics
      .map(({ containerResource: { name, target } }: Manifest) => [name, target.averageUtilization]);
    expect(metrics(Scaling.between(1, 2))).toEqual([['cpu', 70]]);
    expect(metrics(Scaling.between(1, 2, { memoryPercent: 80 }))).toEqual([['memory', 80]]);
    expect(metrics(Scaling.between(1, 2, { cpuPercent: 50, memoryPercent: 80 }))).toEqual([['cpu', 50], ['memory', 80]]);
  });

  test('to a number makes no autoscaler', () => {
    const manifests = web({ scaling: Scaling.replicas(5) });
    expect(findOne(manifests, 'Deployment', 'web-v1').spec.replicas).toBe(5);
    expect(findByKind(manifests, 'HorizontalPodAutoscaler')).toEqual([]);
  });
});

describe('the disruption budget', () => {
  const spec = (disruptionBudget: DisruptionBudget, scaling = Scaling.replicas(4)) => {
    const manifests = web({ disruptionBudget, scaling });
    expectSound(manifests);
    return findByKind(manifests, 'PodDisruptionBudget').map((budget) => budget.spec);
  };

  test('lets go one pod at a time by default, and does not wait for pods that never became ready', () => {
    const [budget] = findByKind(web(), 'PodDisruptionBudget');
    expect(budget.spec).toEqual({
      maxUnavailable: 1,
      selector: { matchLabels: { 'cdk8s-mesh/service': 'web', 'cdk8s-mesh/version': 'v1' } },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
  });

  test('can be a number or a share, of pods away or left', () => {
    expect(spec(DisruptionBudget.maxUnavailable(2))).toMatchObject([{ maxUnavailable: 2 }]);
    expect(spec(DisruptionBudget.maxUnavailablePercent(25))).toMatchObject([{ maxUnavailable: '25%' }]);
    expect(spec(DisruptionBudget.minAvailable(3))).toMatchObject([{ minAvailable: 3 }]);
    expect(spec(DisruptionBudget.minAvailablePercent(50))).toMatchObject([{ minAvailable: '50%' }]);
  });

  test('can be none', () => {
    expect(spec(DisruptionBudget.none())).toEqual([]);
  });
});

describe('the children of a service', () => {
  test('are plain cdk8s-plus constructs that can be changed further', () => {
    const chart = newChart();
    const service = new MeshService(chart, 'web', { containers: [app], scaling: Scaling.between(2, 4) });
    service.deployment.podMetadata.addAnnotation('example.com/team', 'shop');
    service.service.metadata.addLabel('team', 'shop');
    (service.serviceAccount as kplus.ServiceAccount).metadata.addAnnotation('iam.example.com/role', 'web');
    ApiObject.of(service.deployment).addJsonPatch(JsonPatch.replace('/spec/template/spec/terminationGracePeriodSeconds', 99));
    ApiObject.of(service.autoscaler!).addJsonPatch(JsonPatch.replace('/spec/maxReplicas', 8));
    service.disruptionBudget!.addJsonPatch(JsonPatch.remove('/spec/unhealthyPodEvictionPolicy'));
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    expect(findOne(manifests, 'Deployment', 'web-v1').spec.template).toMatchObject({
      metadata: { annotations: { 'example.com/team': 'shop' } }, spec: { terminationGracePeriodSeconds: 99 },
    });
    expect(findOne(manifests, 'Service', 'web').metadata.labels).toMatchObject({ team: 'shop' });
    expect(findOne(manifests, 'HorizontalPodAutoscaler', 'web-v1').spec.maxReplicas).toBe(8);
    expect(findOne(manifests, 'PodDisruptionBudget', 'web-v1').spec).toEqual({ maxUnavailable: 1, selector: expect.anything() });
    expect(service.sidecar.configMap.name).toBe('web-v1-mesh');
  });
});

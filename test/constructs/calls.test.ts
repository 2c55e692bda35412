import { App, Chart, Duration, Testing } from 'cdk8s';
import { LoadBalancing, Mesh, MeshService, MeshServiceProps } from '../../src';
import { documentOf, findByKind, findOne, Manifest, newChart, podSpec } from '../support/manifests';
import { expectRestricted, expectSound } from './sound';

const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}) =>
  new MeshService(chart, name, { containers: [{ image: `ghcr.io/acme/${name}:1`, portNumber: 8080 }], ...props });

describe('a call', () => {
  const chart = newChart();
  const catalog = service(chart, 'catalog', { loadBalancing: LoadBalancing.leastRequest({ choices: 3 }), port: 80 });
  const web = service(chart, 'web');
  web.calls(catalog, { timeout: Duration.millis(300) });
  const manifests = Testing.synth(chart);
  const document = documentOf(manifests, 'web-v1');
  const spec = podSpec(findOne(manifests, 'Deployment', 'web-v1'));

  test('yields what Kubernetes and the proxy accept, in restricted pods', () => {
    expectSound(manifests);
    expectRestricted(manifests);
  });

  test('makes a listener on a loopback address at the port of the destination', () => {
    expect(document.listeners[1]).toEqual({
      name: 'outbound/shop/catalog:80', direction: 'outbound', address: '127.113.156.203', port: 80,
      hostnames: ['catalog', 'catalog.shop', 'catalog.shop.svc', 'catalog.shop.svc.cluster.local'],
      routes: [{ name: 'default', split: [{ cluster: 'shop/catalog-v1', weight: 100 }], timeoutMs: 300 }],
    });
  });

  test('finds the endpoints of a version in the slices of its Service, and balances as the destination says', () => {
    expect(document.clusters[1]).toEqual({
      name: 'shop/catalog-v1',
      discovery: {
        type: 'endpointSlice', namespace: 'shop', service: 'catalog-v1', portName: 'http', fallback: { hostname: 'catalog-v1.shop.svc.cluster.local', port: 15006 },
      },
      loadBalancing: { type: 'leastRequest', choices: 3 },
    });
    expect(document.kubernetes).toEqual({ tokenFile: '/var/run/secrets/cdk8s-mesh/token', caFile: '/var/run/secrets/cdk8s-mesh/ca.crt' });
  });

  test('lets the sidecar listen below port 1024', () => {
    expect(spec.securityContext.sysctls).toEqual([{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }]);
  });

  test('gives a token to the sidecar, and to nothing else', () => {
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.volumes.find(({ name }: Manifest) => name === 'mesh-token')).toEqual({
      name: 'mesh-token',
      projected: {
        sources: [
          { serviceAccountToken: { expirationSeconds: 3_600, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        ],
      },
    });
    expect(spec.initContainers[0].volumeMounts).toContainEqual({ name: 'mesh-token', mountPath: '/var/run/secrets/cdk8s-mesh' });
    expect(spec.containers[0].volumeMounts.map(({ name }: Manifest) => name)).not.toContain('mesh-token');
  });

  test('may read EndpointSlices in the namespace of the destination, and nothing else', () => {
    expect(findByKind(manifests, 'Role').map(({ metadata, rules }) => ({ ...metadata, rules }))).toEqual([{
      name: 'cdk8s-mesh.shop.web', namespace: 'shop', rules: [{ apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] }],
    }]);
    expect(findByKind(manifests, 'RoleBinding')).toMatchObject([{
      metadata: { name: 'cdk8s-mesh.shop.web', namespace: 'shop' },
      roleRef: { kind: 'Role', name: 'cdk8s-mesh.shop.web' },
      subjects: [{ kind: 'ServiceAccount', name: 'web', namespace: 'shop' }],
    }]);
  });

  test('changes nothing for the destination', () => {
    expect(documentOf(manifests, 'catalog-v1').listeners).toHaveLength(1);
    expect(podSpec(findOne(manifests, 'Deployment', 'catalog-v1')).hostAliases).toBeUndefined();
  });
});

describe('what a caller says', () => {
  const cluster = (props: Partial<MeshServiceProps>, loadBalancing?: LoadBalancing) => {
    const chart = newChart();
    const web = service(chart, 'web');
    web.calls(service(chart, 'catalog', props), { loadBalancing });
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    return documentOf(manifests, 'web-v1');
  };

  test('about balancing goes before what the destination says', () => {
    expect(cluster({ loadBalancing: LoadBalancing.random() }).clusters[1].loadBalancing).toEqual({ type: 'random' });
    expect(cluster({ loadBalancing: LoadBalancing.random() }, LoadBalancing.leastRequest()).clusters[1].loadBalancing).toEqual({ type: 'leastRequest' });
    expect(cluster({ loadBalancing: LoadBalancing.random() }, LoadBalancing.roundRobin()).clusters[1].loadBalancing).toBeUndefined();
  });

  test('about weights of zones goes to discovery, which knows the zones', () => {
    const weighted = LoadBalancing.weightedRoundRobin({ zoneWeights: { 'eu-1a': 3, 'eu-1b': 1 } });
    for (const { clusters } of [cluster({ loadBalancing: weighted }), cluster({}, weighted)]) {
      expect(clusters[1].loadBalancing).toEqual({ type: 'weightedRoundRobin' });
      expect(clusters[1].discovery).toMatchObject({ zoneWeights: { 'eu-1a': 3, 'eu-1b': 1 } });
    }
  });

  test('about the timeout is left out when it is the default, and can switch it off', () => {
    const timeout = (duration?: Duration) => {
      const chart = newChart();
      const web = service(chart, 'web');
      web.calls(service(chart, 'catalog'), { timeout: duration });
      return documentOf(Testing.synth(chart), 'web-v1').listeners[1].routes[0].timeoutMs;
    };
    expect(timeout()).toBeUndefined();
    expect(timeout(Duration.seconds(15))).toBeUndefined();
    expect(timeout(Duration.millis(0))).toBe(0);
  });

  test('of another port is the port of the listener', () => {
    const chart = newChart();
    const web = service(chart, 'web');
    web.calls(service(chart, 'catalog', { port: 9000 }));
    expect(documentOf(Testing.synth(chart), 'web-v1').listeners[1]).toMatchObject({ name: 'outbound/shop/catalog:9000', port: 9000 });
  });
});

describe('calls in a circle', () => {
  test('are allowed', () => {
    const chart = newChart();
    const [a, b] = ['a', 'b'].map((name) => service(chart, name));
    a.calls(b);
    b.calls(a);
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    expect(documentOf(manifests, 'a-v1').clusters[1].name).toBe('shop/b-v1');
    expect(documentOf(manifests, 'b-v1').clusters[1].name).toBe('shop/a-v1');
  });
});

describe('across charts and namespaces', () => {
  const across = (app: App = Testing.app()) => {
    const data = new Chart(app, 'data', { namespace: 'data' });
    const front = new Chart(app, 'front', { namespace: 'front' });
    const catalog = service(data, 'catalog');
    const web = service(front, 'web');
    web.calls(catalog);
    web.calls(service(front, 'cart'));
    web.calls(service(data, 'prices'));
    return { data, front };
  };
  const { data, front } = across();
  const manifests = [...Testing.synth(data), ...Testing.synth(front)];

  test('yields what Kubernetes and the proxy accept', () => {
    expectSound(manifests);
  });

  test('the short name leads only to a service of the same namespace', () => {
    expect(documentOf(manifests, 'web-v1').listeners.flatMap(({ hostnames }) => (hostnames ? [hostnames] : []))).toEqual([
      ['catalog.data', 'catalog.data.svc', 'catalog.data.svc.cluster.local'],
      ['prices.data', 'prices.data.svc', 'prices.data.svc.cluster.local'],
      ['cart', 'cart.front', 'cart.front.svc', 'cart.front.svc.cluster.local'],
    ]);
  });

  test('a permission is in each namespace called, once, for the account in the caller\'s', () => {
    const place = ({ metadata }: Manifest) => `${metadata.namespace}/${metadata.name}`;
    expect(findByKind(manifests, 'Role').map(place)).toEqual(['data/cdk8s-mesh.front.web', 'front/cdk8s-mesh.front.web']);
    expect(findByKind(manifests, 'RoleBinding').map((binding) => [place(binding), binding.subjects[0].namespace])).toEqual([
      ['data/cdk8s-mesh.front.web', 'front'], ['front/cdk8s-mesh.front.web', 'front'],
    ]);
  });

  test('callers in one chart share it for each namespace, by the name of the first; an account is in it once', () => {
    const chart = newChart();
    const [catalog, cart] = ['catalog', 'cart'].map((name) => service(chart, name));
    const web = service(chart, 'web');
    web.calls(catalog!);
    // A version of it has the account of the service.
    web.addVersion('v2', { containers: [{ image: 'ghcr.io/acme/web:2', portNumber: 8080 }], weight: 10 }).calls(cart!);
    cart!.calls(catalog!);
    const all = Testing.synth(chart);
    expectSound(all);
    expect(findByKind(all, 'Role').map(({ metadata }) => metadata.name)).toEqual(['cdk8s-mesh.shop.web']);
    expect(findByKind(all, 'RoleBinding').map(({ metadata, subjects }) => [metadata.name, subjects])).toEqual([['cdk8s-mesh.shop.web', [
      { kind: 'ServiceAccount', name: 'web', namespace: 'shop' }, { kind: 'ServiceAccount', name: 'cart', namespace: 'shop' },
    ]]]);
  });

  test('charts of one namespace have one each, so that each can be applied and taken away alone', () => {
    const app = Testing.app();
    const [front, back] = ['front', 'back'].map((id) => new Chart(app, id, { namespace: 'shop' }));
    const catalog = service(back!, 'catalog');
    service(front!, 'web').calls(catalog);
    service(back!, 'cart').calls(catalog);
    const bindings = [front!, back!].map((chart) => findByKind(Testing.synth(chart), 'RoleBinding').map(({ metadata, subjects }) => [metadata.name, subjects.length]));
    expect(bindings).toEqual([[['cdk8s-mesh.shop.web', 1]], [['cdk8s-mesh.shop.cart', 1]]]);
  });

  test('the objects of a caller stay in its own chart', () => {
    expect(findByKind(Testing.synth(across().data), 'Role')).toEqual([]);
  });

  test('services of one name in two namespaces are different services', () => {
    const app = Testing.app();
    const charts = ['one', 'two'].map((name) => new Chart(app, name, { namespace: name }));
    const [first, second] = charts.map((chart) => service(chart, 'web'));
    first.calls(second);
    const all = charts.flatMap((chart) => Testing.synth(chart));
    expectSound(all);
    expect(documentOf(Testing.synth(charts[0]), 'web-v1').clusters[1]).toMatchObject({ name: 'two/web-v1', discovery: { namespace: 'two' } });
  });

  test('a chart without a namespace is taken as default, and its objects name none', () => {
    const chart = newChart({});
    const web = service(chart, 'web');
    web.calls(service(chart, 'catalog'));
    const all = Testing.synth(chart);
    expectSound(all);
    expect(all.map(({ metadata }) => metadata.namespace).filter(Boolean)).toEqual([]);
    expect(documentOf(all, 'web-v1').node.namespace).toBe('default');
    expect(findByKind(all, 'RoleBinding')[0].subjects[0]).toMatchObject({ name: 'web', namespace: 'default' });
    expect(documentOf(all, 'web-v1').listeners[1].hostnames).toContain('catalog.default.svc');
  });

  test('a permission for a chart without a namespace does not land in the caller\'s', () => {
    const app = Testing.app();
    const nowhere = new Chart(app, 'nowhere');
    const front = new Chart(app, 'front', { namespace: 'front' });
    service(front, 'web').calls(service(nowhere, 'catalog'));
    expect(findByKind(Testing.synth(front), 'Role')[0].metadata.namespace).toBe('default');
  });
});

describe('what comes out', () => {
  const chartOf = (names: string[], calls: [string, string][], id = 'chart', app = Testing.app()) => {
    const chart = new Chart(app, id, { namespace: 'shop' });
    const services = new Map(names.map((name) => [name, service(chart, name)]));
    calls.forEach(([from, to]) => services.get(from)!.calls(services.get(to)!));
    return chart;
  };
  const byName = (manifests: Manifest[]) => new Map(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, JSON.stringify(manifest)]));

  test('is the same when synthesized twice', () => {
    const chart = chartOf(['web', 'catalog', 'cart'], [['web', 'catalog'], ['web', 'cart']]);
    expect(Testing.synth(chart)).toEqual(Testing.synth(chart));
  });

  test('does not depend on the order of declarations', () => {
    const one = byName(Testing.synth(chartOf(['web', 'catalog', 'cart'], [['web', 'catalog'], ['web', 'cart']])));
    const other = byName(Testing.synth(chartOf(['cart', 'web', 'catalog'], [['web', 'cart'], ['web', 'catalog']])));
    expect([...other].sort()).toEqual([...one].sort());
  });

  test('changes only in the caller\'s document when a call is added', () => {
    const before = byName(Testing.synth(chartOf(['web', 'catalog', 'cart'], [['web', 'cart']])));
    const after = byName(Testing.synth(chartOf(['web', 'catalog', 'cart'], [['web', 'cart'], ['web', 'catalog']])));
    expect([...after.keys()]).toEqual([...before.keys()]);
    expect([...after].filter(([name, yaml]) => before.get(name) !== yaml).map(([name]) => name)).toEqual(['ConfigMap web-v1-mesh']);
    const address = (all: Map<string, string>) => documentOf([JSON.parse(all.get('ConfigMap web-v1-mesh')!)], 'web-v1').listeners
      .find(({ hostnames }) => hostnames?.[0] === 'cart')?.address;
    expect(address(after)).toBe(address(before));
  });

  test('changes only in new objects when a service is added', () => {
    const before = byName(Testing.synth(chartOf(['web', 'cart'], [['web', 'cart']])));
    const after = byName(Testing.synth(chartOf(['web', 'cart', 'catalog'], [['web', 'cart']])));
    expect([...after].filter(([name, yaml]) => before.has(name) && before.get(name) !== yaml)).toEqual([]);
  });

  test('is the same for a stack that is there twice in an app, but for the namespace', () => {
    const app = Testing.app();
    const charts = ['blue', 'green'].map((namespace) => {
      const chart = new Chart(app, namespace, { namespace });
      service(chart, 'web').calls(service(chart, 'catalog'));
      return chart;
    });
    const [blue, green] = charts.map((chart) => Testing.synth(chart));
    expectSound([...blue, ...green]);
    expect(blue.map(({ kind, metadata }) => `${kind} ${metadata.name.replaceAll('blue', 'x')}`)).toEqual(green.map(({ kind, metadata }) => `${kind} ${metadata.name.replaceAll('green', 'x')}`));
  });

  test('may use a name twice for two clusters, each named by a Mesh', () => {
    const app = Testing.app();
    const charts = ['staging', 'production'].map((cluster) => {
      const chart = new Chart(app, cluster, { namespace: 'shop' });
      new Mesh(chart, 'mesh', { cluster });
      service(chart, 'web');
      return chart;
    });
    expect(charts.map((chart) => findByKind(Testing.synth(chart), 'Deployment').length)).toEqual([1, 1]);
  });
});

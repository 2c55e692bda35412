/** Everything that a person can get wrong, and what they read then: the construct's path, the prop, the value, the remedy. */
import { Chart, Duration, Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Discovery, DisruptionBudget, ExternalEndpoints, ExternalService, LoadBalancing, Mesh, MeshService, MeshServiceProps, MeshSidecar, OutlierDetection,
  ProxyImage, Retry, Scaling, ServiceType, SessionAffinity, TrafficPolicy, VersionProps,
} from '../../src';
import { newChart } from '../support/manifests';
import { mistake } from '../support/mistake';

const app = { image: 'ghcr.io/acme/web:1', portNumber: 8080 };
const make = (props: object = {}, id = 'web', chart: Chart = newChart()) => new MeshService(chart, id, { containers: [app], ...props } as MeshServiceProps);
const other = (chart: Chart, name = 'catalog', props: Partial<MeshServiceProps> = {}) => new MeshService(chart, name, { containers: [{ ...app, portNumber: 9090 }], ...props });

describe('one wrong prop of a service is refused with its path, value and remedy', () => {
  const cases: [string, object, string][] = [
    ['an unknown prop that resembles one', { wieght: 5 }, '\'wieght\' is not a prop here: did you mean \'weight\'?'],
    ['a port out of range', { port: 70_000 }, '\'port\' is 70000: use a whole number from 1 to 65535'],
    ['a port of zero', { port: 0 }, '\'port\' is 0: use a whole number from 1 to 65535'],
    ['a name with capitals', { name: 'Web' }, '\'name\' is "Web": use 1 to 63 of a-z, 0-9 and -, starting with a letter and ending with a letter or digit'],
    ['a name that starts with a digit, as no Service may', { name: '1web' }, '\'name\' is "1web": use 1 to 63 of a-z, 0-9 and -, starting with a letter and ending with a letter or digit'],
    ['a name that is too long', { name: 'a'.repeat(64) }, `'name' is "${'a'.repeat(64)}": use 1 to 63 of a-z`],
    ['a name that is too long with its version', { name: 'a'.repeat(61), version: 'v1' }, '\'version\' is "v1": with it, the name'],
    ['a version that is no label', { version: '1.8' }, '\'version\' is "1.8": use 1 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit'],
    ['a port name that is no label', { portName: 'HTTP' }, '\'portName\' is "HTTP": use 1 to 63 of a-z'],
    ['no container', { containers: [] }, '\'containers\' is []: name at least one container: the app'],
    ['containers forgotten', { containers: undefined }, '\'containers\' is missing: name at least one container: the app'],
    ['an app without a port', { containers: [{ image: 'x' }] }, '\'containers[0].portNumber\' is missing: name the port that the app listens on'],
    ['an app\'s port out of range', { containers: [{ image: 'x', portNumber: -1 }] }, '\'containers[0].portNumber\' is -1: use a whole number from 1 to 65535'],
    ['a second port out of range', { containers: [app, { image: 'x', name: 'b', ports: [{ number: 99_999 }] }] }, '\'containers[1].ports[0].number\' is 99999: use a whole number'],
    ['a port said in two ways', { containers: [{ ...app, port: 80 }] }, '\'containers[0].port\' is 80: \'portNumber\' is 8080 and means the same; leave out \'port\''],
    ['a port that is no number', { port: '80' }, '\'port\' is "80": use a whole number from 1 to 65535'],
    ['a container without an image', { containers: [{ portNumber: 80 }] }, '\'containers[0].image\' is missing: name an image'],
    ['a container\'s name that is no label', { containers: [{ ...app, name: 'My App' }] }, '\'containers[0].name\' is "My App": use 1 to 63'],
    ['a negative weight', { weight: -1 }, '\'weight\' is -1: use a whole number from 0 to 1000000'],
    ['a broken weight', { weight: 0.5 }, '\'weight\' is 0.5: weights are whole numbers; use percent, such as 50'],
    ['min above max', { scaling: Scaling.between(5, 3) }, '\'scaling.min\' is 5: it is above the max of 3; make min at most max'],
    ['a minimum of none', { scaling: Scaling.between(0, 3) }, '\'scaling.min\' is 0: use a whole number of at least 1'],
    ['a target of none', { scaling: Scaling.between(1, 3, { cpuPercent: 0 }) }, '\'scaling.cpuPercent\' is 0: use a whole number of at least 1'],
    ['negative replicas', { scaling: Scaling.replicas(-2) }, '\'scaling.replicas\' is -2: use a whole number of at least 0'],
    ['a budget of nothing', { disruptionBudget: DisruptionBudget.maxUnavailable(0) },
      '\'disruptionBudget.maxUnavailable\' is 0: with 2 replicas it never lets a pod be evicted and blocks every node drain; use maxUnavailable(1), or more replicas'],
    ['a budget that keeps all', { disruptionBudget: DisruptionBudget.minAvailable(2) }, '\'disruptionBudget.minAvailable\' is 2: with 2 replicas it never lets a pod be evicted'],
    ['a budget that keeps all by rounding', { disruptionBudget: DisruptionBudget.minAvailablePercent(51) },
      '\'disruptionBudget.minAvailablePercent\' is 51: with 2 replicas it never lets a pod be evicted'],
    ['a budget that keeps the one there is', { scaling: Scaling.replicas(1), disruptionBudget: DisruptionBudget.minAvailable(1) }, 'with 1 replica it never lets a pod be evicted'],
    ['a budget that keeps the fewest there may be', { scaling: Scaling.between(3, 30), disruptionBudget: DisruptionBudget.minAvailable(3) }, 'with 3 replicas it never lets'],
    ['a share above all', { disruptionBudget: DisruptionBudget.maxUnavailablePercent(101) }, '\'disruptionBudget.maxUnavailablePercent\' is 101: use a whole number from 0 to 100'],
    ['too few choices', { loadBalancing: LoadBalancing.leastRequest({ choices: 1 }) }, '\'loadBalancing.choices\' is 1: use a whole number from 2 to 10'],
    ['a zone\'s weight of zero', { loadBalancing: LoadBalancing.weightedRoundRobin({ zoneWeights: { a: 0 } }) }, '\'loadBalancing.zoneWeights[\'a\']\' is 0: use a whole number from 1 to 65535'],
    ['zones that DNS does not tell', { loadBalancing: LoadBalancing.weightedRoundRobin({ zoneWeights: { a: 2 } }), discovery: Discovery.dns() },
      '\'loadBalancing.zoneWeights\' is {"a":2}: DNS does not tell zones; leave it out, or use Discovery.endpointSlices()'],
    ['a DNS server by name', { discovery: Discovery.dns({ servers: ['dns.example.com'] }) }, '\'discovery.servers[0]\' is "dns.example.com": use an IP address'],
    ['a DNS server on no port', { discovery: Discovery.dns({ servers: ['10.0.0.1:99999'] }) }, '\'discovery.servers[0]\' is "10.0.0.1:99999": use an IP address'],
    ['no DNS server', { discovery: Discovery.dns({ servers: [] }) }, '\'discovery.servers\' is []: name at least one DNS server'],
    ['a node\'s port without one', { nodePort: 30_000 }, '\'nodePort\' is 30000: a Service of type ClusterIP has none; use the type NODE_PORT or LOAD_BALANCER, or leave it out'],
    ['an external policy inside', { externalTrafficPolicy: TrafficPolicy.LOCAL }, '\'externalTrafficPolicy\' is "Local": a Service of type ClusterIP takes nothing from outside'],
    ['source ranges without a balancer', { type: ServiceType.NODE_PORT, loadBalancerSourceRanges: [] }, '\'loadBalancerSourceRanges\' is []: a Service of type NodePort has no load balancer'],
    ['affinity without an address', { type: ServiceType.HEADLESS, internalTrafficPolicy: TrafficPolicy.LOCAL }, '\'internalTrafficPolicy\' is "Local": a headless Service has no virtual address'],
    ['affinity for ever', { sessionAffinity: SessionAffinity.clientIp({ timeout: Duration.days(2) }) }, '\'sessionAffinity.timeout (seconds)\' is 172800: use a whole number from 1 to 86400'],
    ['an image of nothing', { proxyImage: ProxyImage.of(' ') }, '\'proxyImage\' is " ": use a full reference'],
    ['a request above the limit', { proxyResources: { memory: { request: Size.mebibytes(256), limit: Size.mebibytes(128) } } },
      '\'proxyResources.memory.request\' is "256Mi": it is above the limit of 128Mi; make it at most the limit'],
    ['a limit that is not there', { limits: { maxConections: 5 } }, '\'limits.maxConections\' is not a prop here: did you mean \'maxConnections\'?'],
    ['a limit of a document and not of a person', { limits: { maxHeadBytes: 5 } }, '\'limits.maxHeadBytes\' is not a prop here: did you mean \'maxHeadSize\'?'],
    ['limits that are none', { limits: 5 }, '\'limits\' is 5: use an object with any of bodyTimeout, headTimeout,'],
    ['a limit of none', { limits: { maxConnections: 0 } }, '\'limits.maxConnections\' is 0: use a whole number of at least 1'],
    ['a limit out of range', { limits: { maxHeaderFields: 1_001 } }, '\'limits.maxHeaderFields\' is 1001: use a whole number from 1 to 1000'],
    ['a broken limit', { limits: { maxRequestsPerConnection: 1.5 } }, '\'limits.maxRequestsPerConnection\' is 1.5: use a whole number of at least 0'],
    ['a size that is too small', { limits: { maxBufferedSize: Size.kibibytes(0.5) } }, '\'limits.maxBufferedSize\' is "512 bytes": use whole bytes, at least 1024'],
    ['a size that is too large', { limits: { maxHeadSize: Size.mebibytes(2) } }, '\'limits.maxHeadSize\' is "2097152 bytes": use whole bytes, from 64 to 1048576'],
    ['half a byte', { limits: { maxBodySize: Size.kibibytes(1 / 2_048) } }, '\'limits.maxBodySize\' is "0.5 bytes": use whole bytes, at least 0'],
    ['a size that is a number', { limits: { maxBodySize: 1_024 } }, '\'limits.maxBodySize\' is 1024: use a Size, such as Size.kibibytes(16)'],
    ['a size that is a time', { limits: { maxBodySize: Duration.seconds(1) } }, 'use a Size, such as Size.kibibytes(16)'],
    ['a time that is a number', { limits: { headTimeout: 500 } }, '\'limits.headTimeout\' is 500: use a Duration, such as Duration.seconds(10)'],
    ['a time that is nothing', { limits: { headTimeout: null } }, '\'limits.headTimeout\' is null: use a Duration, such as Duration.seconds(10)'],
    ['no time', { limits: { idleTimeout: Duration.seconds(0) } }, '\'limits.idleTimeout\' is "0 ms": use whole milliseconds, from 1 ms to 24 days'],
    ['half a millisecond', { limits: { bodyTimeout: Duration.millis(0.5) } }, '\'limits.bodyTimeout\' is "0.5 ms": use whole milliseconds, from 1 ms to 24 days'],
    ['a time that is longer than timers are', { limits: { tunnelIdleTimeout: Duration.days(25) } }, '\'limits.tunnelIdleTimeout\' is "2160000000 ms": use whole milliseconds, from 1 ms to 24 days'],
    ['a start line that is longer than the head', { limits: { maxStartLineSize: Size.kibibytes(32) } },
      '\'limits.maxStartLineSize\' is "32768 bytes": it is a part of the head, which may have 16384 bytes; raise \'limits.maxHeadSize\' to at least as much'],
    ['connections of none', { connections: { maxConnectionsPerEndpoint: 0 } }, '\'connections.maxConnectionsPerEndpoint\' is 0: use a whole number of at least 1'],
    ['a connection kept for longer than the service does', { connections: { idleTimeout: Duration.seconds(60) } },
      '\'connections.idleTimeout\' is "60000 ms": the service called closes a connection that is idle for 60000 ms (\'limits.idleTimeout\'), '
      + 'so requests would be sent on connections that are just being closed; stay well below that, or leave it out'],
    ['an app\'s connections that can\'t be', { appConnections: { maxPendingRequests: -1 } }, '\'appConnections.maxPendingRequests\' is -1: use a whole number of at least 0'],
    ['no request that may wait for a connection', { connections: { maxPendingRequests: 0 } },
      '\'connections.maxPendingRequests\' is 0: no request would ever be answered, as one waits while its connection is being made, too; use at least 1, or leave it out'],
    ['no request that may wait for a connection to the app', { appConnections: { maxPendingRequests: 0 } }, '\'appConnections.maxPendingRequests\' is 0: no request would'],
    ['an ejection above the longest', { outlierDetection: OutlierDetection.eject({ baseEjection: Duration.seconds(60), maxEjection: Duration.seconds(1) }) },
      '\'outlierDetection.baseEjection\' is "60000 ms": it never lasts longer than \'outlierDetection.maxEjection\', 1000 ms; use that much at most, or raise'],
    ['an ejection above the longest by default', { outlierDetection: OutlierDetection.eject({ baseEjection: Duration.minutes(10) }) },
      '\'outlierDetection.baseEjection\' is "600000 ms": it never lasts longer than \'outlierDetection.maxEjection\', 300000 ms'],
    ['a wait above the longest', { retry: Retry.idempotent({ backoff: Duration.millis(251) }) },
      '\'retry.backoff\' is "251 ms": it never lasts longer than \'retry.maxBackoff\', 250 ms; use that much at most, or raise \'retry.maxBackoff\''],
    ['no room for retries', { retry: Retry.idempotent({ budget: { maxInFlight: 0 } }) },
      '\'retry.budget.maxInFlight\' is 0: no request could ever be sent again; use at least 1, or say Retry.none()'],
    ['a budget of nothing', { retry: Retry.idempotent({ budget: { percent: 0, minimumPerSecond: 0 } }) },
      '\'retry.budget\' is {"percent":0,"minimumPerSecond":0}: 0 % of the requests and 0 a second are no retry of what an application may have seen, and no hedge'],
    ['a budget of nothing for hedges', { retry: Retry.idempotent({ maxRetries: 0, hedge: {}, budget: { percent: 0, minimumPerSecond: 0 } }) }, '\'retry.budget\' is {'],
    ['no worker', { workers: 0 }, '\'workers\' is 0: use a whole number from 1 to 64'],
    ['too many workers', { workers: 65 }, '\'workers\' is 65: use a whole number from 1 to 64'],
  ];

  test.each(cases)('%s', (_, props, message) => {
    const said = mistake(() => make(props));
    expect(said).toContain('[chart/web] ');
    expect(said).toContain(message);
  });

  test('a construct\'s id that can\'t be the name says so', () => {
    expect(mistake(() => make({}, 'Web_App'))).toContain('[chart/Web_App] \'id\' is "web_app": use 1 to 63');
  });

  test('an unknown prop that resembles none lists those that there are', () => {
    expect(mistake(() => make({ sidecarInjection: true }))).toMatch(/'sidecarInjection' is not a prop here: use any of accessLog, .*, workers$/);
  });

  test('the list of props is given once', () => {
    expect(mistake(() => make({ sidecarInjection: true, mtlsMode: 1 }))).toMatch(/'mtlsMode' is not a prop here: use one of those$/);
  });

  test.each([
    [{ replicas: 3 }, 'use \'scaling\', such as Scaling.replicas(3)'],
    [{ mtls: 'STRICT' }, 'use \'mutualTls\''],
    [{ subsets: [] }, 'add versions with addVersion()'],
    [{ trafficPolicy: {} }, 'use \'loadBalancing\', \'connections\' and \'outlierDetection\''],
    [{ image: 'web:1' }, 'use \'containers[0].image\', such as [{ image: \'ghcr.io/acme/web:1\', portNumber: 8080 }]'],
    [{ env: {} }, 'it is of a container; use \'containers[0].envVariables\''],
    [{ labels: {} }, 'use \'podMetadata\', such as { labels: { team: \'shop\' } }'],
    [{ ports: [] }, 'use \'port\' for the port that callers use, \'containers[0].portNumber\' for the app\'s, and addPort() for further ones'],
    [{ retries: 2 }, 'use \'retry\', such as Retry.idempotent({ maxRetries: 2 })'],
    [{ retryPolicy: {} }, 'use \'retry\', such as Retry.idempotent({ maxRetries: 2 })'],
    [{ hostNetwork: true }, 'pods with a sidecar have a network of their own, so leave it out'],
    [{ dockerRegistryAuth: {} }, 'use \'imagePullSecrets\', a list of Secrets'],
    [{ connectionPool: {} }, 'use \'connections\''],
    [{ outlier_detection: {} }, 'use \'outlierDetection\''],
    [{ circuit_breakers: {} }, 'use \'connections\' for limits, and \'outlierDetection\' for pods that fail'],
    [{ pdb: {} }, 'use \'disruptionBudget\', such as DisruptionBudget.maxUnavailable(1)'],
  ])('a prop of Istio or Kubernetes says what stands for it: %j', (props, expected) => {
    expect(mistake(() => make(props))).toBe(`[chart/web] '${Object.keys(props)[0]}' is not a prop here: ${expected}`);
  });

  test.each([
    ['OutlierDetection.eject', { baseEjectionTime: Duration.seconds(30) }, 'use \'baseEjection\''],
    ['OutlierDetection.eject', { base_ejection_time: Duration.seconds(30) }, 'use \'baseEjection\''],
    ['OutlierDetection.eject', { consecutive5xxErrors: 5 }, 'use \'consecutiveServerErrors\''],
    ['OutlierDetection.eject', { consecutive_gateway_failure: 5 }, 'use \'consecutiveGatewayErrors\''],
    ['OutlierDetection.eject', { maxEjectionPercent: 10 }, 'use \'maxEjectedPercent\''],
    ['Retry.idempotent', { perTryTimeout: Duration.seconds(1) }, 'use \'tryTimeout\''],
    ['Retry.idempotent', { attempts: 3 }, 'use \'maxRetries\''],
    ['connections', { http1MaxPendingRequests: 10 }, 'use \'maxPendingRequests\''],
    ['connections', { http2MaxRequests: 10 }, 'use \'maxRequests\''],
  ])('an option of Istio or Envoy says what stands for it: %s(%j)', (where, options, expected) => {
    const props = where === 'connections' ? { connections: options }
      : where === 'Retry.idempotent' ? { retry: Retry.idempotent(options as object) } : { outlierDetection: OutlierDetection.eject(options as object) };
    expect(mistake(() => make(props))).toContain(`.${Object.keys(options)[0]}' is not a prop here: ${expected}`);
  });

  test('a namespace that Kubernetes would refuse', () => {
    expect(mistake(() => make({}, 'web', newChart({ namespace: 'My Shop' })))).toContain('\'namespace\' is "My Shop": use 1 to 63');
  });

  test('several are reported together', () => {
    expect(mistake(() => make({ port: 0, name: 'No', scaling: Scaling.between(9, 1), wieght: 1 }))).toBe([
      '[chart/web] 4 props are wrong:',
      '  - \'wieght\' is not a prop here: did you mean \'weight\'?',
      '  - \'name\' is "No": use 1 to 63 of a-z, 0-9 and -, starting with a letter and ending with a letter or digit',
      '  - \'port\' is 0: use a whole number from 1 to 65535',
      '  - \'scaling.min\' is 9: it is above the max of 1; make min at most max',
    ].join('\n'));
  });
});

test('several wrong limits and connections are reported together', () => {
  const limits = { maxConnections: -1, headTimeout: Duration.millis(0), idleTimeout: 'long', maxHeadSize: Size.kibibytes(0), bodytimeout: 1 };
  expect(mistake(() => make({ workers: 1.5, limits, connections: { connectTimeout: Duration.millis(1.5) }, appConnections: { idle: 1 } }))).toBe([
    '[chart/web] 8 props are wrong:',
    '  - \'limits.bodytimeout\' is not a prop here: did you mean \'bodyTimeout\'?',
    '  - \'limits.maxConnections\' is -1: use a whole number of at least 1',
    '  - \'limits.maxHeadSize\' is "0 bytes": use whole bytes, from 64 to 1048576',
    '  - \'limits.idleTimeout\' is "long": use a Duration, such as Duration.seconds(10)',
    '  - \'limits.headTimeout\' is "0 ms": use whole milliseconds, from 1 ms to 24 days',
    '  - \'appConnections.idle\' is not a prop here: did you mean \'idleTimeout\'?',
    '  - \'workers\' is 1.5: use a whole number from 1 to 64',
    '  - \'connections.connectTimeout\' is "1.5 ms": use whole milliseconds, from 1 ms to 24 days',
  ].join('\n'));
});

describe('a value of the wrong kind is refused before anything looks into it', () => {
  const cases: [string, object, string][] = [
    ['a policy by name', { loadBalancing: 'leastRequest' }, '\'loadBalancing\' is "leastRequest": make it with LoadBalancing.leastRequest(), for example'],
    ['discovery by name', { discovery: 'dns' }, '\'discovery\' is "dns": make it with Discovery.endpointSlices() or Discovery.dns()'],
    ['a struct in place of a Scaling', { scaling: { min: 1, max: 2 } }, '\'scaling\' is {"min":1,"max":2}: make it with Scaling.replicas(3) or Scaling.between(3, 30)'],
    ['a number in place of a budget', { disruptionBudget: 1 }, '\'disruptionBudget\' is 1: make it with DisruptionBudget.maxUnavailable(1), for example'],
    ['a number in place of a time', { proxyDrain: 5 }, '\'proxyDrain\' is 5: use a Duration, such as Duration.seconds(5)'],
    ['null in place of a time', { proxyDrain: null }, '\'proxyDrain\' is null: use a Duration, such as Duration.seconds(5)'],
    ['an image as text', { proxyImage: 'proxy:1' }, '\'proxyImage\' is "proxy:1": make it with ProxyImage.of('],
    ['a type that there is not', { type: 'Loadbalancer' }, '\'type\' is "Loadbalancer": use one of ServiceType.CLUSTER_IP, ServiceType.NODE_PORT, '],
    ['a policy that there is not', { type: ServiceType.NODE_PORT, externalTrafficPolicy: 'local' }, '\'externalTrafficPolicy\' is "local": use one of TrafficPolicy.CLUSTER, TrafficPolicy.LOCAL'],
    ['an access log that there is not', { accessLog: true }, '\'accessLog\' is true: use one of AccessLog.OFF, AccessLog.ERRORS, AccessLog.ALL'],
    ['an affinity as text', { sessionAffinity: 'ClientIP' }, '\'sessionAffinity\' is "ClientIP": make it with SessionAffinity.clientIp()'],
    ['a range without a prefix', { type: ServiceType.LOAD_BALANCER, loadBalancerSourceRanges: ['10.0.0.1'] }, '\'loadBalancerSourceRanges\' is ["10.0.0.1"]: list ranges'],
    ['a range with too long a prefix', { type: ServiceType.LOAD_BALANCER, loadBalancerSourceRanges: ['10.0.0.0/33'] }, '\'loadBalancerSourceRanges\' is ["10.0.0.0/33"]: list ranges'],
    ['an annotation\'s name that Kubernetes refuses', { serviceAnnotations: { 'a b': 'c' } }, '\'serviceAnnotations\' is {"a b":"c"}: use names such as example.com/name'],
    ['an annotation that is no text', { serviceAnnotations: { a: 1 } }, '\'serviceAnnotations\' is {"a":1}: use names such as example.com/name, with texts as values'],
    ['a container that is none', { containers: [null] }, '\'containers\' is [null]: list containers'],
    ['resources as text', { proxyResources: '128Mi' }, '\'proxyResources\' is "128Mi": use {'],
    ['a construct where a value belongs', { scaling: newChart() }, '\'scaling\' is a Chart: make it with Scaling'],
  ];

  test.each(cases)('%s', (_, props, message) => {
    expect(mistake(() => make(props))).toContain(`[chart/web] ${message}`);
  });

  test('what Kubernetes takes is taken', () => {
    expect(() => make({
      type: ServiceType.LOAD_BALANCER,
      externalTrafficPolicy: TrafficPolicy.LOCAL,
      loadBalancerSourceRanges: ['203.0.113.0/24', '2001:db8::/32', '0.0.0.0/0'],
      serviceAnnotations: { 'service.beta.kubernetes.io/aws-load-balancer-type': 'nlb', 'plain': '' },
      scaling: undefined,
    })).not.toThrow();
  });

  test('several are told together', () => {
    expect(mistake(() => make({ scaling: 3, proxyDrain: 5 }))).toMatch(/^\[chart\/web\] 2 props are wrong:\n {2}- 'scaling' is 3: .*\n {2}- 'proxyDrain' is 5: /);
  });

  test('no props at all, anywhere', () => {
    const none = undefined as never;
    expect(mistake(() => new MeshService(newChart(), 'web', none))).toBe('[chart/web] \'props\' is missing: give an object, such as { name: value }');
    expect(mistake(() => make().addVersion('v2', none))).toContain('\'addVersion(v2).props\' is missing');
    expect(mistake(() => new MeshSidecar(newChart(), 'sidecar', none))).toContain('\'props\' is missing');
    expect(mistake(() => new ExternalService(newChart(), 'ledger', none))).toContain('\'props\' is missing');
    expect(mistake(() => new Mesh(newChart(), 'mesh', null as never))).toContain('\'props\' is null');
  });

  test('in a version, a call, an external service, a sidecar and a mesh', () => {
    const chart = newChart();
    expect(mistake(() => make().addVersion('v2', { containers: [app], scaling: 2 as never }))).toContain('\'addVersion(v2).scaling\' is 2: make it with');
    expect(mistake(() => make({}, 'web', chart).calls(other(chart), { loadBalancing: 'random' as never }))).toContain('[chart/web] \'calls(catalog).loadBalancing\' is "random": make it');
    expect(mistake(() => new ExternalService(newChart(), 'ledger', { endpoints: '10.0.0.1' as never }))).toContain('\'endpoints\' is "10.0.0.1": say where it is');
    expect(mistake(() => new MeshSidecar(newChart(), 'sidecar', { workload: {} as never }))).toContain('\'workload\' is {}: give a Deployment');
    expect(mistake(() => new MeshSidecar(newChart(), 'sidecar', { workload: newChart() as never }))).toContain('\'workload\' is "chart": give a Deployment');
    expect(mistake(() => new Mesh(newChart(), 'mesh', { appDrain: '20s' as never }))).toContain('\'appDrain\' is "20s": use a Duration');
  });

  test('an option that a value does not have', () => {
    expect(mistake(() => make({ scaling: Scaling.between(1, 3, { cpu: 50 } as never) }))).toContain('\'scaling.cpu\' is not a prop here: did you mean \'cpuPercent\'?');
  });
});

describe('a version is refused', () => {
  const add = (version: string, props: Partial<VersionProps>) => mistake(() => make().addVersion(version, { containers: [app], ...props }));

  test('with a name that is there', () => {
    expect(add('v1', {})).toBe('[chart/web] \'version\' is "v1": \'web\' has it already; choose another name');
  });

  test('with wrong props, all at once', () => {
    const said = add('V 2', { weight: -5, containers: [{ image: 'x' }] });
    expect(said).toContain('[chart/web] 3 props are wrong:');
    expect(said).toContain('\'addVersion(V 2).version\' is "V 2"');
    expect(said).toContain('\'addVersion(V 2).containers[0].portNumber\' is missing');
    expect(said).toContain('\'addVersion(V 2).weight\' is -5');
  });

  test('with props that only a service has', () => {
    expect(add('v2', { port: 80 } as object)).toContain('\'port\' is not a prop here');
  });
});

describe('a destination may not have a name that every pod relies on', () => {
  const external = (hostname: string, namespace = 'shop') =>
    new ExternalService(newChart({ namespace }), 'other', { hostname, endpoints: ExternalEndpoints.dns('api.example.com') });

  test('localhost, whatever it is', () => {
    expect(mistake(() => make({ name: 'localhost' }))).toBe(
      '[chart/web] \'name\' is "localhost": this is every pod\'s name for itself, and callers would not reach their own pod by it any more; choose another name');
    expect(mistake(() => make({}, 'localhost'))).toContain('[chart/localhost] \'id\' is "localhost"');
    expect(mistake(() => external('localhost'))).toContain('[chart/other] \'hostname\' is "localhost"');
  });

  test('kubernetes in the namespace default, and its longer names', () => {
    const said = 'in namespace "default" this is the Service of the Kubernetes API; choose another name';
    expect(mistake(() => make({ name: 'kubernetes' }, 'web', newChart({ namespace: 'default' })))).toBe(`[chart/web] 'name' is "kubernetes": ${said}`);
    expect(mistake(() => make({ name: 'kubernetes' }, 'web', newChart({})))).toContain(said);
    for (const name of ['kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']) {
      expect(mistake(() => external(name))).toContain(`'hostname' is "${name}": ${said}`);
    }
  });

  test('but one that only resembles those', () => {
    expect(() => make({ name: 'kubernetes' })).not.toThrow();
    expect(() => make({ name: 'localhost-api' })).not.toThrow();
    expect(() => external('kubernetes')).not.toThrow();
    expect(() => external('kubernetes.default.example.com')).not.toThrow();
  });
});

describe('a time to stop above a day is refused with its sum', () => {
  test('of one service', () => {
    expect(mistake(() => make({ appDrain: Duration.days(1) }))).toBe('[chart/web] \'appDrain\' is "86400 s": 5 s (endpointPropagation) + 86400 s (appDrain) + 5 s (proxyDrain) '
      + '= 86410 s for a pod to stop, and a node is not drained before; stay within a day (86400 s) in all');
  });

  test('of a Mesh, and of a service together with its Mesh', () => {
    expect(mistake(() => new Mesh(newChart(), 'mesh', { proxyDrain: Duration.days(2) }))).toContain('[chart/mesh] \'proxyDrain\' is "172800 s": 172800 s (proxyDrain) = 172800 s');
    const chart = newChart();
    new Mesh(chart, 'mesh', { endpointPropagation: Duration.hours(13) });
    expect(mistake(() => make({ appDrain: Duration.hours(12) }, 'web', chart))).toContain(
      '[chart/web] \'endpointPropagation\' is "46800 s": 46800 s (endpointPropagation) + 43200 s (appDrain) + 5 s (proxyDrain) = 90005 s');
  });

  test('of a workload made elsewhere, by its own grace period', () => {
    const chart = newChart();
    const workload = new kplus.Job(chart, 'Job', { containers: [{ image: 'x:1' }], terminationGracePeriod: Duration.days(3) });
    expect(mistake(() => new MeshSidecar(chart, 'sidecar', { workload }))).toContain('[chart/sidecar] \'workload.terminationGracePeriod\' is "259200 s": '
      + '0 s (endpointPropagation) + 259200 s (workload.terminationGracePeriod) + 5 s (proxyDrain) = 259205 s');
  });

  test('but not one of exactly a day', () => {
    expect(() => make({ appDrain: Duration.seconds(86_390) })).not.toThrow();
  });
});

describe('a call is refused', () => {
  test('to the service itself', () => {
    const web = make();
    expect(mistake(() => web.calls(web))).toBe('[chart/web] \'calls(web)\' is "web": a service can\'t call itself through the mesh; use localhost');
    expect(mistake(() => web.versions[0].calls(web))).toContain('a service can\'t call itself');
  });

  test('twice to the same service', () => {
    const chart = newChart();
    const web = make({}, 'web', chart);
    const catalog = other(chart);
    web.calls(catalog);
    expect(mistake(() => web.calls(catalog, { timeout: Duration.seconds(1) }))).toBe('[chart/web] \'calls(catalog)\' is "catalog": it is called already; say everything in one calls()');
    expect(mistake(() => web.versions[0].calls(catalog))).toContain('it is called already');
  });

  test('to nothing', () => {
    expect(mistake(() => make().calls(undefined as never))).toBe('[chart/web] \'calls()\' got undefined: give it a MeshService, an ExternalService, or what MeshSidecar.expose() returns');
  });

  test('to a name', () => {
    expect(mistake(() => make().calls('catalog' as never))).toContain('\'calls()\' got "catalog": give it a MeshService');
  });

  test('to an object of another library', () => {
    const web = make();
    expect(mistake(() => web.calls(web.service as never))).toContain('\'calls()\' got a Service: give it a MeshService');
  });

  test('to a version', () => {
    const chart = newChart();
    const catalog = other(chart);
    expect(mistake(() => make({}, 'web', chart).calls(catalog.versions[0] as never))).toContain('\'calls()\' got a version: call the service, and send its requests to the version by a route');
  });

  test('to a sidecar, which expose() makes callable', () => {
    const chart = newChart();
    const ledger = new MeshSidecar(chart, 'ledger', { workload: new kplus.Deployment(chart, 'Ledger', { containers: [app] }) });
    expect(mistake(() => make({}, 'web', chart).calls(ledger as never))).toBe(
      '[chart/web] \'calls()\' got a MeshSidecar: call its expose() first, and give \'calls()\' what that returns; of a MeshService, give the service itself');
  });

  test('with wrong options, all at once', () => {
    const chart = newChart();
    const said = mistake(() => make({}, 'web', chart).calls(other(chart), { loadBalancing: LoadBalancing.leastRequest({ choices: 99 }), retries: 3 } as object));
    expect(said).toContain('\'calls(catalog).retries\' is not a prop here: use \'retry\', such as Retry.idempotent({ maxRetries: 2 })');
    expect(said).toContain('\'calls(catalog).loadBalancing.choices\' is 99: use a whole number from 2 to 10');
  });

  test('with waits that are as long as the call, all at once', () => {
    const chart = newChart();
    const long = Duration.millis(300);
    const hedge = { minimumDelay: long };
    const retry = Retry.idempotent({ tryTimeout: long, backoff: long, maxBackoff: long, maxRetryAfter: Duration.seconds(60), hedge });
    const call = { timeout: long, connections: { connectTimeout: Duration.seconds(5), pendingTimeout: long }, retry };
    const over = (prop: string, ms: number, consequence: string) => (
      `  - 'calls(catalog).${prop}' is "${ms} ms": the call has 300 ms in all, so ${consequence}; use less than that, or a longer timeout`);
    expect(mistake(() => make({}, 'web', chart).calls(other(chart), call))).toBe([
      '[chart/web] 7 props are wrong:',
      over('connections.connectTimeout', 5_000, 'another pod is never asked when one drops what is sent to it'),
      over('connections.pendingTimeout', 300, 'the call is over before that'),
      over('retry.tryTimeout', 300, 'no attempt could follow'),
      over('retry.backoff', 300, 'there may be no time for an attempt after it'),
      over('retry.maxBackoff', 300, 'no attempt could follow so long a wait'),
      over('retry.maxRetryAfter', 60_000, 'no attempt could follow so long a wait'),
      over('retry.hedge.minimumDelay', 300, 'there is never time for a second request'),
    ].join('\n'));
  });

  test('with waits that are as long as the usual time of a call', () => {
    const chart = newChart();
    expect(mistake(() => make({}, 'web', chart).calls(other(chart), { connections: { connectTimeout: Duration.seconds(15) } })))
      .toContain('\'calls(catalog).connections.connectTimeout\' is "15000 ms": the call has 15000 ms in all');
  });

  test('with waits as long as one likes, given a call without a timeout', () => {
    const chart = newChart();
    const long = Duration.seconds(60);
    const call = { timeout: Duration.millis(0), connections: { connectTimeout: long }, retry: Retry.idempotent({ maxRetryAfter: long }) };
    expect(() => make({}, 'web', chart).calls(other(chart), call)).not.toThrow();
  });

  test('with a time that timers can\'t take', () => {
    const chart = newChart();
    const web = make({}, 'web', chart);
    const catalog = other(chart);
    expect(mistake(() => web.calls(catalog, { timeout: Duration.days(40) }))).toContain('\'calls(catalog).timeout\' is "3456000000 ms": use whole milliseconds, from 0 ms to 24 days');
    expect(mistake(() => web.calls(catalog, { timeout: 300 as never }))).toContain('\'calls(catalog).timeout\' is 300: use a Duration');
  });

  test('with connections that are kept for longer than the service called does', () => {
    const chart = newChart();
    const web = make({}, 'web', chart);
    const catalog = other(chart, 'catalog', { limits: { idleTimeout: Duration.seconds(20) } });
    expect(mistake(() => web.calls(catalog, { connections: { idleTimeout: Duration.seconds(25), maxPendingRequest: 5 } as never }))).toBe(
      '[chart/web] 2 props are wrong:\n'
      + '  - \'calls(catalog).connections.maxPendingRequest\' is not a prop here: did you mean \'maxPendingRequests\'?\n'
      + '  - \'calls(catalog).connections.idleTimeout\' is "25000 ms": the service called closes a connection that is idle for 20000 ms (\'limits.idleTimeout\'), '
      + 'so requests would be sent on connections that are just being closed; stay well below that, or leave it out');
    expect(mistake(() => web.calls(catalog, { connections: { idleTimeout: Duration.seconds(25) } }))).toContain(
      '[chart/web] \'calls(catalog).connections.idleTimeout\' is "25000 ms": the service called closes a connection that is idle for 20000 ms (\'limits.idleTimeout\')');
  });

  test('with zones to a service that is found by DNS', () => {
    const chart = newChart();
    const catalog = other(chart, 'catalog', { discovery: Discovery.dns() });
    expect(mistake(() => make({}, 'web', chart).calls(catalog, { loadBalancing: LoadBalancing.weightedRoundRobin({ zoneWeights: { a: 2 } }) })))
      .toContain('\'calls(catalog).loadBalancing.zoneWeights\' is {"a":2}: DNS does not tell zones');
  });
});

describe('what only the whole app shows fails validation, all at once', () => {
  test('two services of a name in a namespace, wherever they are', () => {
    const application = Testing.app();
    const [one, two] = ['one', 'two'].map((id) => new Chart(application, id, { namespace: 'shop' }));
    make({}, 'web', one);
    make({}, 'web', two);
    make({ name: 'web-v1' }, 'clash', two);
    expect(mistake(() => Testing.synth(one))).toBe([
      'Validation failed with the following errors:',
      '  [two/web] \'name\' makes "web", which \'one/web\' already is in namespace "shop": choose another name, or another namespace',
      '  [two/web] \'version\' makes "web-v1", which \'one/web\' already is in namespace "shop": choose another name, or another namespace',
      '  [two/clash] \'name\' makes "web-v1", which \'one/web\' already is in namespace "shop": choose another name, or another namespace',
    ].join('\n'));
  });

  test('weights of which nothing is left for the first version, or for any', () => {
    const chart = newChart();
    make({}, 'web', chart).addVersion('v2', { containers: [app], weight: 120 });
    make({ weight: 0 }, 'cart', chart).addVersion('v2', { containers: [app], weight: 0 });
    const said = mistake(() => Testing.synth(chart));
    expect(said).toContain('[chart/web] \'weight\' is 120: together the added versions take more than 100 and leave nothing for \'v1\'; lower them, or give it a weight of its own');
    expect(said).toContain('[chart/cart] \'weight\' is 0: no version of \'cart\' would get a request; give at least one a weight above 0');
  });

  test('an app on a port of the sidecar, or on the port at which it calls another service', () => {
    const chart = newChart();
    make({ containers: [{ ...app, portNumber: 15_006 }] }, 'inbound', chart);
    make({ containers: [app, { image: 'm:1', name: 'metrics', portNumber: 15_020 }] }, 'admin', chart);
    make({}, 'web', chart).calls(other(chart, 'catalog', { port: 8080 }));
    new MeshSidecar(chart, 'Job', { workload: new kplus.Deployment(chart, 'Work', { containers: [{ image: 'w:1', securityContext: {} }] }), appPort: 15_020 });
    const said = mistake(() => Testing.synth(chart));
    expect(said).toContain('[chart/inbound/v1/Sidecar] \'containers[\'main\'].port\' is 15006: the sidecar takes this port for incoming requests; let the app listen on another');
    expect(said).toContain('[chart/admin/v1/Sidecar] \'containers[\'metrics\'].port\' is 15020: the sidecar takes this port for health and metrics; let the app listen on another');
    expect(said).toContain('[chart/Job] \'appPort\' is 15020: the sidecar takes this port for health and metrics; let the app listen on another');
    expect(said).toContain('[chart/web/v1/Sidecar] \'containers[\'main\'].port\' is 8080: the sidecar listens on this port for calls to \'catalog\', which keeps an app that '
      + 'binds all addresses from starting; give \'catalog\' another service port, or let the app listen on another, by its environment or command. If the app can listen on one '
      + 'address only, let it, and say which: appAddress: AppAddress.loopback() or AppAddress.pod(). If nothing of it can be changed, interception: Interception.redirect() helps; '
      + 'it costs an init container with the capability NET_ADMIN');
  });

  test('a memory limit that leaves too little heap to a process', () => {
    const chart = newChart();
    const memory = (mebibytes: number) => ({ memory: { limit: Size.mebibytes(mebibytes) } });
    make({ proxyResources: memory(64) }, 'web', chart);
    make({ proxyResources: memory(128), workers: 4 }, 'cart', chart);
    const said = mistake(() => Testing.synth(chart));
    expect(said).toContain('[chart/web/v1/Sidecar] \'proxyResources.memory.limit\' is "64Mi": 40Mi of it is code, the process has 24Mi, 4/5 of that is 19Mi of heap, '
      + 'and it needs 27Mi; use at least 74Mi');
    expect(said).toContain('[chart/cart/v1/Sidecar] \'proxyResources.memory.limit\' is "128Mi": 40Mi of it is code, each of 5 processes (4 workers and one that watches) '
      + 'has 17Mi, 4/5 of that is 14Mi of heap, and it needs 27Mi; use at least 209Mi, or fewer workers');
  });

  test('containers of one name, or with the sidecar\'s', () => {
    const chart = newChart();
    make({ containers: [app, { image: 'b:1' }] }, 'web', chart);
    make({ containers: [app, { image: 'b:1', name: 'mesh-proxy' }] }, 'cart', chart);
    const said = mistake(() => Testing.synth(chart));
    expect(said).toContain('[chart/web/v1/Sidecar] \'containers.name\' is "main": two containers of the pod have this name; give each its own');
    expect(said).toContain('[chart/cart/v1/Sidecar] \'containers.name\' is "mesh-proxy": this is the name of the sidecar; choose another');
  });

  test('an autoscaler by a percentage of a request that is not there', () => {
    const chart = newChart();
    make({ containers: [{ ...app, resources: { memory: { request: Size.mebibytes(64) } } }], scaling: Scaling.between(1, 3) }, 'web', chart);
    expect(mistake(() => Testing.synth(chart))).toContain('[chart/web] \'v1: containers[0].resources.cpu.request\' is missing: the autoscaler takes a percentage of what the app requests; add the request');
  });

  test('two destinations by one name in a pod', () => {
    const application = Testing.app();
    const [shop, outside] = ['shop', 'outside'].map((namespace) => new Chart(application, namespace, { namespace }));
    const web = make({}, 'web', shop);
    web.calls(other(shop));
    web.calls(new ExternalService(outside, 'catalog', { endpoints: ExternalEndpoints.dns('catalog.example.com') }));
    expect(mistake(() => Testing.synth(shop))).toContain('[shop/web/v1/Sidecar] \'calls(catalog)\' is "catalog": in this pod the name already leads to outside/catalog; rename one of them');
  });
});

describe('an external service is refused', () => {
  const external = (endpoints: ExternalEndpoints, props: object = {}) => mistake(() => new ExternalService(newChart(), 'ledger', { endpoints, ...props }));

  test('without a place to be', () => {
    expect(external(undefined as never)).toContain('[chart/ledger] \'endpoints\' is missing: say where it is');
    expect(external(ExternalEndpoints.addresses())).toContain('\'endpoints\' is []: list at least one address');
  });

  test('with addresses that are none', () => {
    const said = external(ExternalEndpoints.addresses({ address: 'ledger.example.com', port: 0, weight: 0 }, { address: '10.0.0.1', port: 80 }, { address: '10.0.0.1', port: 80 }));
    expect(said).toContain('\'endpoints[0].address\' is "ledger.example.com": use an IP address; for a name use ExternalEndpoints.dns');
    expect(said).toContain('\'endpoints[0].port\' is 0');
    expect(said).toContain('\'endpoints[0].weight\' is 0: use a whole number from 1 to 65535');
    expect(said).toContain('\'endpoints[2]\' is "10.0.0.1:80": it is listed twice');
    expect(external(ExternalEndpoints.addresses({ address: '10.0.0.1', port: 80, zone: 5 as never }))).toContain('\'endpoints[0].zone\' is 5: use the name of a zone');
  });

  test('with names that are none, and ports out of range', () => {
    for (const address of ['10.0.0.1', 'fd00::1', '1.2.3', '0x7f.1']) {
      expect(external(ExternalEndpoints.dns(address))).toContain(`'endpoints.hostname' is "${address}": DNS has no name that is an address`);
    }
    expect(external(ExternalEndpoints.srv('_http._tcp.10.0.0.1'))).toContain('\'endpoints.hostname\' is "_http._tcp.10.0.0.1": DNS has no name');
    const said = external(ExternalEndpoints.dns('http://api', { port: 0, servers: ['nope'] }), { hostname: 'a b', port: 65_536 });
    expect(said).toContain('\'hostname\' is "a b": use a host name');
    expect(said).toContain('\'port\' is 65536');
    expect(said).toContain('\'endpoints.hostname\' is "http://api"');
    expect(said).toContain('\'endpoints.port\' is 0');
    expect(said).toContain('\'endpoints.servers[0]\' is "nope"');
  });

  test('with zones that DNS does not tell', () => {
    const loadBalancing = LoadBalancing.weightedRoundRobin({ zoneWeights: { a: 2 } });
    expect(external(ExternalEndpoints.dns('api.example.com'), { loadBalancing })).toContain('\'loadBalancing.zoneWeights\' is {"a":2}: DNS does not tell zones; leave it out, or list addresses with their zones');
  });

  test('with connections that can\'t be', () => {
    expect(external(ExternalEndpoints.dns('api.example.com'), { connections: { connectTimeout: Duration.seconds(0) } }))
      .toContain('\'connections.connectTimeout\' is "0 ms": use whole milliseconds, from 1 ms to 24 days');
  });

  test('with props that don\'t exist', () => {
    expect(external(ExternalEndpoints.dns('api.example.com'), { hostName: 'api' })).toContain('\'hostName\' is not a prop here: did you mean \'hostname\'?');
  });

  test('with the name of a service beside it', () => {
    const chart = newChart();
    other(chart, 'ledger');
    new ExternalService(chart, 'old', { hostname: 'ledger', endpoints: ExternalEndpoints.dns('ledger.example.com') });
    expect(mistake(() => Testing.synth(chart))).toContain('[chart/old] \'hostname\' makes "ledger", which \'chart/ledger\' already is in namespace "shop"');
  });
});

describe('a sidecar is refused', () => {
  const attach = (props: object) => mistake(() => new MeshSidecar(newChart(), 'sidecar', props as never));
  const deployment = (props: kplus.DeploymentProps = {}) => new kplus.Deployment(newChart(), 'App', { containers: [app], ...props });

  test('without a workload that it knows', () => {
    expect(attach({})).toBe('[chart/sidecar] \'workload\' is missing: give a Deployment, StatefulSet, DaemonSet, Job or CronJob, of cdk8s-plus or as an ApiObject, or a Rollout of Argo');
    expect(attach({ workload: new kplus.Pod(newChart(), 'Pod', { containers: [app] }) })).toContain('\'workload\' is "chart/Pod": a Pod of v1 has no pod template that is known here; give a Deployment');
  });

  test('with a workload of another copy of cdk8s-plus', () => {
    let other: typeof kplus | undefined;
    jest.isolateModules(() => { other = jest.requireActual<typeof kplus>('cdk8s-plus-28'); });
    const { Deployment } = other!;
    expect(Deployment).not.toBe(kplus.Deployment);
    // Made without its constructor, which needs the chart of its own copy of cdk8s.
    const workload = Object.assign(Object.create(Deployment.prototype) as kplus.Deployment, { node: { path: 'chart/App' } });
    Object.defineProperty(workload, Symbol.for('constructs.Construct'), { value: true });
    expect(attach({ workload })).toBe('[chart/sidecar] \'workload\' is "chart/App": it comes from another copy of cdk8s-plus-28 than this package uses; '
      + 'have one only (npm ls cdk8s-plus-28 shows where they are)');
  });

  test('beside another one', () => {
    const workload = deployment();
    new MeshSidecar(newChart(), 'first', { workload });
    expect(attach({ workload })).toContain('\'workload\' is "chart/App": it has a sidecar already; attach one only');
  });

  test('on the network of the node', () => {
    expect(attach({ workload: deployment({ hostNetwork: true }) })).toContain('it uses the network of its node (hostNetwork)');
  });

  test('with wrong props, all at once', () => {
    const said = attach({ workload: deployment(), serviceName: 'No', version: '1.0', appPort: 0 });
    expect(said).toContain('[chart/sidecar] 3 props are wrong:');
    expect(said).toContain('\'serviceName\' is "No"');
    expect(said).toContain('\'version\' is "1.0"');
    expect(said).toContain('\'appPort\' is 0');
  });

  test('with the name of another workload', () => {
    const chart = newChart();
    other(chart);
    new MeshSidecar(chart, 'sidecar', { workload: new kplus.Job(chart, 'Job', { containers: [{ image: 'x:1' }] }), serviceName: 'catalog' });
    expect(mistake(() => Testing.synth(chart))).toContain('[chart/sidecar] \'serviceName\' makes "catalog-v1", which \'chart/catalog\' already is in namespace "shop"');
  });
});

describe('a workload is not exposed', () => {
  const sidecar = (chart: Chart, container: kplus.ContainerProps = app) =>
    new MeshSidecar(chart, 'sidecar', { workload: new kplus.StatefulSet(chart, 'Ledger', { containers: [container] }), limits: { idleTimeout: Duration.seconds(9) } });

  test('with wrong options, all at once', () => {
    const said = mistake(() => sidecar(newChart()).expose({
      port: 0, portName: 'HTTP', loadBalancing: LoadBalancing.weightedRoundRobin({ zoneWeights: { a: 0 } }), discovery: Discovery.dns({ servers: [] }),
      connections: { idleTimeout: Duration.seconds(9) }, portname: 1,
    } as object));
    expect(said).toContain('[chart/sidecar] 7 props are wrong:');
    expect(said.match(/(?<=- ')\S+(?=' is )/g)).toEqual([
      'expose.portname', 'expose.port', 'expose.portName', 'expose.loadBalancing.zoneWeights[\'a\']', 'expose.connections.idleTimeout',
      'expose.discovery.servers', 'expose.loadBalancing.zoneWeights',
    ]);
  });

  test('without a port of its app, twice, or when it is a MeshService', () => {
    const chart = newChart();
    const silent = new kplus.Deployment(newChart(), 'App', { containers: [{ image: 'x:1' }] });
    expect(mistake(() => new MeshSidecar(newChart(), 'sidecar', { workload: silent }).expose())).toContain(
      '[chart/sidecar] \'appPort\' is missing: a workload that takes no requests can\'t be exposed; name the port that its app listens on');
    const ledger = sidecar(chart);
    ledger.expose();
    expect(mistake(() => ledger.expose())).toContain('\'expose()\' is "ledger": it is exposed already; give what the first expose() returned to all that call it');
    expect(mistake(() => make().sidecar.expose())).toContain('\'expose()\' is "web": this is the sidecar of a MeshService, which can be called itself');
  });

  test('by a name that another service has', () => {
    const chart = newChart();
    other(chart, 'ledger', { version: 'old' });
    sidecar(chart).expose();
    expect(mistake(() => Testing.synth(chart))).toContain('[chart/sidecar] \'serviceName\' makes "ledger", which \'chart/ledger\' already is in namespace "shop"');
  });

  test('by a name that is every pod\'s own', () => {
    const workload = new kplus.StatefulSet(newChart(), 'Ledger', { containers: [app] });
    const named = new MeshSidecar(newChart(), 'sidecar', { workload, serviceName: 'localhost' });
    expect(mistake(() => named.expose())).toContain('[chart/sidecar] \'serviceName\' is "localhost": this is every pod\'s name for itself');
  });

  test('to itself', () => {
    const ledger = sidecar(newChart());
    const destination = ledger.expose();
    expect(mistake(() => ledger.calls(destination))).toContain('a service can\'t call itself through the mesh; use localhost');
  });
});

describe('a mesh is refused', () => {
  test('with wrong props, all at once', () => {
    const said = mistake(() => new Mesh(newChart(), 'mesh', { clusterDomain: 'Cluster Local', discovery: Discovery.dns({ servers: ['x'] }), image: 'x' } as object));
    expect(said).toContain('[chart/mesh] 3 props are wrong:');
    expect(said).toContain('\'image\' is not a prop here');
    expect(said).toContain('\'clusterDomain\' is "Cluster Local"');
    expect(said).toContain('\'discovery.servers[0]\' is "x"');
  });

  test('with limits and numbers of workers that can\'t be', () => {
    const said = mistake(() => new Mesh(newChart(), 'mesh', { workers: 0, limits: { maxConnections: 0 }, appConnections: { maxPendingRequests: 0.5 } }));
    expect(said).toContain('[chart/mesh] 3 props are wrong:');
  });
});

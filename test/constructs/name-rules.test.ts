/** What names may be, by the field that they end in, and that all that is written keeps to it. */
import { Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import * as fc from 'fast-check';
import { Shop } from '../../examples/shop/shop';
import { ExternalEndpoints, ExternalService, LoadBalancing, Mesh, MeshService, MeshSidecar, PodSecurityLevel, SessionPersistence } from '../../src';
import { isName, NAME_RULES } from '../../src/constructs/props/name-rules';
import { anyStack, makeStack } from '../support/any-stack';
import { Manifest, newChart } from '../support/manifests';
import { nameMistakes } from '../support/name-rules';

/** Vectors of k8s.io/apimachinery/pkg/util/validation/validation_test.go, and of github.com/distribution/reference. */
const VECTORS: Record<keyof typeof NAME_RULES, { readonly sound: string[]; readonly odd: string[] }> = {
  service: { sound: ['a', 'ab', 'a1', 'a-1', 'a--1--2--b', 'a'.repeat(63)], odd: ['0', '1a', '-', 'a-', '-a', 'A', 'a_b', 'a.b', '', 'a'.repeat(64)] },
  label: { sound: ['a', '0', '01', 'a-1', 'a--1--2--b', '5-3', 'a'.repeat(63)], odd: ['', 'A', 'aBc', '-', 'a-', '-1', '_', 'a_b', 'a.b', ' a', 'a'.repeat(64)] },
  subdomain: { sound: ['a', 'a.b', '1.0.s', 'a--a.b', 'a.a.a.a', 'a'.repeat(253)], odd: ['', 'A.b', 'a.', '.a', 'a..b', 'a.-b', 'a_b', 'a@b', 'a'.repeat(254)] },
  hostname: { sound: ['api.example.com', '_http._tcp.example.com', 'a'.repeat(63)], odd: ['Api.example.com', 'a..b', 'a.', 'a'.repeat(64), '*.example.com', '::1', `${'a'.repeat(63)}.`.repeat(4)] },
  containerPort: { sound: ['telnet', 're-mail-ck', 'pop3', 'a', 'a-1', '1-a', 'a-1-b-2-c', '1-a-2-b-3'], odd: ['longerthan15char', '', '12345678', 'a--b', '-a', 'a-', 'A', 'a_b', '12-34', 'a.b'] },
  variable: { sound: ['my_env', 'FOO', 'my.env', '_a', '.a'], odd: ['', '1a', '..', '.', '..a', 'a b', 'a=b', 'é'] },
  dataKey: { sound: ['a', 'good', 'GOOD', '.config', 'ca.crt', 'a_b-c', 'a'.repeat(253)], odd: ['.', '..', '..bad', '', 'b*d', 'bad/', 'a b', 'a'.repeat(254)] },
  qualified: { sound: ['simple', 'now-with-dashes', '1-starts-with-num', '1234', 'simple/simple', 'example.com/a_b.c', `${'a'.repeat(63)}`, 'UppercaseIsOK123'],
    odd: ['nospecialchars%^=@', 'cantendwithadash-', '-cant', 'only/one/slash', 'Example.com/abc', 'example_com/abc', 'example.com/', '/simple', 'a'.repeat(64), `${'a'.repeat(254)}/a`] },
  labelValue: { sound: ['', 'a', 'A.b_c-d', '1', 'a'.repeat(63)], odd: ['-a', 'a-', 'a b', 'a/b', 'a'.repeat(64)] },
  image: {
    sound: ['app', 'redis:7', 'ghcr.io/acme/app:1.8.2', 'localhost:5000/app', 'registry:5000/a/b__c/d-e:v1', `app:1@sha256:${'a'.repeat(64)}`, '[::1]:5000/app', '{{ .Values.image }}', '$(IMAGE)'],
    odd: ['', ' app', 'app ', 'App', 'app:', 'app:-a', 'a b', 'app@sha256:1', 'ghcr.io//app', '-app', `app:${'a'.repeat(129)}`],
  },
};

describe.each(Object.entries(VECTORS))('a name by the rule %s', (rule, { sound, odd }) => {
  const fits = (name: string): boolean => isName(NAME_RULES[rule as keyof typeof NAME_RULES], name);

  test.each(sound)('may be %j', (name) => {
    expect(fits(name)).toBe(true);
  });
  test.each(odd)('may not be %j', (name) => {
    expect(fits(name)).toBe(false);
  });
});

describe('everything that is written', () => {
  beforeAll(() => { jest.spyOn(process.stderr, 'write').mockReturnValue(true); });
  afterAll(() => { jest.restoreAllMocks(); });

  const mistakesOf = (manifests: Manifest[]): string[] => manifests.flatMap((manifest) => nameMistakes(manifest));

  test('keeps to the rules, in the example', () => {
    expect(mistakesOf(Testing.synth(new Shop(Testing.app(), 'shop')))).toEqual([]);
  });

  test('keeps to the rules, in any stack that is not refused', () => {
    let sound = 0;
    fc.assert(fc.property(anyStack, (stack) => {
      let manifests: Manifest[];
      try {
        manifests = makeStack(stack).charts.flatMap((chart) => Testing.synth(chart));
      } catch {
        return;
      }
      sound++;
      expect(mistakesOf(manifests)).toEqual([]);
    }), { numRuns: 60 });
    expect(sound).toBeGreaterThan(10);
  });

  test('is looked at: a field that looks like a name has a rule', () => {
    const [deployment] = Testing.synth(new Shop(Testing.app(), 'shop')).filter(({ kind }) => kind === 'Deployment');
    deployment.metadata.name = 'A';
    deployment.spec.template.spec.containers[0].ports = [{ containerPort: 0, name: 'longer-than-15-characters' }];
    deployment.spec.template.spec.runtimeClassName = 'gvisor';
    expect(mistakesOf([deployment])).toEqual([
      'Deployment.metadata.name is "A", which is no subdomain',
      'Deployment.spec.template.spec.containers.*.ports.*.containerPort is 0, which is no port',
      'Deployment.spec.template.spec.containers.*.ports.*.name is "longer-than-15-characters", which is no containerPort',
      'Deployment.spec.template.spec.runtimeClassName has no rule, and is "gvisor"',
    ]);
  });
});

describe('a name that would be refused by the API server is refused in the words of its prop', () => {
  const app = { image: 'app:1', portNumber: 8080 };
  const secret = (name: string) => kplus.Secret.fromSecretName(newChart(), 'secret', name);
  test.each<[string, object, string]>([
    ['a container\'s port with a long name', { containers: [{ image: 'app:1', ports: [{ number: 8080, name: 'a-name-of-16-abc' }] }] }, '\'containers[0].ports[0].name\' is "a-name-of-16-abc": use 1 to 15'],
    ['a port listed twice', { containers: [{ ...app, ports: [{ number: 8080 }] }] }, '\'containers[0].ports[0].number\' is 8080: another port of the container has it'],
    ['a port\'s name given twice', { containers: [{ image: 'app:1', ports: [{ number: 8080, name: 'web' }, { number: 8081, name: 'web' }] }] }, '\'containers[0].ports[1].name\' is "web": another port'],
    ['a variable', { containers: [{ ...app, envVariables: { '1A': kplus.EnvValue.fromValue('') } }] }, '\'containers[0].envVariables\' is "1A": use letters'],
    ['an image', { containers: [{ ...app, image: 'App:1' }] }, '\'containers[0].image\' is "App:1": use a full reference'],
    ['an image that is no text', { containers: [{ ...app, image: 5 }] }, '\'containers[0].image\' is 5: name an image'],
    ['a Secret for TLS', { tls: { secret: secret('shop_tls') } }, '\'tls.secret\' is "shop_tls": use 1 to 253'],
    ['a Secret with keys', { sessionPersistence: SessionPersistence.cookie('cart', { keys: secret('Keys') }) }, '\'sessionPersistence.keys\' is "Keys": use 1 to 253'],
    ['an annotation', { serviceAnnotations: { 'A.com/x': 'a' } }, '\'serviceAnnotations\' is {"A.com/x":"a"}: use names such as example.com/name'],
    ['a version that no construct can have', { version: 'constructor' }, '\'version\' is "constructor": all objects of JavaScript'],
  ])('%s', (_, props, message) => {
    expect(() => new MeshService(newChart(), 'web', { containers: [app], ...props })).toThrow(message);
  });

  test('the namespace of a workload made elsewhere', () => {
    const chart = newChart({});
    const workload = new kplus.Deployment(chart, 'app', { metadata: { namespace: 'Shop' }, containers: [app] });
    expect(() => new MeshSidecar(chart, 'sidecar', { workload })).toThrow('\'workload.metadata.namespace\' is "Shop": use 1 to 63');
  });
});

describe('names that all objects of JavaScript have something at', () => {
  test('are names like others, of services, namespaces and zones', () => {
    const chart = newChart({ namespace: 'constructor' });
    new Mesh(chart, 'mesh', { podSecurity: { namespaces: { shop: PodSecurityLevel.RESTRICTED } }, lints: { requestsPerSecond: { web: 5 } } });
    const callee = new MeshService(chart, 'callee', { name: 'constructor', containers: [{ image: 'app:1', portNumber: 8080 }], loadBalancing: LoadBalancing.roundRobin() });
    const web = new MeshService(chart, 'web', { containers: [{ image: 'app:1', portNumber: 8080 }] });
    web.calls(callee);
    web.calls(new ExternalService(chart, 'bank', {
      endpoints: ExternalEndpoints.addresses({ address: '10.0.0.1', port: 80, zone: 'constructor' }, { address: '10.0.0.2', port: 80, zone: 'valueOf' }),
      loadBalancing: LoadBalancing.weightedRoundRobin({ zoneWeights: { near: 3 } }),
    }));
    const manifests = Testing.synth(chart) as Manifest[];
    const { data } = manifests.find(({ kind, metadata: { name } }) => kind === 'ConfigMap' && name === 'web-v1-mesh') as unknown as { readonly data: Record<string, string> };
    expect(JSON.parse(data['proxy.json']!)).toMatchObject({ clusters: expect.arrayContaining([expect.objectContaining({
      discovery: { type: 'static', endpoints: [{ address: '10.0.0.1', port: 80, zone: 'constructor' }, { address: '10.0.0.2', port: 80, zone: 'valueOf' }] },
    })]) as unknown });
  });
});

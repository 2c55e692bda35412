import { Chart, Duration, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  ExternalEndpoints, ExternalService, HashKey, LoadBalancing, MeshService, MeshServiceProps, MeshSidecar, SameSite, SessionCookieOptions,
  SessionPersistence,
} from '../../src';
import type { ProxyConfig } from '../../src/contract';
import { decodeConfig } from '../../src/proxy/config/decode';
import { findOne, Manifest, newChart } from '../support/manifests';

const containers = [{ image: 'example/app:1', portNumber: 8080 }];

const keysIn = (chart: Chart, name = 'session-keys'): kplus.ISecret => kplus.Secret.fromSecretName(chart, `Keys-${name}`, name);

interface PodSpec {
  readonly volumes: { readonly name: string }[];
  readonly initContainers: { readonly name: string; readonly volumeMounts: { readonly name: string }[] }[];
  readonly containers: { readonly volumeMounts?: { readonly name: string }[] }[];
}

/** The document of a workload, which the proxy takes, and the spec of its pods. */
function synthesized(chart: Chart, workload: string): { readonly document: ProxyConfig; readonly pod: PodSpec } {
  const manifests = Testing.synth(chart) as Manifest[];
  const text = (findOne(manifests, 'ConfigMap', `${workload}-mesh`) as { readonly data: Record<string, string> }).data['proxy.json']!;
  expect(decodeConfig(text)).toMatchObject({ ok: true });
  const { spec } = findOne(manifests, 'Deployment', workload) as { readonly spec: { readonly template: { readonly spec: PodSpec } } };
  return { document: JSON.parse(text) as ProxyConfig, pod: spec.template.spec };
}

const sessionOf = ({ listeners }: ProxyConfig, of = 'cart') => listeners.find(({ name }) => name.includes(`/${of}:`))!.routes[0]!.session;

function cart(chart: Chart, props: Partial<MeshServiceProps> = {}, id = 'cart'): MeshService {
  return new MeshService(chart, id, { containers, ...props });
}

describe('session persistence of a service', () => {
  it('is in the documents of its callers, with the keys mounted in their sidecars and nowhere else', () => {
    const chart = newChart();
    const service = cart(chart, { sessionPersistence: SessionPersistence.cookie('cart', { keys: keysIn(chart) }) });
    cart(chart, {}, 'web').calls(service);
    cart(chart, {}, 'batch');
    const { document, pod } = synthesized(chart, 'web-v1');
    expect(sessionOf(document)).toEqual({ cookie: 'cart', keyFile: '/var/run/secrets/cdk8s-mesh-sessions/session-keys/keys' });
    expect(pod.volumes).toContainEqual({
      name: 'mesh-session-keys',
      projected: { sources: [{ secret: { name: 'session-keys', items: [{ key: 'keys', path: 'session-keys/keys' }] } }] },
    });
    expect(pod.initContainers[0]!.volumeMounts).toContainEqual({ name: 'mesh-session-keys', mountPath: '/var/run/secrets/cdk8s-mesh-sessions', readOnly: true });
    expect(JSON.stringify(pod.containers)).not.toContain('mesh-session-keys');
    for (const other of ['cart-v1', 'batch-v1']) expect(JSON.stringify(synthesized(chart, other).pod)).not.toContain('mesh-session-keys');
  });

  it('says what was said and no default, and takes one volume for all Secrets', () => {
    const chart = newChart();
    const full: SessionCookieOptions = {
      keys: keysIn(chart), secretKey: 'web.keys', ttl: Duration.hours(1), path: '/cart', sameSite: SameSite.NONE, secure: true,
    };
    const one = cart(chart, { sessionPersistence: SessionPersistence.cookie('__Secure-cart', full) });
    const two = cart(chart, {
      sessionPersistence: SessionPersistence.cookie('user', { keys: keysIn(chart, 'a-keys'), path: '/', sameSite: SameSite.LAX, secure: false }),
    }, 'users');
    const web = cart(chart, {}, 'web');
    web.calls(one);
    web.calls(two);
    const { document, pod } = synthesized(chart, 'web-v1');
    expect(sessionOf(document)).toEqual({
      cookie: '__Secure-cart', keyFile: '/var/run/secrets/cdk8s-mesh-sessions/session-keys/web.keys', ttlMs: 3_600_000, path: '/cart', sameSite: 'none', secure: true,
    });
    expect(sessionOf(document, 'users')).toEqual({ cookie: 'user', keyFile: '/var/run/secrets/cdk8s-mesh-sessions/a-keys/keys' });
    expect(pod.volumes.filter(({ name }) => name === 'mesh-session-keys')).toEqual([expect.objectContaining({
      projected: {
        sources: [
          { secret: { name: 'a-keys', items: [{ key: 'keys', path: 'a-keys/keys' }] } },
          { secret: { name: 'session-keys', items: [{ key: 'web.keys', path: 'session-keys/web.keys' }] } },
        ],
      },
    })]);
  });

  it('is the caller\'s to choose: another, or none, and then no keys are mounted', () => {
    const chart = newChart();
    const service = cart(chart, { sessionPersistence: SessionPersistence.cookie('cart', { keys: keysIn(chart) }) });
    cart(chart, {}, 'web').calls(service, { sessionPersistence: SessionPersistence.cookie('own', { keys: keysIn(chart, 'own') }) });
    cart(chart, {}, 'batch').calls(service, { sessionPersistence: SessionPersistence.none() });
    expect(sessionOf(synthesized(chart, 'web-v1').document)).toMatchObject({ cookie: 'own' });
    const batch = synthesized(chart, 'batch-v1');
    expect(sessionOf(batch.document)).toBeUndefined();
    expect(JSON.stringify(batch.pod)).not.toContain('mesh-session-keys');
  });

  it('goes with external services and exposed workloads, too', () => {
    const chart = newChart();
    const sessionPersistence = SessionPersistence.cookie('cart', { keys: keysIn(chart) });
    const workload = new kplus.Deployment(chart, 'ledger', { containers });
    const web = cart(chart, {}, 'web');
    web.calls(new MeshSidecar(chart, 'ledger-proxy', { workload, serviceName: 'ledger' }).expose({ sessionPersistence }));
    web.calls(new ExternalService(chart, 'rates', { endpoints: ExternalEndpoints.addresses({ address: '10.0.0.1', port: 80 }), sessionPersistence }));
    const { document } = synthesized(chart, 'web-v1');
    expect(sessionOf(document, 'ledger')).toMatchObject({ cookie: 'cart' });
    expect(sessionOf(document, 'rates')).toMatchObject({ cookie: 'cart' });
  });
});

describe('session persistence is refused, in words,', () => {
  const made = (name: unknown, said: object | undefined, props: Partial<MeshServiceProps> = {}) => () => {
    const chart = newChart();
    const options = (said && { keys: keysIn(chart), ...said }) as SessionCookieOptions;
    cart(chart, { sessionPersistence: SessionPersistence.cookie(name as string, options), ...props });
  };

  it.each<[string, () => void, string | RegExp]>([
    ['a name that no cookie has', made('my cart', {}), '\'sessionPersistence.name\' is "my cart": name a cookie'],
    ['no keys', made('cart', { keys: undefined }), '\'sessionPersistence.keys\' is missing: give the Secret with the keys, such as kplus.Secret.fromSecretName'],
    ['no options', made('cart', undefined), '\'sessionPersistence.keys\' is missing'],
    ['the name of a Secret for the Secret', made('cart', { keys: 'session-keys' }), '\'sessionPersistence.keys\' is "session-keys": give the Secret'],
    ['a key that leads out of its folder', made('cart', { secretKey: '../token' }), '\'sessionPersistence.secretKey\' is "../token": use 1 to 253 of'],
    ['no time', made('cart', { ttl: Duration.seconds(0) }), '\'sessionPersistence.ttl\' is "0 ms": use whole milliseconds, from 1000 ms to 400 days'],
    ['more time than browsers give', made('cart', { ttl: Duration.days(401) }), '\'sessionPersistence.ttl\' is "34646400000 ms"'],
    ['a time that is a number', made('cart', { ttl: 3_600 }), '\'sessionPersistence.ttl\' is 3600: use a Duration'],
    ['a path that adds attributes', made('cart', { path: '/; Domain=example.com' }), '\'sessionPersistence.path\' is "/; Domain=example.com": use a path such as /cart'],
    ['a site rule that is none', made('cart', { sameSite: 'sometimes' }), '\'sessionPersistence.sameSite\' is "sometimes": use one of SameSite.STRICT'],
    ['all sites without TLS', made('cart', { sameSite: SameSite.NONE }), /'sessionPersistence\.secure' is missing: .* since 'sessionPersistence\.sameSite' is 'none'; set it to true/],
    ['a secure name without TLS', made('__Secure-cart', {}), /'sessionPersistence\.secure' is missing: .* since its name is '__Secure-cart'; set it to true/],
    ['a host\'s name with a path', made('__Host-cart', { secure: true, path: '/cart' }), '\'sessionPersistence.path\' is "/cart": browsers take the cookie \'__Host-cart\' only with'],
    ['an option that is none', made('cart', { maxAge: 1 }), '\'sessionPersistence.maxAge\' is not a prop here'],
    ['a policy that hashes', made('cart', {}, { loadBalancing: LoadBalancing.ringHash(HashKey.cookie('cart')) }),
      '\'sessionPersistence\' is a SessionPersistence: it goes before the policy, so what that hashes by would never count; choose a policy without a key, or leave one of the two out'],
  ])('given %s', (_, build, words) => {
    expect(build).toThrow(words);
  });

  it('given something else', () => {
    expect(() => cart(newChart(), { sessionPersistence: 'cookie' as never })).toThrow('\'sessionPersistence\' is "cookie": make it with SessionPersistence.cookie');
  });

  it('given a caller that hashes, unless it wants no sessions', () => {
    const chart = newChart();
    const service = cart(chart, { sessionPersistence: SessionPersistence.cookie('cart', { keys: keysIn(chart) }) });
    const loadBalancing = LoadBalancing.maglev(HashKey.header('x-user'));
    const web = cart(chart, {}, 'web');
    expect(() => web.calls(service, { loadBalancing })).toThrow(/'calls\(cart\)\.sessionPersistence' is .*SessionPersistence: it goes before the policy.*or say SessionPersistence\.none\(\) here/);
    web.calls(service, { loadBalancing, sessionPersistence: SessionPersistence.none() });
    expect(sessionOf(synthesized(chart, 'web-v1').document)).toBeUndefined();
  });
});

test('a hash cookie with a lifetime is made by the proxy; the time may be up to the client', () => {
  const chart = newChart();
  const web = cart(chart, {}, 'web');
  web.calls(cart(chart, { loadBalancing: LoadBalancing.ringHash(HashKey.cookie('cart', { ttl: Duration.hours(1) }), { otherKeys: [HashKey.cookie('b', { ttl: Duration.seconds(0) })] }) }));
  const { document } = synthesized(chart, 'web-v1');
  expect(document.listeners.find(({ direction }) => direction === 'outbound')!.routes[0]!.hash).toEqual([
    { type: 'cookie', name: 'cart', ttlMs: 3_600_000 }, { type: 'cookie', name: 'b', ttlMs: 0 },
  ]);
  expect(() => cart(newChart(), { loadBalancing: LoadBalancing.ringHash(HashKey.cookie('cart', { ttl: Duration.days(500) })) }))
    .toThrow('\'loadBalancing.key.ttl\' is "43200000000 ms": use whole milliseconds, from 0 ms to 400 days');
});

/** Several certificates of one listener, over real sockets: which one a client is shown, and how they are told about and renewed. */
import { renameSync, writeFileSync } from 'node:fs';
import type { TlsConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { Certificate, makeCertificateFor, MountedSecret } from '../../support/key-pairs';
import { startProxy, TestProxy } from '../../support/proxy';
import { RawBackend, until } from '../../support/raw-http';
import { tlsClient } from '../../support/raw-tls';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let shop: Certificate;
let wildcard: Certificate;
let cart: Certificate;
beforeAll(async () => {
  [shop, wildcard, cart] = await Promise.all([makeCertificateFor(['shop.test']), makeCertificateFor(['*.shop.test']), makeCertificateFor(['cart.shop.test'])]);
});

const cleanups = cleanupsAfterEach();

function mounted({ certificate, key }: Certificate): MountedSecret {
  const secret = new MountedSecret(certificate, key);
  cleanups.push(() => secret.remove());
  return secret;
}

async function start(tls: TlsConfig, options: Parameters<typeof startProxy>[1] = {}): Promise<TestProxy> {
  const backend = await RawBackend.answering(() => OK);
  const test = await startProxy([backend.port], { tls, ...options });
  cleanups.push(() => backend.close(), () => test.proxy.close());
  return test;
}

const all = (): TlsConfig => ({ certificates: [shop, wildcard, cart].map((each) => mounted(each).config) });

/** The certificate that a client sees, in its own words. */
async function shown({ port }: TestProxy, servername?: string): Promise<string> {
  const client = await tlsClient(port, { ...(servername !== undefined && { servername }) });
  const { subjectaltname } = client.tls.getPeerCertificate();
  client.end();
  return subjectaltname!.replace('DNS:', '');
}

function value(test: TestProxy, name: string): number | undefined {
  const line = test.metrics().split('\n').find((each) => each.startsWith(name));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}

describe('a client is shown', () => {
  test.each([
    ['the certificate for its very name', 'cart.shop.test', 'cart.shop.test'],
    ['the same, given capital letters', 'CART.Shop.test', 'cart.shop.test'],
    ['the wildcard, given a name that no other is for', 'web.shop.test', '*.shop.test'],
    ['the default, given a name of two labels more', 'a.b.shop.test', 'shop.test'],
    ['the default, given an unknown name', 'elsewhere.test', 'shop.test'],
    ['the default, given no name', undefined, 'shop.test'],
  ])('%s', async (_, servername, expected) => {
    expect(await shown(await start(all()), servername)).toBe(expected);
  });

  test('the certificate that the configuration gives a name', async () => {
    const test = await start({ certificates: [mounted(shop).config, { ...mounted(cart).config, hosts: ['*.other.test'] }] });
    expect(await shown(test, 'a.other.test')).toBe('cart.shop.test');
    expect(await shown(test, 'cart.shop.test')).toBe('shop.test');
  });
});

describe('GIVEN requireSni', () => {
  test.each([['no name', undefined], ['an unknown name', 'elsewhere.test']])('a client that asks for %s is refused, and counted', async (_, servername) => {
    const test = await start({ ...all(), requireSni: true });
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) await expect(tlsClient(test.port, { maxVersion, ...(servername !== undefined && { servername }) })).rejects.toThrow();
    await until('both are counted', () => value(test, 'mesh_tls_handshake_failures_total{listener="test",kind="sni"}') === 2);
    expect(await shown(test, 'web.shop.test')).toBe('*.shop.test');
  });
});

describe('certificates', () => {
  test('are renewed one by one, with the names of the new one', async () => {
    const secret = mounted(cart);
    const test = await start({ certificates: [mounted(shop).config, secret.config] });
    const renewed = await makeCertificateFor(['cart.new.test']);
    secret.swap(renewed.certificate, renewed.key);
    await until('it is used', () => value(test, 'mesh_tls_certificate_reloads_total{listener="test",result="applied"}') === 1);
    expect(await shown(test, 'cart.new.test')).toBe('cart.new.test');
    expect(await shown(test, 'cart.shop.test')).toBe('shop.test');
  });

  test('stay in use, and the metrics tell, given files that do not belong together, until they do', async () => {
    const secret = mounted(cart);
    const { certificateFile } = secret.config;
    const rejected = `mesh_certificate_problem{listener="test",certificate="${certificateFile}",problem="rejected"}`;
    const test = await start({ certificates: [mounted(shop).config, secret.config] });
    expect(value(test, rejected)).toBe(0);
    secret.swap(cart.certificate, shop.key);
    await until('it is told', () => value(test, rejected) === 1);
    expect(await shown(test, 'cart.shop.test')).toBe('cart.shop.test');
    secret.swap(cart.certificate, cart.key);
    await until('all is well', () => value(test, rejected) === 0);
  });

  test('are put in place of each other without a moment of the wrong key, given files that are replaced one after the other', async () => {
    const secret = mounted(cart);
    const test = await start({ certificates: [secret.config] });
    const renewed = await makeCertificateFor(['cart.new.test']);
    for (const [file, text] of [[secret.config.certificateFile, renewed.certificate], [secret.config.keyFile, renewed.key]] as const) {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    }
    await until('it is used', () => value(test, 'mesh_tls_certificate_reloads_total{listener="test",result="applied"}') === 1);
    expect(await shown(test)).toBe('cart.new.test');
  });

  test('tell how long they are valid still, and what is wrong with them', async () => {
    const clock = new FakeClock();
    const now = clock.wallTime();
    const hours = (count: number): Date => new Date(now + count * 3_600_000);
    const secrets = await Promise.all([[-2, 2], [-2, -1], [1, 2]].map(async ([from, to]) => (
      mounted(await makeCertificateFor(['a.test'], { notBeforeDate: hours(from!), notAfterDate: hours(to!) })))));
    const test = await start({ certificates: secrets.map(({ config }) => config) }, { clock });
    const leftOf = (file: string): number => value(test, `mesh_certificate_seconds_to_expiry{listener="test",certificate="${file}"}`)!;
    const left = secrets.map(({ config }) => leftOf(config.certificateFile));
    expect(left.map((seconds) => Math.round(seconds / 3_600))).toEqual([2, -1, 2]);
    const has = (file: string, problem: string): boolean => (
      value(test, `mesh_certificate_problem{listener="test",certificate="${file}",problem="${problem}"}`) === 1);
    const problems = secrets.map(({ config }) => ['expired', 'not_yet_valid', 'rejected'].filter((problem) => has(config.certificateFile, problem)));
    expect(problems).toEqual([[], ['expired'], ['not_yet_valid']]);
  });

  test('end their series when they leave the configuration', async () => {
    const [first, second] = [mounted(shop).config, mounted(cart).config];
    const test = await start({ certificates: [first, second] });
    const [listener] = test.config.listeners;
    const listeners = [{ ...listener, tls: { certificates: [first] } }];
    expect(await test.proxy.apply(JSON.stringify({ ...test.config, listeners }))).toMatchObject({ ok: true });
    expect(value(test, `mesh_certificate_seconds_to_expiry{listener="test",certificate="${first.certificateFile}"}`)).toBeGreaterThan(0);
    expect(test.metrics()).not.toContain(second.certificateFile);
  });
});

test('a document is refused that has both forms, or none', async () => {
  const test = await start(all());
  const [listener] = test.config.listeners;
  const apply = (tls: TlsConfig): Promise<unknown> => test.proxy.apply(JSON.stringify({ ...test.config, listeners: [{ ...listener, tls }] }));
  expect(await apply({ ...all(), ...mounted(shop).config })).toMatchObject({ problems: [expect.stringContaining('/listeners/0/tls: TLS of listener \'test\': it has both')] });
  expect(await apply({ minimumVersion: '1.3' })).toMatchObject({ problems: [expect.stringContaining('there is no certificate; give a list of certificates')] });
});

describe('a request for a host that another certificate is for', () => {
  const asked = async (test: TestProxy, servername: string | undefined, host: string): Promise<number> => {
    const client = await tlsClient(test.port, { ...(servername !== undefined && { servername }) });
    cleanups.push(() => client.socket.destroy());
    client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    return Number((await client.receives(/^HTTP\/1.1 \d{3}/)).slice(9, 12));
  };

  test.each<[string, number, string | undefined, string]>([
    ['its own name', 200, 'shop.test', 'shop.test'],
    ['its own name, spelled otherwise and with a port', 200, 'shop.test', 'Shop.Test.:8443'],
    ['another name of its wildcard', 200, 'a.shop.test', 'b.shop.test'],
    ['a name with a certificate of its own', 421, 'a.shop.test', 'cart.shop.test'],
    ['the name of another', 421, 'shop.test', 'a.shop.test'],
    ['an unknown name', 421, 'shop.test', 'elsewhere.test'],
    ['an unknown name, by the default certificate', 200, undefined, 'elsewhere.test'],
    ['the default\'s name, by the default certificate', 200, 'elsewhere.test', 'shop.test'],
    ['a name of another, by the default certificate', 421, undefined, 'cart.shop.test'],
  ])('%s: %i', async (_, status, servername, host) => {
    const test = await start(all());
    expect(await asked(test, servername, host)).toBe(status);
    expect(test.metrics().includes('reason="misdirected_request"')).toBe(status === 421);
  });

  test('is refused within a connection, too, which stays open', async () => {
    const test = await start(all());
    const client = await tlsClient(test.port, { servername: 'shop.test' });
    cleanups.push(() => client.socket.destroy());
    for (const [host, status] of [['shop.test', 200], ['cart.shop.test', 421], ['cart.shop.test', 421], ['shop.test', 200]] as const) {
      client.received = '';
      client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await client.receives(new RegExp(`^HTTP/1.1 ${status}`));
    }
  });

  test('is let through with a single certificate, or when the listener says so', async () => {
    expect(await asked(await start({ certificates: [mounted(shop).config] }), 'shop.test', 'elsewhere.test')).toBe(200);
    expect(await asked(await start({ ...all(), requireHostMatch: false }), 'shop.test', 'cart.shop.test')).toBe(200);
    expect(await asked(await start({ certificates: [mounted(shop).config], requireHostMatch: true }), 'shop.test', 'elsewhere.test')).toBe(421);
  });
});

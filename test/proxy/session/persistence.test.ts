/** Sessions over real sockets: several endpoints, a proxy in front, and clients that keep the cookies they get. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterConfig, RouteConfig, SessionConfig } from '../../../src/contract';
import { POLL_MS } from '../../../src/proxy/runtime/file-watcher';
import { SessionSeal } from '../../../src/proxy/session/seal';
import { eventually } from '../../support/eventually';
import { FakeClock } from '../../support/fake-clock';
import { draining, freePort, ready, startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';

const KEY = 'k'.repeat(44);
const folder = mkdtempSync(join(tmpdir(), 'mesh-sessions-'));
const keyFile = join(folder, 'keys');
const session: SessionConfig = { cookie: 'cart', keyFile };

const cleanups: (() => unknown)[] = [];
beforeEach(() => writeFileSync(keyFile, KEY));
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Endpoints that answer with their own port. */
async function endpoints(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const backend = await RawBackend.answering(() => {
      const body = String(backend.port);
      return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nSet-Cookie: app=1\r\n\r\n${body}`;
    });
    cleanups.push(() => backend.close());
    ports.push(backend.port);
  }
  return ports;
}

const watchedCluster = (name: string): ClusterConfig => ({ name, discovery: { type: 'endpointSlice', namespace: 'shop', service: name } });

type Options = TestProxyOptions & { readonly ports?: readonly number[]; readonly session?: Partial<SessionConfig> };

async function start(options: Options): Promise<TestProxy> {
  const route: Partial<RouteConfig> = { ...options.route, session: { ...session, ...options.session } };
  const test = await startProxy(options.ports ?? [], { ...options, route });
  cleanups.push(() => test.proxy.close());
  return test;
}

interface Answer {
  readonly status: number;
  /** Port of the endpoint that answered. */
  readonly from: number;
  readonly setCookie: string | undefined;
}

/** One request with these fields, on a connection of its own. */
async function ask(port: number, fields = ''): Promise<Answer> {
  const connection = await rawClient(port);
  connection.send(`GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n${fields}\r\n`);
  const text = await connection.closes();
  await until('all of it is there', () => connection.ended || connection.closed);
  connection.socket.destroy();
  const set = /^set-cookie: (cart=[^\r]*)\r$/m.exec(text);
  return { status: Number(text.slice(9, 12)), from: Number(text.slice(text.indexOf('\r\n\r\n') + 4)), setCookie: set?.[1] };
}

/** A client that does with cookies what a browser does, without looking at attributes. */
class Browser {
  cookie: string | undefined;
  sets = 0;

  async ask(port: number): Promise<number> {
    const answer = await ask(port, this.cookie === undefined ? '' : `Cookie: theme=dark; ${this.cookie}; lang=en\r\n`);
    expect(answer.status).toBe(200);
    if (answer.setCookie !== undefined) {
      this.cookie = answer.setCookie.split(';')[0]!;
      this.sets += 1;
    }
    return answer.from;
  }

  async asks(times: number, port: number): Promise<number[]> {
    const from: number[] = [];
    for (let i = 0; i < times; i += 1) from.push(await this.ask(port));
    return [...new Set(from)];
  }
}

describe('a session', () => {
  it('stays with its endpoint over many requests, with one cookie, while others go elsewhere', async () => {
    const test = await start({ ports: await endpoints(3) });
    const browsers = Array.from({ length: 6 }, () => new Browser());
    const homes = await Promise.all(browsers.map((browser) => browser.asks(20, test.port)));
    expect(homes.every((home) => home.length === 1)).toBe(true);
    expect(new Set(homes.flat()).size).toBe(3);
    expect(browsers.map(({ sets }) => sets)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(test.metrics()).toContain('mesh_session_responses_total{listener="test",session="kept"} 114');
    expect(test.metrics()).toContain('mesh_session_responses_total{listener="test",session="new"} 6');
  });

  it('gets a cookie with the attributes that were asked for, and none that tells where it leads', async () => {
    const ports = await endpoints(1);
    const plain = await ask((await start({ ports })).port);
    expect(plain.setCookie).toMatch(/^cart=[\w-]{80,}; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(Buffer.from(plain.setCookie!.split(/[=;]/)[1]!, 'base64url').toString('latin1')).not.toContain(String(ports[0]));
    const all = await ask((await start({ ports, session: { ttlMs: 90_500, path: '/cart', sameSite: 'strict', secure: true } })).port);
    expect(all.setCookie).toMatch(/^cart=[\w-]+; Path=\/cart; Max-Age=90; HttpOnly; SameSite=Strict; Secure$/);
  });

  it('survives the proxy, and is known to all that have the key', async () => {
    const ports = await endpoints(4);
    const browser = new Browser();
    const first = await start({ ports });
    const [home] = await browser.asks(3, first.port);
    first.proxy.close();
    for (let i = 0; i < 3; i += 1) expect(await browser.asks(5, (await start({ ports })).port)).toEqual([home]);
    expect(browser.sets).toBe(1);
  });

  it('moves when its endpoint is gone, with a new cookie, and then stays there', async () => {
    const ports = await endpoints(3);
    const test = await start({ clusters: [watchedCluster('cart')] });
    test.sources.push('cart', ports.map((port) => ready('127.0.0.1', port)));
    const browser = new Browser();
    const home = await browser.ask(test.port);
    test.sources.push('cart', ports.filter((port) => port !== home).map((port) => ready('127.0.0.1', port)));
    const next = await browser.ask(test.port);
    expect(next).not.toBe(home);
    test.sources.push('cart', ports.map((port) => ready('127.0.0.1', port)));
    expect(await browser.asks(10, test.port)).toEqual([next]);
    expect(browser.sets).toBe(2);
    expect(test.metrics()).toContain('mesh_session_responses_total{listener="test",session="moved"} 1');
  });

  it('moves when its endpoint can\'t be connected to', async () => {
    const ports = await endpoints(2);
    const dead = await freePort();
    const test = await start({ ports: [...ports, dead] });
    const value = new SessionSeal([Buffer.from(KEY)], 'cart').seal({ cluster: 'backend', endpoint: `127.0.0.1:${dead}`, expiresAt: 0 });
    const browser = new Browser();
    browser.cookie = `cart=${value}`;
    const [home, ...others] = await browser.asks(5, test.port);
    expect(ports).toContain(home);
    expect(others).toEqual([]);
    expect(browser.sets).toBe(1);
  });

  it('stays while its endpoint drains; new ones begin elsewhere, or not at all when all of them drain', async () => {
    const ports = await endpoints(2);
    const test = await start({ clusters: [watchedCluster('cart')] });
    test.sources.push('cart', ports.map((port) => ready('127.0.0.1', port)));
    const browser = new Browser();
    const home = await browser.ask(test.port);
    const other = ports.find((port) => port !== home)!;
    test.sources.push('cart', [draining('127.0.0.1', home), ready('127.0.0.1', other)]);
    expect(await browser.asks(5, test.port)).toEqual([home]);
    expect(await new Browser().asks(5, test.port)).toEqual([other]);
    test.sources.push('cart', ports.map((port) => draining('127.0.0.1', port)));
    expect(await browser.asks(3, test.port)).toEqual([home]);
    const late = await ask(test.port);
    expect(late).toMatchObject({ status: 200, setCookie: undefined });
    expect(test.metrics()).toContain('mesh_session_responses_total{listener="test",session="none"} 1');
    expect(browser.sets).toBe(1);
  });

  it('stays on its version, over a split, at weight 0, and when its endpoint goes', async () => {
    const [one, ...two] = await endpoints(3);
    const clusters = [watchedCluster('v1'), watchedCluster('v2')];
    const split = (v1: number, v2: number) => [{ cluster: 'v1', weight: v1 }, { cluster: 'v2', weight: v2 }];
    const canary = await start({ clusters, route: { split: split(0, 1) } });
    canary.sources.push('v1', [ready('127.0.0.1', one!)]);
    canary.sources.push('v2', two.map((port) => ready('127.0.0.1', port)));
    const browser = new Browser();
    const home = await browser.ask(canary.port);
    expect(two).toContain(home);

    const rolledBack = await start({ clusters, route: { split: split(1, 0) } });
    rolledBack.sources.push('v1', [ready('127.0.0.1', one!)]);
    rolledBack.sources.push('v2', two.map((port) => ready('127.0.0.1', port)));
    expect(await new Browser().asks(5, rolledBack.port)).toEqual([one]);
    expect(await browser.asks(5, rolledBack.port)).toEqual([home]);
    rolledBack.sources.push('v2', two.filter((port) => port !== home).map((port) => ready('127.0.0.1', port)));
    expect(await browser.asks(5, rolledBack.port)).toEqual(two.filter((port) => port !== home));
    rolledBack.sources.push('v2', []);
    expect(await browser.asks(5, rolledBack.port)).toEqual([one]);
    expect(browser.sets).toBe(3);
  });

  it('ends after its time, whether the client forgets the cookie or not', async () => {
    const ports = await endpoints(2);
    const clock = new FakeClock();
    const test = await start({ ports, clock, session: { ttlMs: 60_000 } });
    const browser = new Browser();
    const home = await browser.ask(test.port);
    clock.advance(59_999);
    expect(await browser.asks(3, test.port)).toEqual([home]);
    clock.advance(1);
    await browser.ask(test.port);
    expect(browser.sets).toBe(2);
    expect(test.metrics()).toContain('mesh_session_cookies_refused_total{listener="test",cause="expired"} 1');
  });

  it('goes on while keys are changed in their file, until the old key is gone', async () => {
    const ports = await endpoints(3);
    const clock = new FakeClock();
    const test = await start({ ports, clock });
    const browser = new Browser();
    const home = await browser.ask(test.port);
    const change = async (content: string, count: number): Promise<void> => {
      writeFileSync(keyFile, content);
      clock.advance(POLL_MS);
      await eventually('the keys are taken over', () => test.metrics().includes(`mesh_session_key_reloads_total{result="applied"} ${count}`));
    };
    await change(`${'n'.repeat(44)}\n${KEY}\n`, 1);
    expect(await browser.asks(3, test.port)).toEqual([home]);
    await change('n'.repeat(44), 2);
    await browser.ask(test.port);
    expect(browser.sets).toBe(2);
    expect(test.metrics()).toContain('mesh_session_cookies_refused_total{listener="test",cause="forged"} 1');
  });

  it('takes its cookie along with a switch of protocols', async () => {
    const backend = await RawBackend.answering(() => 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
    cleanups.push(() => backend.close());
    const test = await start({ ports: [backend.port] });
    const connection = await rawClient(test.port);
    cleanups.push(() => connection.socket.destroy());
    connection.send('GET / HTTP/1.1\r\nHost: shop\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(await connection.receives('\r\n\r\n')).toMatch(/^set-cookie: cart=/m);
  });
});

describe('a cookie', () => {
  const seal = new SessionSeal([Buffer.from(KEY)], 'cart');

  /** Of two endpoints in turn, the ones that answered four requests with this cookie; and how often it was refused. */
  async function refusalsOf(cookies: string, cause: string): Promise<{ readonly from: Set<number>; readonly refused: string }> {
    const ports = await endpoints(2);
    const test = await start({ ports });
    const from = new Set<number>();
    for (let i = 0; i < 4; i += 1) {
      const answer = await ask(test.port, cookies);
      expect(answer).toMatchObject({ status: 200, setCookie: expect.any(String) as string });
      from.add(answer.from);
    }
    expect([...from].every((port) => ports.includes(port))).toBe(true);
    return { from, refused: new RegExp(`mesh_session_cookies_refused_total\\{listener="test",cause="${cause}"\\} (\\d+)`).exec(test.metrics())?.[1] ?? '0' };
  }

  const to = (endpoint: string, by = seal, cluster = 'backend', expiresAt = 0): string => by.seal({ cluster, endpoint, expiresAt });

  it.each([
    ['forged', 'of another key', to('127.0.0.1:1', new SessionSeal([Buffer.from('x'.repeat(44))], 'cart'))],
    ['forged', 'for another name', to('127.0.0.1:1', new SessionSeal([Buffer.from(KEY)], 'basket'))],
    ['malformed', 'cut short', to('127.0.0.1:1').slice(0, -5)],
    ['malformed', 'that is an address', '127.0.0.1:22'],
    ['malformed', 'of nothing', ''],
    ['too_long', 'of thousands of bytes', 'A'.repeat(4_096)],
    ['foreign', 'for a cluster that the route does not have', to('127.0.0.1:22', seal, 'admin')],
    ['expired', 'of long ago', to('127.0.0.1:22', seal, 'backend', 1)],
  ])('is ignored and counted as %s, given one %s', async (cause, _, value) => {
    const { from, refused } = await refusalsOf(`Cookie: cart=${value}\r\n`, cause);
    expect(refused).toBe('4');
    expect(from.size).toBe(2);
  });

  it('leads nowhere else, given a sound one for an endpoint that the cluster does not have', async () => {
    const { from } = await refusalsOf(`Cookie: cart=${to('127.0.0.1:22')}\r\n`, 'forged');
    expect(from.size).toBe(2);
  });

  it('is found behind others of its name, of which a few are looked into, in any field, and in quotes', async () => {
    const ports = await endpoints(2);
    const test = await start({ ports });
    const value = to(`127.0.0.1:${ports[1]!}`);
    const asks = async (fields: string): Promise<Set<number>> => new Set([(await ask(test.port, fields)).from, (await ask(test.port, fields)).from]);
    expect(await asks(`Cookie: cart=old; cart=older; cart=oldest; cart=${value}\r\n`)).toEqual(new Set([ports[1]]));
    expect(await asks(`Cookie: cart=old; theme=dark\r\ncookie: lang=en; cart="${value}" ; x=y\r\n`)).toEqual(new Set([ports[1]]));
    expect(await asks(`Cookie: cart=1; cart=2; cart=3; cart=4; cart=${value}\r\n`)).toEqual(new Set(ports));
  });

  it('is not made, given a route that keeps no sessions', async () => {
    const ports = await endpoints(2);
    const test = await startProxy(ports);
    cleanups.push(() => test.proxy.close());
    expect((await ask(test.port)).setCookie).toBeUndefined();
    expect(test.metrics()).not.toMatch(/^mesh_session_(responses|cookies)[^ ]*\{/m);
  });
});

describe('a document that keeps sessions', () => {
  it('is refused at the start, and later leaves the one before in force, given keys that are missing or short', async () => {
    const ports = await endpoints(1);
    await expect(start({ ports, session: { keyFile: join(folder, 'none') } })).rejects.toThrow(/keys of session cookies, '[^']+none', isn't there; mount the Secret/);
    const test = await startProxy(ports);
    cleanups.push(() => test.proxy.close());
    writeFileSync(keyFile, 'short');
    const [listener] = test.config.listeners;
    const document = { ...test.config, listeners: [{ ...listener!, routes: [{ ...listener!.routes[0]!, session }] }] };
    expect(await test.proxy.apply(JSON.stringify(document))).toMatchObject({ ok: false, mayPass: true, problems: [expect.stringContaining('has a key of 5 bytes') as string] });
    expect(await ask(test.port)).toMatchObject({ status: 200, setCookie: undefined });
    writeFileSync(keyFile, KEY);
    expect(await test.proxy.apply(JSON.stringify(document))).toMatchObject({ ok: true });
    expect((await ask(test.port)).setCookie).toMatch(/^cart=/);
  });
});

test('a hash cookie with a lifetime keeps its client with one endpoint, by a cookie that is made once', async () => {
  const ports = await endpoints(4);
  const test = await startProxy(ports, {
    cluster: { loadBalancing: { type: 'ringHash' } }, route: { hash: [{ type: 'cookie', name: 'cart', ttlMs: 3_600_000 }] },
  });
  cleanups.push(() => test.proxy.close());
  const browsers = Array.from({ length: 8 }, () => new Browser());
  for (const browser of browsers) {
    expect(await browser.asks(5, test.port)).toHaveLength(1);
    expect(browser.sets).toBe(1);
  }
});

test('stays where it is, given that its endpoint fails once and the next one refuses', async () => {
  let failures = 0;
  const pods = await Promise.all([0, 1].map(() => RawBackend.answering(() => {
    if (failures > 0) {
      failures -= 1;
      return 'HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n';
    }
    return 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1';
  })));
  pods.forEach((pod) => cleanups.push(() => pod.close()));
  const ports = [...pods.map(({ port }) => port), await freePort()];
  const { port } = await start({ ports, cluster: { outlierDetection: { mode: 'off' } }, route: { retry: { maxRetries: 3, backoffMs: 1 } } });
  const { setCookie } = await ask(port);
  const cookie = `Cookie: ${setCookie!.split(';')[0]}\r\n`;
  for (let i = 0; i < 6; i += 1) {
    failures = 1;
    expect((await ask(port, cookie)).setCookie).toBeUndefined();
  }
});

test('makes no cookie for a fallback, so that a session finds home again', async () => {
  const [pod] = await endpoints(1);
  const clusters: ClusterConfig[] = [
    { name: 'home', discovery: { type: 'static', endpoints: [] } },
    { name: 'elsewhere', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: pod! }] } },
  ];
  const route = { split: [{ cluster: 'home', weight: 1 }], fallback: [{ split: [{ cluster: 'elsewhere', weight: 1 }] }] };
  const { port } = await start({ clusters, route });
  const { status, setCookie } = await ask(port);
  expect(status).toBe(200);
  expect(setCookie ?? '').not.toContain('cart=');
});

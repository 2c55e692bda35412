/** Discovery by DNS: the rules on a clock that the test moves, then the real client against a server on loopback. */
import { systemClock } from '../../../src/proxy/runtime/clock';
import { createSource } from '../../../src/proxy/discovery';
import { DnsSource, MAX_AGE_MS, MAX_SRV_TARGETS, MIN_AGE_MS } from '../../../src/proxy/discovery/dns';
import { DnsClient, SrvRecord } from '../../../src/proxy/discovery/name-resolver';
import { EndpointSnapshot } from '../../../src/proxy/discovery/source';
import { DnsDiscovery } from '../../../src/contract';
import { eventually } from '../../support/eventually';
import { FakeClock } from '../../support/fake-clock';
import { FakeDns } from '../../support/fake-dns';

type Answer<T> = T | string | undefined;

/** A client that answers from tables; a string is an error code, nothing is ENOTFOUND. */
class FakeClient implements DnsClient {
  a = new Map<string, Answer<string[]>>();
  aaaa = new Map<string, Answer<string[]>>();
  srv = new Map<string, Answer<SrvRecord[]>>();
  ttl = 30;
  asked: string[] = [];
  cancelled = false;

  resolve4 = (name: string) => this.addresses('A', name, this.a.get(name));
  resolve6 = (name: string) => this.addresses('AAAA', name, this.aaaa.get(name));
  resolveSrv = async (name: string) => this.answer('SRV', name, this.srv.get(name));
  cancel = () => { this.cancelled = true; };

  private async addresses(type: string, name: string, answer: Answer<string[]>) {
    return this.answer(type, name, answer).map((address) => ({ address, ttl: this.ttl }));
  }

  private answer<T>(type: string, name: string, answer: Answer<T[]>): T[] {
    this.asked.push(`${type} ${name}`);
    if (Array.isArray(answer)) return answer;
    throw Object.assign(new Error('query failed'), { code: answer ?? 'ENOTFOUND' });
  }
}

const ADDRESS: DnsDiscovery = { type: 'dns', record: 'address', hostname: 'catalog.shop', port: 80 };
const SRV: DnsDiscovery = { type: 'dns', record: 'srv', hostname: '_http._tcp.catalog.shop' };

async function setUp(discovery: DnsDiscovery, prepare: (client: FakeClient) => void, podIps = ['10.0.0.9']) {
  const clock = new FakeClock();
  const client = new FakeClient();
  const events: string[] = [];
  const snapshots: EndpointSnapshot[] = [];
  prepare(client);
  const source = createSource(discovery, {
    clock, random: () => 0.5, kubernetes: undefined, podIps, onEvent: (name, { error, reason }) => events.push(`${name}: ${error ?? reason}`), dnsClient: () => client,
  });
  source.start((snapshot) => snapshots.push(snapshot));
  await settled();
  const shown = () => snapshots.at(-1)?.map(({ address, port, weight }) => `${address}:${port}*${weight}`);
  const again = async () => {
    clock.advance(MAX_AGE_MS * 1.1);
    await settled();
  };
  return { clock, client, events, snapshots, source, shown, again };
}

/** Lets every promise that can go on do so. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('addresses', () => {
  test('are endpoints at the configured port, sorted', async () => {
    const { shown, source } = await setUp(ADDRESS, ({ a }) => a.set('catalog.shop', ['10.0.0.2', '10.0.0.1']));
    expect(shown()).toEqual(['10.0.0.1:80*1', '10.0.0.2:80*1']);
    expect(source.health).toMatchObject({ synced: true, failures: 0 });
  });

  test('are asked for again when their TTL ends, a little later by chance, and delivered only when they changed', async () => {
    const { clock, client, snapshots, shown } = await setUp(ADDRESS, ({ a }) => a.set('catalog.shop', ['10.0.0.1']));
    clock.advance(30_000 * 1.05 - 1);
    expect(client.asked).toHaveLength(1);
    clock.advance(1);
    await settled();
    expect(client.asked).toHaveLength(2);
    expect(snapshots).toHaveLength(1);
    client.a.set('catalog.shop', ['10.0.0.2']);
    clock.advance(30_000 * 1.05);
    await settled();
    expect(shown()).toEqual(['10.0.0.2:80*1']);
  });

  test.each([[0, MIN_AGE_MS], [100_000, MAX_AGE_MS]])('with a TTL of %d s are asked for after %d ms', async (ttl, age) => {
    const { clock, client } = await setUp(ADDRESS, (fake) => {
      fake.ttl = ttl;
      fake.a.set('catalog.shop', ['10.0.0.1']);
    });
    clock.advance(age * 1.05 - 1);
    expect(client.asked).toHaveLength(1);
    clock.advance(1);
    expect(client.asked).toHaveLength(2);
  });

  test.each(['ENOTFOUND', 'ENODATA', 'ETIMEOUT', 'ESERVFAIL'])('stay when the name is answered with %s', async (code) => {
    const { client, again, shown, source, events, snapshots } = await setUp(ADDRESS, ({ a }) => a.set('catalog.shop', ['10.0.0.1']));
    const confirmed = source.health.lastConfirmedAt;
    client.a.set('catalog.shop', code);
    await again();
    await again();
    expect(shown()).toEqual(['10.0.0.1:80*1']);
    expect(snapshots).toHaveLength(1);
    expect(source.health).toMatchObject({ synced: true, failures: 2, lastConfirmedAt: confirmed, lastError: expect.stringContaining("'catalog.shop'") });
    client.a.set('catalog.shop', ['10.0.0.1']);
    await again();
    expect(source.health).toMatchObject({ failures: 0, lastError: undefined });
    expect(events.map((event) => event.split(':')[0])).toEqual(['discovery_failing', 'discovery_recovered']);
  });

  test('a name that never resolved is asked for with growing pauses, and nothing is delivered', async () => {
    const { clock, client, snapshots, source } = await setUp(ADDRESS, () => undefined);
    expect(source.health).toMatchObject({ synced: false, failures: 1, lastError: "'catalog.shop' has no A and no AAAA record" });
    for (const [pause, rounds] of [[500, 2], [1_000, 3], [2_000, 4], [4_000, 5], [8_000, 6], [15_000, 7], [15_000, 8]] as const) {
      clock.advance(pause);
      await settled();
      expect(client.asked.filter((question) => question.startsWith('A '))).toHaveLength(rounds);
    }
    expect(snapshots).toEqual([]);
  });

  describe('of two families', () => {
    test("only those of this pod's own family count, since a dual-stack pod has both", async () => {
      const both = (client: FakeClient) => {
        client.a.set('catalog.shop', ['10.0.0.1']);
        client.aaaa.set('catalog.shop', ['fd00::1']);
      };
      expect((await setUp(ADDRESS, both, ['10.0.0.9', 'fd00::9'])).shown()).toEqual(['10.0.0.1:80*1']);
      expect((await setUp(ADDRESS, both, ['fd00::9', '10.0.0.9'])).shown()).toEqual(['fd00::1:80*1']);
    });

    test.each(['ESERVFAIL', 'ETIMEOUT', 'ENODATA'])('a name with A alone works though AAAA is answered with %s', async (code) => {
      const prepare = (client: FakeClient) => {
        client.a.set('catalog.shop', ['10.0.0.1']);
        client.aaaa.set('catalog.shop', code);
      };
      for (const podIps of [['10.0.0.9'], ['fd00::9']]) {
        const { shown, source } = await setUp(ADDRESS, prepare, podIps);
        expect(shown()).toEqual(['10.0.0.1:80*1']);
        expect(source.health.failures).toBe(0);
      }
    });

    test('the family in use stays while it fails, and is left when it is denied', async () => {
      const { client, again, shown, source } = await setUp(ADDRESS, ({ a, aaaa }) => {
        a.set('catalog.shop', ['10.0.0.1']);
        aaaa.set('catalog.shop', ['fd00::1']);
      });
      client.a.set('catalog.shop', 'ESERVFAIL');
      await again();
      expect(shown()).toEqual(['10.0.0.1:80*1']);
      expect(source.health.lastError).toBe("the A records of 'catalog.shop' can't be resolved: ESERVFAIL");
      client.a.set('catalog.shop', 'ENODATA');
      await again();
      expect(shown()).toEqual(['fd00::1:80*1']);
      expect(source.health.failures).toBe(0);
    });
  });
});

describe('SRV records', () => {
  const record = (name: string, more: Partial<SrvRecord> = {}): SrvRecord => ({ name, port: 8080, priority: 0, weight: 5, ...more });

  test('give port and weight; only the lowest priority value counts; weight 0 is 1', async () => {
    const { shown } = await setUp(SRV, ({ srv, a, aaaa }) => {
      srv.set(SRV.hostname, [record('one', { priority: 10 }), record('two', { priority: 10, port: 9090, weight: 0 }), record('backup', { priority: 20 })]);
      a.set('one', ['10.0.0.1', '10.0.0.2']);
      aaaa.set('two', ['fd00::2']);
      a.set('backup', ['10.0.0.3']);
    });
    expect(shown()).toEqual(['10.0.0.1:8080*5', '10.0.0.2:8080*5', 'fd00::2:9090*1']);
  });

  test('are asked for again when the shortest TTL of their targets ends', async () => {
    const { client, clock } = await setUp(SRV, (fake) => {
      fake.srv.set(SRV.hostname, [record('one')]);
      fake.a.set('one', ['10.0.0.1']);
      fake.ttl = 7;
    });
    clock.advance(7_000 * 1.05);
    expect(client.asked.filter((question) => question.startsWith('SRV'))).toHaveLength(2);
  });

  test('a target that fails keeps its last addresses, one that never resolved is left out, and both count as a failure', async () => {
    const { client, again, shown, source } = await setUp(SRV, ({ srv, a }) => {
      srv.set(SRV.hostname, [record('one'), record('two')]);
      a.set('one', ['10.0.0.1']);
      a.set('two', 'ESERVFAIL');
    });
    expect(shown()).toEqual(['10.0.0.1:8080*5']);
    expect(source.health).toMatchObject({ synced: true, failures: 1, lastError: "the A records of 'two' can't be resolved: ESERVFAIL" });
    client.a.set('one', 'ETIMEOUT').set('two', ['10.0.0.2']);
    await again();
    expect(shown()).toEqual(['10.0.0.1:8080*5', '10.0.0.2:8080*5']);
  });

  test('a target that the records no longer name is gone, and forgotten', async () => {
    const { client, again, shown } = await setUp(SRV, ({ srv, a }) => {
      srv.set(SRV.hostname, [record('one'), record('two')]);
      a.set('one', ['10.0.0.1']).set('two', ['10.0.0.2']);
    });
    client.srv.set(SRV.hostname, [record('two')]);
    await again();
    expect(shown()).toEqual(['10.0.0.2:8080*5']);
    client.srv.set(SRV.hostname, [record('one'), record('two')]);
    client.a.set('one', 'ESERVFAIL');
    await again();
    expect(shown()).toEqual(['10.0.0.2:8080*5']);
  });

  test.each(['ENOTFOUND', 'ESERVFAIL'])('their endpoints stay when they are answered with %s', async (code) => {
    const { client, again, shown, source } = await setUp(SRV, ({ srv, a }) => {
      srv.set(SRV.hostname, [record('one')]);
      a.set('one', ['10.0.0.1']);
    });
    client.srv.set(SRV.hostname, code);
    await again();
    expect(shown()).toEqual(['10.0.0.1:8080*5']);
    expect(source.health.failures).toBe(1);
  });

  test('are used up to a limit, which is told of', async () => {
    const { shown, events } = await setUp(SRV, ({ srv, a }) => {
      const names = Array.from({ length: MAX_SRV_TARGETS + 1 }, (_, number) => `t${number}`);
      srv.set(SRV.hostname, names.map((name) => record(name)));
      names.forEach((name, number) => a.set(name, [`10.1.${number >> 8}.${number & 255}`]));
    });
    expect(shown()).toHaveLength(MAX_SRV_TARGETS);
    expect(events).toEqual([`discovery_ignored: ${MAX_SRV_TARGETS + 1} SRV records are more than ${MAX_SRV_TARGETS}`]);
  });
});

test('close stops the timer and the questions, and nothing is delivered after it', async () => {
  const { client, clock, source, snapshots } = await setUp(ADDRESS, ({ a }) => a.set('catalog.shop', ['10.0.0.1']));
  client.a.set('catalog.shop', ['10.0.0.2']);
  clock.advance(60_000);
  source.close();
  await settled();
  expect(client.cancelled).toBe(true);
  expect(snapshots).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

describe('the real client', () => {
  let dns: FakeDns;
  let source: DnsSource | undefined;

  beforeEach(async () => {
    dns = new FakeDns();
    await dns.listen();
  });

  afterEach(async () => {
    source?.close();
    await dns.close();
  });

  function start(discovery: DnsDiscovery) {
    const snapshots: EndpointSnapshot[] = [];
    source = createSource({ ...discovery, servers: [dns.server] }, {
      clock: systemClock, random: () => 0, kubernetes: undefined, podIps: ['127.0.0.1'], onEvent: () => undefined,
    }) as DnsSource;
    source.start((snapshot) => snapshots.push(snapshot));
    return snapshots;
  }

  test('asks the server named, for the name as it is, and again when the TTL ends', async () => {
    dns.answers.set('catalog.shop A', [{ type: 'A', address: '127.0.0.2', ttl: 1 }]);
    const snapshots = start(ADDRESS);
    await eventually('the address', () => snapshots.length === 1);
    expect(snapshots[0]).toEqual([{ address: '127.0.0.2', port: 80, weight: 1, ready: true, draining: false }]);
    dns.answers.set('catalog.shop A', [{ type: 'A', address: '127.0.0.3', ttl: 1 }, { type: 'A', address: '127.0.0.2', ttl: 9 }]);
    await eventually('the other address', () => snapshots.at(-1)?.length === 2);
    expect(new Set(dns.questions)).toEqual(new Set(['catalog.shop A']));
  });

  test('never reads the hosts file', async () => {
    dns.answers.set('localhost A', [{ type: 'A', address: '127.9.9.9', ttl: 60 }]);
    const snapshots = start({ ...ADDRESS, hostname: 'localhost' });
    await eventually('the address of the server', () => snapshots.length === 1);
    expect(snapshots[0]?.[0]?.address).toBe('127.9.9.9');
  });

  test('takes IPv6 where there is no IPv4, though the answer is no data or a denial', async () => {
    dns.answers.set('catalog.shop A', 'NXDOMAIN').set('catalog.shop AAAA', [{ type: 'AAAA', address: 'fd00::12', ttl: 60 }]);
    const snapshots = start(ADDRESS);
    await eventually('the address', () => snapshots.length === 1);
    expect(snapshots[0]?.[0]?.address).toBe('fd00::12');
  });

  test('follows SRV records to their targets', async () => {
    dns.answers.set('_http._tcp.catalog.shop SRV', [
      { type: 'SRV', target: 'one.shop', port: 8080, priority: 0, weight: 3, ttl: 60 },
      { type: 'SRV', target: 'spare.shop', port: 8080, priority: 1, weight: 3, ttl: 60 },
    ]);
    dns.answers.set('one.shop A', [{ type: 'A', address: '127.0.0.2', ttl: 60 }]);
    const snapshots = start(SRV);
    await eventually('the target', () => snapshots.length === 1);
    expect(snapshots[0]).toEqual([{ address: '127.0.0.2', port: 8080, weight: 3, ready: true, draining: false }]);
    expect(dns.questions).not.toContain('spare.shop A');
  });

  test('tells NXDOMAIN from failure, and keeps the endpoints through both', async () => {
    dns.answers.set('catalog.shop A', [{ type: 'A', address: '127.0.0.2', ttl: 1 }]);
    const snapshots = start(ADDRESS);
    await eventually('the address', () => snapshots.length === 1);
    dns.answers.set('catalog.shop A', 'NXDOMAIN').set('catalog.shop AAAA', 'NXDOMAIN');
    await eventually('the denial', () => source?.health.lastError === "'catalog.shop' has no A and no AAAA record");
    dns.answers.set('catalog.shop A', 'SERVFAIL');
    await eventually('the failure', () => source?.health.lastError === "the A records of 'catalog.shop' can't be resolved: ESERVFAIL");
    expect(snapshots).toHaveLength(1);
  });

  test('a server that does not answer can be left at any time', async () => {
    dns.answers.set('catalog.shop A', 'silence');
    const snapshots = start(ADDRESS);
    await eventually('the question', () => dns.questions.length === 1);
    source?.close();
    expect(snapshots).toEqual([]);
  });

  test('a server that is no address is refused in plain words', () => {
    expect(() => createSource({ ...ADDRESS, servers: ['dns.example'] }, {
      clock: systemClock, random: () => 0, kubernetes: undefined, podIps: [], onEvent: () => undefined,
    })).toThrow('DNS servers [dns.example] must be given as address, address:port or [IPv6 address]:port');
  });
});

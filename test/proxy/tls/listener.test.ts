/**
 * TLS that ends at a listener, over real sockets: the same proxy as without it, and what is particular to handshakes and
 * certificates.
 */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { ProxyConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { makeKeyPair, Certificate, MountedSecret } from '../../support/key-pairs';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';
import { tlsClient } from '../../support/raw-tls';

const GET = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let first: Certificate;
let second: Certificate;
beforeAll(async () => {
  [first, second] = await Promise.all([makeKeyPair(), makeKeyPair()]);
});

const cleanups = cleanupsAfterEach();

function mounted(): MountedSecret {
  const secret = new MountedSecret(first.certificate, first.key);
  cleanups.push(() => secret.remove());
  return secret;
}

async function start(backend: RawBackend, options: TestProxyOptions = {}): Promise<TestProxy> {
  const test = await startProxy([backend.port], { tls: mounted().config, ...options });
  cleanups.push(() => backend.close(), () => test.proxy.close());
  return test;
}

async function answering(options: TestProxyOptions = {}): Promise<TestProxy & { readonly backend: RawBackend }> {
  const backend = await RawBackend.answering(() => OK);
  return { ...await start(backend, options), backend };
}

function counted(test: TestProxy, series: string): number {
  const line = test.metrics().split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

const failures = (test: TestProxy, kind: string): number => counted(test, `mesh_tls_handshake_failures_total{listener="test",kind="${kind}"}`);

/** Every connection is closed and none is counted any more. */
async function nothingIsLeft(test: TestProxy): Promise<void> {
  await until('all connections are gone', () => test.proxy.context.connections === 0);
  expect(counted(test, 'mesh_downstream_connections_open{listener="test"}')).toBe(0);
}

describe('requests over TLS', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('are answered, given %s, and the backend gets plain HTTP', async (version) => {
    const test = await answering();
    const client = await tlsClient(test.port, { minVersion: version, maxVersion: version });
    expect(client.tls.getProtocol()).toBe(version);
    expect(client.tls.alpnProtocol).toBe('http/1.1');
    client.send(GET + GET);
    await client.receives(/ok[^]*ok$/);
    expect(test.backend.received).toMatch(/^GET \/ HTTP\/1\.1\r\nHost: shop\r\n/);
    expect(counted(test, 'mesh_tls_handshakes_total{listener="test"}')).toBe(1);
    client.end();
    await nothingIsLeft(test);
  });

  test('are refused to a client that wants a costly exchange of keys', async () => {
    const test = await answering();
    await expect(tlsClient(test.port, { ecdhCurve: 'ffdhe8192', minVersion: 'TLSv1.3' })).rejects.toThrow();
    expect(failures(test, 'cipher')).toBe(1);
  });

  test('are read, given that each byte comes in a record of its own', async () => {
    const test = await answering();
    const client = await tlsClient(test.port);
    await client.sendSlowly(GET + GET);
    await client.receives(/ok[^]*ok$/);
    client.end();
  });

  test('carry large bodies in both directions unharmed', async () => {
    const body = Buffer.from(Uint8Array.from({ length: 3 * 1024 * 1024 }, (_, i) => i ^ (i >> 12)));
    const test = await start(await RawBackend.start((connection) => {
      const chunks: Buffer[] = [];
      let length = 0;
      connection.socket.on('data', (chunk) => {
        chunks.push(chunk);
        length += chunk.length;
        const head = connection.received.indexOf('\r\n\r\n') + 4;
        if (head < 4 || length < head + body.length) return;
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
        connection.send(Buffer.concat(chunks).subarray(head));
      });
    }));
    const client = await tlsClient(test.port);
    client.send(`POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: ${body.length}\r\n\r\n`);
    client.send(body);
    await until('all came back', () => client.received.length > body.length && client.received.length >= client.received.indexOf('\r\n\r\n') + 4 + body.length, 15_000);
    const got = Buffer.from(client.received.slice(client.received.indexOf('\r\n\r\n') + 4), 'latin1');
    const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
    expect(digest(got)).toBe(digest(body));
    client.end();
  });

  test('hold a backend back, given a client that does not read', async () => {
    let sent = 0;
    const total = 64 * 1024 * 1024;
    const test = await start(await RawBackend.start((connection) => connection.socket.once('data', () => {
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      const more = (): void => {
        while (sent < total) {
          sent += 65_536;
          if (!connection.socket.write(Buffer.alloc(65_536))) return;
        }
      };
      connection.socket.on('drain', more);
      more();
    })));
    const client = await tlsClient(test.port);
    client.tls.pause();
    client.send(GET);
    await until('the limit is reached', () => counted(test, 'mesh_limit_reached_total{limit="maxBufferedBytes"}') > 0);
    let [seen, looks] = [0, 0];
    await until('nothing more is sent', () => {
      looks = sent === seen ? looks + 1 : 0;
      seen = sent;
      return looks > 25;
    });
    expect(sent).toBeLessThan(total / 2);
    client.tls.destroy();
    await nothingIsLeft(test);
  });

  test('are given up, given a client that ends its side before the answer', async () => {
    const backend = await RawBackend.start();
    const test = await start(backend);
    const client = await tlsClient(test.port);
    client.send(GET);
    await until('the request arrives', () => backend.received.includes('GET'));
    client.end();
    await until('the backend sees it', () => backend.connections[0]!.error?.code === 'ECONNRESET');
    await nothingIsLeft(test);
    expect(test.metrics()).toContain('code="499",reason="client_abort"} 1');
  });

  test('are answered to the end and then closed, given one that is refused while more is sent', async () => {
    const test = await answering();
    const client = await tlsClient(test.port);
    client.send(`GET / HTTP/1.1\r\n\r\n${'x'.repeat(200_000)}`);
    expect(await client.closes()).toMatch(/^HTTP\/1\.1 400 [^]*bad_request/);
    client.end();
    await nothingIsLeft(test);
  });

  test('are cut, not ended, given a backend that breaks off within a body', async () => {
    const backend = await RawBackend.start((connection) => connection.socket.once('data', () => {
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    }));
    const test = await start(backend);
    const client = await tlsClient(test.port);
    client.send(GET);
    await client.receives('half');
    backend.connections[0]!.reset();
    await until('it is closed', () => client.closed);
    expect(client.error?.code).toBe('ECONNRESET');
    expect(client.ended).toBe(false);
    await nothingIsLeft(test);
  });

  test('become a tunnel, with an end for each direction', async () => {
    const test = await start(await RawBackend.start((connection) => {
      connection.socket.once('data', () => connection.send('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello '));
      connection.socket.on('end', () => connection.socket.end(' bye'));
    }));
    const client = await tlsClient(test.port);
    client.send('GET / HTTP/1.1\r\nHost: shop\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
    await client.receives('hello ');
    client.socket.end('from the client');
    expect(await client.closes()).toMatch(/hello {2}bye$/);
    await nothingIsLeft(test);
  });
});

describe('handshakes', () => {
  test.each([
    ['a version older than the oldest', 'version', { maxVersion: 'TLSv1.2' }, '1.3'],
    ['a version that is not spoken any more', 'version', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, '1.2'],
    ['no protocol but HTTP/2', 'alpn', { ALPNProtocols: ['h2'] }, '1.2'],
    ['no cipher in common', 'cipher', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA256' }, '1.2'],
  ] as const)('are refused and counted, given %s', async (_, kind, options, minimumVersion) => {
    const test = await answering({ tls: { ...mounted().config, minimumVersion } });
    await expect(tlsClient(test.port, { ...options, ALPNProtocols: 'ALPNProtocols' in options ? [...options.ALPNProtocols] : [] })).rejects.toThrow();
    await until('it is counted', () => failures(test, kind) === 1);
    await nothingIsLeft(test);
  });

  test('choose HTTP/1.1, given a client that also offers HTTP/2, and do without, given one that offers nothing', async () => {
    const test = await answering();
    expect((await tlsClient(test.port, { ALPNProtocols: ['h2', 'http/1.1'] })).tls.alpnProtocol).toBe('http/1.1');
    const plain = await tlsClient(test.port, { ALPNProtocols: [] });
    plain.send(GET);
    await plain.receives(/ok$/);
  });

  test('that get plain HTTP close the connection without a word, and are counted', async () => {
    const test = await answering();
    const client = await rawClient(test.port);
    client.send(GET);
    expect(await client.closes()).not.toContain('HTTP/');
    expect(client.error).toBeUndefined();
    client.end();
    await until('it is counted', () => failures(test, 'plain_http') === 1);
    await nothingIsLeft(test);
  });

  test('that get garbage close the connection, and are counted', async () => {
    const test = await answering();
    const client = await rawClient(test.port);
    client.send(Buffer.alloc(100, 0xff));
    await client.closes();
    client.end();
    await until('it is counted', () => failures(test, 'other') === 1);
    await nothingIsLeft(test);
  });

  test.each([
    ['is silent', async () => {}],
    ['sends a byte now and then', async (send: (byte: number) => void, over: () => boolean) => {
      for (const byte of [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]) {
        if (!over()) send(byte);
        await new Promise((resolve) => { setTimeout(resolve, 100); });
      }
    }],
  ])('are given up in time, given a client that %s', async (_, behave) => {
    const test = await answering({ limits: { tlsHandshakeTimeoutMs: 300 } });
    const client = await rawClient(test.port);
    void behave((byte) => client.send(Buffer.from([byte])), () => client.closed);
    await client.closes();
    client.end();
    expect(failures(test, 'timeout')).toBe(1);
    expect(counted(test, 'mesh_limit_reached_total{limit="tlsHandshakeTimeoutMs"}')).toBe(1);
    await nothingIsLeft(test);
  });

  test('count for the limit of connections, and one beyond it is closed', async () => {
    const test = await answering({ limits: { maxConnections: 1 } });
    const silent = await rawClient(test.port);
    await until('it counts', () => test.proxy.context.connections === 1);
    await expect(tlsClient(test.port)).rejects.toThrow();
    expect(counted(test, 'mesh_limit_reached_total{limit="maxConnections"}')).toBe(1);
    silent.socket.destroy();
    await nothingIsLeft(test);
    expect(failures(test, 'closed')).toBe(1);
    (await tlsClient(test.port)).end();
  });

  test('can\'t be asked for again on a connection', async () => {
    const test = await answering();
    const client = await tlsClient(test.port, { maxVersion: 'TLSv1.2' });
    let renegotiated = false;
    client.tls.renegotiate({}, (error) => { renegotiated = error === null; });
    await until('it is refused', () => client.error !== undefined || client.closed);
    expect(renegotiated).toBe(false);
    client.tls.destroy();
    await nothingIsLeft(test);
  });

  test('are cut by a drain, as open connections are', async () => {
    const test = await answering({ drainMs: 200 });
    const silent = await rawClient(test.port);
    const idle = await tlsClient(test.port);
    idle.socket.on('end', () => idle.end());
    await until('both count', () => test.proxy.context.connections === 2);
    expect((await test.proxy.drain()).cut).toBe(1);
    await Promise.all([silent.closes(), idle.closes()]);
  });

  test('leave nothing behind, whenever the client goes away', async () => {
    const test = await answering();
    const hello = await helloOf(test.port);
    for (let bytes = 0; bytes <= hello.length; bytes += Math.ceil(hello.length / 60)) {
      const client = await rawClient(test.port);
      client.send(hello.subarray(0, bytes));
      if (bytes % 2 === 0) client.reset();
      else client.socket.destroy();
    }
    await nothingIsLeft(test);
  });
});

test('a record that is not what it should be ends its connection and no other', async () => {
  const test = await answering();
  const [sound, broken] = await Promise.all([tlsClient(test.port), tlsClient(test.port)]);
  broken.below.write(Buffer.concat([Buffer.from([0x17, 0x03, 0x03, 0x00, 0x20]), Buffer.alloc(32, 1)]));
  await broken.closes();
  broken.socket.destroy();
  sound.send(GET);
  await sound.receives(/ok$/);
  sound.end();
  await nothingIsLeft(test);
});

/** The first flight of a client. */
async function helloOf(port: number): Promise<Buffer> {
  const catcher = await RawBackend.start();
  cleanups.push(() => catcher.close());
  void tlsClient(catcher.port).catch(() => {});
  const connection = await catcher.connection();
  await until('the hello is there', () => connection.received.length > 100);
  expect(port).not.toBe(catcher.port);
  return Buffer.from(connection.received, 'latin1');
}

describe('certificates', () => {
  const fingerprintAt = async (port: number): Promise<string> => {
    const client = await tlsClient(port);
    const { raw } = client.tls.getPeerCertificate();
    client.end();
    return raw.toString('base64');
  };
  const bodyOf = ({ certificate }: Certificate): string => certificate.replace(/-----[^-]+-----|\s/g, '');

  test('are renewed when a mounted Secret is swapped, and connections stay', async () => {
    const secret = mounted();
    const test = await answering({ tls: secret.config });
    const before = await tlsClient(test.port);
    secret.swap(second.certificate, second.key);
    await until('the new one is used', () => counted(test, 'mesh_tls_certificate_reloads_total{listener="test",result="applied"}') === 1);
    expect(await fingerprintAt(test.port)).toBe(bodyOf(second));
    before.send(GET);
    await before.receives(/ok$/);
    expect(before.tls.getPeerCertificate().raw.toString('base64')).toBe(bodyOf(first));
  });

  test('stay in use, given new files that are of no use, which are counted', async () => {
    const secret = mounted();
    const test = await answering({ tls: secret.config });
    secret.swap(second.certificate, first.key);
    await until('they are rejected', () => counted(test, 'mesh_tls_certificate_reloads_total{listener="test",result="rejected"}') === 1);
    expect(await fingerprintAt(test.port)).toBe(bodyOf(first));
    secret.swap(second.certificate, second.key);
    await until('the next ones are used', () => counted(test, 'mesh_tls_certificate_reloads_total{listener="test",result="applied"}') === 1);
    expect(await fingerprintAt(test.port)).toBe(bodyOf(second));
  });

  test('tell when they expire', async () => {
    const test = await answering();
    const inDays = (counted(test, 'mesh_tls_certificate_expiry_timestamp_seconds{listener="test"}') - Date.now() / 1_000) / 86_400;
    expect(inDays).toBeGreaterThan(1);
  });
});

describe('a document', () => {
  const withTls = (config: ProxyConfig, tls: ProxyConfig['listeners'][number]['tls']): string => {
    const [listener] = config.listeners;
    const { tls: _, ...rest } = listener!;
    return JSON.stringify({ ...config, listeners: [{ ...rest, ...(tls && { tls }) }] });
  };

  test('gives a listener TLS, and takes it away, without binding its socket again or closing a connection', async () => {
    const test = await answering({ tls: undefined });
    const plain = await rawClient(test.port);
    plain.send(GET);
    await plain.receives(/ok$/);
    expect(await test.proxy.apply(withTls(test.config, mounted().config))).toMatchObject({ ok: true });
    const secure = await tlsClient(test.port);
    expect(await test.proxy.apply(withTls(test.config, undefined))).toMatchObject({ ok: true });
    for (const client of [plain, secure, await rawClient(test.port)]) {
      client.received = '';
      client.send(GET);
      await client.receives(/ok$/);
      client.socket.destroy();
    }
    await nothingIsLeft(test);
  });

  test('is refused whole, in words about its files', async () => {
    const test = await answering();
    const secret = mounted();
    const apply = (tls: ProxyConfig['listeners'][number]['tls']): Promise<unknown> => test.proxy.apply(withTls(test.config, tls));
    const { certificateFile, keyFile } = secret.config;
    expect(await apply({ certificateFile: '/nowhere/tls.crt', keyFile: '/nowhere/tls.key' })).toMatchObject({
      ok: false,
      mayPass: true,
      problems: [
        "listener 'test' can't have TLS: certificateFile '/nowhere/tls.crt' is not there; mount it, or correct the path",
        "listener 'test' can't have TLS: keyFile '/nowhere/tls.key' is not there; mount it, or correct the path",
      ],
    });
    // A directory is found out by reading, a missing file by opening: the certificate is first in the list, though last to be known.
    expect(await apply({ certificateFile: dirname(certificateFile), keyFile: '/nowhere/tls.key' })).toMatchObject({
      problems: [expect.stringContaining(`certificateFile '${dirname(certificateFile)}' can't be read`), expect.stringContaining("keyFile '/nowhere/tls.key'")],
    });
    expect(await apply({ certificateFile: keyFile, keyFile: certificateFile })).toMatchObject({
      problems: [
        `listener 'test' can't have TLS: certificateFile '${keyFile}' holds no certificate in PEM form`,
        `listener 'test' can't have TLS: keyFile '${certificateFile}' holds no private key in PEM form, or one that is encrypted`,
      ],
    });
    secret.swap(first.certificate, second.key);
    expect(await apply(secret.config)).toMatchObject({
      problems: [`listener 'test' can't have TLS: keyFile '${keyFile}' holds another key than that of the certificate in '${certificateFile}'; give both files of one pair`],
    });
    const client = await tlsClient(test.port);
    client.send(GET);
    await client.receives(/ok$/);
  });
});

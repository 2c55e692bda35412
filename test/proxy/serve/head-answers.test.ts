/** RFC 9110 section 9.3.2: whatever answers HEAD has no content. The proxy's own answers, too, also where no request could be read. */
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

async function connected(options: TestProxyOptions): Promise<RawConnection> {
  const backend = await RawBackend.answering((head) => (head.startsWith('HEAD /silent') ? '' : 'garbage\r\n\r\n'));
  cleanups.push(() => backend.close());
  const test = await startProxy([backend.port], { route: { retry: { maxRetries: 0 } }, ...options });
  cleanups.push(() => test.proxy.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  return client;
}

const HEAD = 'HEAD / HTTP/1.1\r\nHost: a\r\n';

test.each<[string, string, string, TestProxyOptions]>([
  ['a bad field', 'HEAD / HTTP/1.1\r\nHost : a\r\n\r\n', 'bad_request', {}],
  ['no Host', 'HEAD / HTTP/1.1\r\n\r\n', 'bad_request', {}],
  ['a bad target', 'HEAD x HTTP/1.1\r\n', 'bad_request', {}],
  ['another version', 'HEAD / HTTP/2.0\r\n\r\n', 'version_not_supported', {}],
  ['a long target', `HEAD /${'a'.repeat(200)}`, 'uri_too_long', { limits: { maxStartLineBytes: 100 } }],
  ['a long head', `${HEAD}X: ${'a'.repeat(300)}`, 'head_too_large', { limits: { maxHeadBytes: 200 } }],
  ['a body that is too large', `${HEAD}Content-Length: 9\r\n\r\n`, 'body_too_large', { limits: { maxBodyBytes: 5 } }],
  ['a chunk that is none', `${HEAD}Transfer-Encoding: chunked\r\n\r\nx\r\n`, 'bad_request', {}],
  ['a head that does not end', `${HEAD}X`, 'client_timeout', { limits: { headTimeoutMs: 20 } }],
  ['a body that does not end', `${HEAD.replace('/', '/silent')}Content-Length: 9\r\n\r\n`, 'client_timeout', { limits: { bodyTimeoutMs: 20 } }],
  ['an endpoint that speaks no HTTP', `${HEAD}\r\n`, 'upstream_protocol_error', {}],
  ['no endpoint', `${HEAD}\r\n`, 'no_endpoints', { cluster: { discovery: { type: 'endpointSlice', namespace: 'shop', service: 'none' } } }],
])('the answer to HEAD with %s has none', async (_, bytes, reason, options) => {
  const client = await connected(options);
  client.send(bytes);
  await client.receives(/\r\n\r\n/);
  client.end();
  await client.closes();
  expect(client.received).toMatch(new RegExp(`^HTTP/1\\.1 [45]\\d\\d [^]*details="${reason}"`));
  expect(client.received).toMatch(/^[^]*\r\n\r\n$/);
  expect(client.received.indexOf('\r\n\r\n')).toBe(client.received.length - 4);
});

test.each([['nothing', ''], ['H', 'H'], ['HEAD', 'HEAD']])('what answers when %s has come says that it has no content, since it may be HEAD', async (_, bytes) => {
  const client = await connected({ limits: { headTimeoutMs: 20, maxConnections: bytes === '' ? 1 : 10 } });
  const asked = bytes === '' ? await rawClient(client.socket.remotePort!) : client;
  cleanups.push(() => asked.socket.destroy());
  asked.send(bytes);
  await asked.closes();
  expect(asked.received).toMatch(/^HTTP\/1\.1 (?:408|503) [^]*\r\ncontent-length: 0\r\n[^]*\r\n\r\n$/);
});

test('another method\'s answer keeps its content', async () => {
  const client = await connected({});
  client.send('HEADER / HTTP/1.1\r\nHost : a\r\n\r\n');
  await client.closes();
  expect(client.received).toMatch(/\r\n\r\nbad_request: /);
});

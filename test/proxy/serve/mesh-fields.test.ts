/** Which attempts get the fields for a callee's sidecar. The cluster says so, as one route may lead to clusters in the mesh and outside of it. */
import type { ClusterConfig, FallbackConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { freePort, startProxy } from '../../support/proxy';
import { RawBackend, rawClient } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const BUSY = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n';
const MARKED = /x-mesh-via: [^\r]*out-\w{8}\r\nx-mesh-deadline-ms: \d+\r\n/;

const clusterAt = (name: string, port: number, meshFields: boolean): ClusterConfig => ({
  name, meshFields, discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port }] },
});

async function backend(answer: string): Promise<RawBackend> {
  const made = await RawBackend.answering(() => answer);
  cleanups.push(() => made.close());
  return made;
}

/** Sends a request by a route to the first cluster whose fallback is the second. */
async function ask(clusters: readonly ClusterConfig[], fields = '', body = ''): Promise<void> {
  const fallback: FallbackConfig[] = [{ split: [{ cluster: clusters[1]!.name, weight: 1 }] }];
  const split = [{ cluster: clusters[0]!.name, weight: 1 }];
  const retry = { maxRetries: 1, backoffMs: 1, on: ['gatewayError' as const] };
  const test = await startProxy([], { clusters: [...clusters], route: { split, fallback, retry } });
  cleanups.push(() => test.proxy.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  client.send(`PUT / HTTP/1.1\r\nHost: a\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`);
  await client.receives('\r\n\r\nok');
}

test('GIVEN a fallback outside of the mesh THEN the service in the mesh gets them all the same, and the fallback does not', async () => {
  const [inside, outside] = [await backend(BUSY), await backend(OK)];
  await ask([clusterAt('inside', inside.port, true), clusterAt('outside', outside.port, false)], 'x-mesh-via: in-01234567\r\n', 'body');
  expect(inside.received).toMatch(MARKED);
  expect(inside.received).toMatch(/x-mesh-via: in-01234567, out-\w{8}\r\n/);
  expect(outside.received).toBe('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody');
});

test('GIVEN a fallback in the mesh THEN it gets them, and the service outside of it does not', async () => {
  const [outside, inside] = [await backend(BUSY), await backend(OK)];
  await ask([clusterAt('outside', outside.port, false), clusterAt('inside', inside.port, true)], 'x-mesh-via: in-01234567\r\n', 'body');
  expect(outside.received).toBe('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody');
  expect(inside.received).toMatch(/x-mesh-via: in-01234567, out-\w{8}\r\nx-mesh-deadline-ms: \d+\r\nx-mesh-attempt: 2\r\n\r\nbody$/);
});

test('GIVEN a request whose value looks like the field THEN only the field is left out', async () => {
  const outside = await backend(OK);
  const [nobody, value] = [await freePort(), 'Note: x-mesh-via: mine\r\n'];
  await ask([clusterAt('inside', nobody, true), clusterAt('outside', outside.port, false)], value);
  expect(outside.received).toBe(`PUT / HTTP/1.1\r\nHost: a\r\n${value}Content-Length: 0\r\n\r\n`);
});

test('GIVEN a body that begins like the field THEN the field is left out, and the body is as it was', async () => {
  const [outside, nobody] = [await backend(OK), await freePort()];
  await ask([clusterAt('outside', outside.port, false), clusterAt('inside', nobody, true)], '', 'x-mesh-via: mine');
  expect(outside.received).toBe('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\nx-mesh-via: mine');
});

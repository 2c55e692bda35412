/** What is counted of connections to endpoints, over real sockets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClusterConfig } from '../../../src/contract';
import { startProxy, TestProxy } from '../../support/proxy';
import { sampleOf } from '../../support/prometheus';

async function withBackend(cluster: Partial<ClusterConfig>, use: (proxy: TestProxy) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const proxy = await startProxy([(server.address() as AddressInfo).port], { cluster });
  try {
    await use(proxy);
  } finally {
    await proxy.proxy.drain();
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
  }
}

const get = async ({ port }: TestProxy): Promise<void> => { await (await fetch(`http://127.0.0.1:${port}/`)).text(); };
const counted = (proxy: TestProxy): number[] => ['total', 'reused_total'].map((name) => sampleOf(proxy.metrics(), `mesh_upstream_connections_${name}{cluster="backend"}`)!);

test('the first request on a connection reuses none, and each that follows does', async () => {
  await withBackend({}, async (proxy) => {
    await get(proxy);
    expect(counted(proxy)).toEqual([1, 0]);
    await get(proxy);
    await get(proxy);
    expect(counted(proxy)).toEqual([1, 2]);
  });
});

test('a request that waited for a connection in use reuses it', async () => {
  await withBackend({ maxConnectionsPerEndpoint: 1 }, async (proxy) => {
    await Promise.all([get(proxy), get(proxy), get(proxy)]);
    expect(counted(proxy)).toEqual([1, 2]);
  });
});

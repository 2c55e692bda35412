/** A proxy for TCP in front of servers that speak in bytes, and clients that do. */
import { connect } from 'node:net';
import type { ProxyConfig } from '../../src/contract';
import { sampleOf } from './prometheus';
import { startProxy, TestProxy, TestProxyOptions } from './proxy';
import { RawBackend, rawClient, RawConnection } from './raw-http';

export type Cleanups = (() => unknown)[];

/** One listener of TCP in front of one cluster with the given endpoints, unless the options say otherwise. */
export async function tcpProxy(cleanups: Cleanups, ports: readonly number[], options: TestProxyOptions = {}): Promise<TestProxy> {
  const test = await startProxy(ports, { protocol: 'tcp', ...options, cluster: { protocol: 'tcp', ...options.cluster } });
  cleanups.push(() => test.proxy.close());
  return test;
}

export async function tcpServer(cleanups: Cleanups, onConnection?: (connection: RawConnection) => void): Promise<RawBackend> {
  const server = await RawBackend.start(onConnection);
  cleanups.push(() => server.close());
  return server;
}

export async function tcpClient(cleanups: Cleanups, { port }: Pick<TestProxy, 'port'>, from?: string): Promise<RawConnection> {
  const client = await rawClient(port, '127.0.0.1', from);
  cleanups.push(() => client.socket.destroy());
  return client;
}

/** What a refused client gets: bytes, which should be none, and the system's error. A reset may come while it connects. */
export function turnedAway(
  { port }: Pick<TestProxy, 'port'>, localAddress = '127.0.0.1',
): Promise<{ readonly received: string; readonly error: string | undefined }> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  let received = '';
  let error: string | undefined;
  return new Promise((resolve) => {
    socket.on('data', (bytes) => { received += bytes.toString('latin1'); });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => { error = code; });
    socket.on('close', () => resolve({ received, error }));
  });
}

/** A client, and the server's end of its connection, joined by a proxy. */
export interface Joined {
  readonly proxy: TestProxy;
  readonly server: RawBackend;
  readonly client: RawConnection;
  readonly peer: RawConnection;
}

export async function joined(
  cleanups: Cleanups, options: TestProxyOptions = {}, onConnection?: (connection: RawConnection) => void,
): Promise<Joined> {
  const server = await tcpServer(cleanups, onConnection);
  const proxy = await tcpProxy(cleanups, [server.port], options);
  const client = await tcpClient(cleanups, proxy);
  return { proxy, server, client, peer: await server.connection() };
}

export interface TcpSeries {
  readonly direction?: 'inbound' | 'outbound';
  readonly cluster?: string;
  readonly caller?: string;
}

function labelsOf({ direction = 'outbound', cluster = 'backend', caller }: TcpSeries): string {
  const from = caller ?? (direction === 'inbound' ? 'unknown' : '-');
  return `listener="test",direction="${direction}",cluster="${cluster}",caller="${from}"`;
}

/** Connections that are over, by why; `-`: in order. */
export function closedFor(proxy: TestProxy, reason: string, series: TcpSeries = {}): number {
  return sampleOf(proxy.metrics(), `mesh_tcp_connections_closed_total{${labelsOf(series)},reason="${reason}"}`) ?? 0;
}

/** A series of connections of TCP: `connections_open`, `received_bytes_total`. */
export function tcpSeries(proxy: TestProxy, name: string, series: TcpSeries = {}): number {
  return sampleOf(proxy.metrics(), `mesh_tcp_${name}{${labelsOf(series)}}`) ?? 0;
}

/** The document of a proxy with another first cluster, listener or both. */
export function changed(
  { config }: TestProxy, cluster: Partial<ProxyConfig['clusters'][number]>, listener: Partial<ProxyConfig['listeners'][number]> = {},
): string {
  const [first, ...others] = config.clusters;
  const listeners = config.listeners.map((each) => ({ ...each, ...listener }));
  return JSON.stringify({ ...config, clusters: [{ ...first, ...cluster }, ...others], listeners });
}

/** The sidecars between a client and replicas of a database: one of each replica, and that of the caller, with mutual TLS between them. */
import { idOf, MountedIdentity, TestAuthority } from '../support/identities';
import type { TestProxy, TestProxyOptions } from '../support/proxy';
import { Cleanups, tcpProxy, tcpSeries } from '../support/tcp-proxy';

const DATABASE = 'database';
const WEB = 'web';
/** The id of who calls. */
export const CALLER = idOf(WEB);
const authority = new TestAuthority();

export interface Sidecars {
  /** Where the client connects. */
  readonly port: number;
  readonly outbound: TestProxy;
  /** In the order of the replicas. */
  readonly inbound: readonly TestProxy[];
}

/** @param ports of the replicas */
export async function sidecars(cleanups: Cleanups, ports: readonly number[]): Promise<Sidecars> {
  const identity = (service: string): NonNullable<TestProxyOptions['identity']> => {
    const mounted = new MountedIdentity(authority.leaf(service), authority.root.certificate);
    cleanups.push(() => mounted.remove());
    return mounted.config;
  };
  const inbound: TestProxy[] = [];
  for (const port of ports) {
    inbound.push(await tcpProxy(cleanups, [port], { direction: 'inbound', service: DATABASE, identity: identity(DATABASE), mutualTls: {}, drainMs: 60_000 }));
  }
  const outbound = await tcpProxy(cleanups, inbound.map(({ port }) => port), {
    identity: identity(WEB), cluster: { mutualTls: { serverIds: [idOf(DATABASE)] } },
  });
  return { port: outbound.port, outbound, inbound };
}

/** Bytes that came from clients and went to them, as the caller's sidecar counts them. */
export function bytesOf({ outbound }: Sidecars): { readonly received: number; readonly sent: number } {
  return { received: tcpSeries(outbound, 'received_bytes_total'), sent: tcpSeries(outbound, 'sent_bytes_total') };
}

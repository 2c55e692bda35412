/** A gigabyte over one connection of TCP, in both directions at the same time, plain and by mutual TLS. */
import { drain, pour } from '../../../support/byte-streams';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { idOf, MountedIdentity, TestAuthority } from '../../../support/identities';
import { tcpClient, tcpProxy, tcpSeries, tcpServer } from '../../../support/tcp-proxy';

const cleanups = cleanupsAfterEach();
const GIB = 1_073_741_824;

test.each([['plain', false], ['by mutual TLS', true]] as const)('1 GiB each way arrives as it was sent, %s', async (_, secure) => {
  const authority = new TestAuthority();
  const identity = (service: string) => {
    const mounted = new MountedIdentity(authority.leaf(service), authority.root.certificate);
    cleanups.push(() => mounted.remove());
    return mounted.config;
  };
  const app = await tcpServer(cleanups);
  const inbound = await tcpProxy(cleanups, [app.port], { direction: 'inbound', ...(secure && { mutualTls: {}, identity: identity('redis') }) });
  const outbound = await tcpProxy(cleanups, [inbound.port], secure ? { identity: identity('web'), cluster: { mutualTls: { serverIds: [idOf('redis')] } } } : {});
  const client = await tcpClient(cleanups, outbound);
  const peer = await app.connection();
  const arrived = [drain(peer.socket), drain(client.socket)];
  const sent = [pour(client.socket, GIB, 1), pour(peer.socket, GIB, 2)];
  expect(await Promise.all(arrived)).toEqual(await Promise.all(sent));
  expect([tcpSeries(outbound, 'received_bytes_total'), tcpSeries(outbound, 'sent_bytes_total')]).toEqual([GIB, GIB]);
}, 300_000);

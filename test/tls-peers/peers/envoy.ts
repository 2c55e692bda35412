/** Envoy, which compares SPIFFE ids as its meshes do. Its library (BoringSSL) is another than that of all the others in C. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bench, HOST, Program } from '../../support/foreign-programs';
import { idOf } from '../../support/identities';
import { freePort } from '../../support/ports';
import type { Files } from '../certificates';
import { ALPN, Peer } from '../peer';
import { fetchPlain } from './plain';

const TYPES = 'type.googleapis.com/envoy.extensions';

export function envoy(bench: Bench, path: string): Peer {
  const start = async (port: number, downstream: object | undefined, route: object, clusters: readonly object[]): Promise<void> => {
    const config = join(bench.folder, `envoy-${port}.json`);
    writeFileSync(config, JSON.stringify({ static_resources: { listeners: [listener(port, downstream, route)], clusters } }));
    await new Program(bench, path, ['--config-path', config, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error']).listensOn(port);
  };
  return {
    name: 'Envoy',
    takes: () => true,
    async serve(files) {
      const port = await freePort();
      const socket = transportSocket('DownstreamTlsContext', files, idOf('web'), { require_client_certificate: true });
      await start(port, socket, { direct_response: { status: 200, body: { inline_string: 'ok' } } }, []);
      return port;
    },
    async ask(port, files) {
      const plain = await freePort();
      await start(plain, undefined, { route: { cluster: 'out' } }, [{
        name: 'out', type: 'STATIC', connect_timeout: '5s', transport_socket: transportSocket('UpstreamTlsContext', files, idOf('catalog'), {}),
        load_assignment: { cluster_name: 'out', endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }] },
      }]);
      return fetchPlain(plain);
    },
  };
}

function listener(port: number, socket: object | undefined, action: object): object {
  return {
    address: address(port),
    filter_chains: [{
      ...(socket && { transport_socket: socket }),
      filters: [{
        name: 'http',
        typed_config: {
          '@type': `${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager`, stat_prefix: 'in', codec_type: 'HTTP1',
          http_filters: [{ name: 'router', typed_config: { '@type': `${TYPES}.filters.http.router.v3.Router` } }],
          route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, ...action }] }] },
        },
      }],
    }],
  };
}

function transportSocket(kind: string, { certificateFile, keyFile, trustBundleFile }: Files, peerId: string, more: object): object {
  return {
    name: 'tls',
    typed_config: {
      '@type': `${TYPES}.transport_sockets.tls.v3.${kind}`,
      ...more,
      common_tls_context: {
        alpn_protocols: [ALPN],
        tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
        tls_certificates: [{ certificate_chain: { filename: certificateFile }, private_key: { filename: keyFile } }],
        validation_context: { trusted_ca: { filename: trustBundleFile }, match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: peerId } }] },
      },
    },
  };
}

function address(port: number): object {
  return { socket_address: { address: HOST, port_value: port } };
}

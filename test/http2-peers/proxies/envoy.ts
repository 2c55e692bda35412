/** Envoy with HTTP/2 on both sides, and no timeouts. */
import { HOST } from '../../support/foreign-programs';

const EXTENSIONS = 'type.googleapis.com/envoy.extensions';
const address = (port: number): object => ({ socket_address: { address: HOST, port_value: port } });

export function envoyConfig(port: number, to: number): object {
  return {
    static_resources: {
      listeners: [{
        address: address(port),
        filter_chains: [{
          filters: [{
            name: 'http',
            typed_config: {
              '@type': `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`, stat_prefix: 'in', codec_type: 'HTTP2',
              http_filters: [{ name: 'router', typed_config: { '@type': `${EXTENSIONS}.filters.http.router.v3.Router` } }],
              route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'app', timeout: '0s' } }] }] },
            },
          }],
        }],
      }],
      clusters: [{
        name: 'app', type: 'STATIC', connect_timeout: '5s',
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': `${EXTENSIONS}.upstreams.http.v3.HttpProtocolOptions`, explicit_http_config: { http2_protocol_options: {} },
          },
        },
        load_assignment: { cluster_name: 'app', endpoints: [{ lb_endpoints: [{ endpoint: { address: address(to) } }] }] },
      }],
    },
  };
}

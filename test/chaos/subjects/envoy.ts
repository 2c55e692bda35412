/**
 * Envoy, set up as closely to this project's defaults as its settings allow: the same timeouts, retries of what may be sent
 * again with the same budget, each to another host, and outlier detection with the same numbers; what it has no setting for
 * (a rule about latency, a probe before an ejected host is back) is absent. Its budget counts retries at a time where ours counts
 * those of ten seconds, so its minimum is raised until a burst after a crash fits. Endpoints come from a file that is
 * replaced (EDS) or from DNS.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CLUSTER } from '../../../src/contract';
import { Child } from '../../../src/cli/up/processes/child';
import { freePort } from '../../support/proxy';
import { until } from '../../support/raw-http';
import { CALL_TIMEOUT_MS, commandOf, DNS_NAME, ProxySetting, PublishedPod, RunningProxy, stopProxy, Subject, SubjectDependencies } from './subject';

const HOST = '127.0.0.1';
const CLUSTER = 'catalog';
const TYPES = 'type.googleapis.com/envoy';
const MOST = 10_000;

export function envoy(path: string, version: string): Subject {
  return {
    name: `Envoy ${version}`,
    async start({ folder, reaper, setting, pods }: SubjectDependencies): Promise<RunningProxy> {
      const port = await freePort(HOST);
      const endpoints = join(folder, 'endpoints.json');
      const writeEndpoints = (current: readonly PublishedPod[]): void => {
        // Replaced by a move, which is what it watches for.
        writeFileSync(`${endpoints}.new`, JSON.stringify(endpointsOf(current)));
        renameSync(`${endpoints}.new`, endpoints);
      };
      writeEndpoints(pods);
      const config = join(folder, 'envoy.json');
      writeFileSync(config, JSON.stringify(bootstrap(port, endpoints, folder, setting)));
      const child = new Child({
        ...commandOf(setting, [path, '--config-path', config, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error']),
        env: process.env,
        reaper,
      });
      let answered = false;
      try {
        await until(() => `Envoy answers: ${child.output.join('\n')}`, () => {
          fetch(`http://${HOST}:${port}/`).then(({ ok }) => { answered ||= ok; }, () => undefined);
          return answered || !child.running;
        }, 20_000);
        if (!child.running) throw new Error(`Envoy ended: ${child.output.join('\n')}`);
      } catch (error) {
        await stopProxy(child);
        throw error;
      }

      let current = pods;
      let lost = false;
      return {
        place: { address: HOST, port },
        child,
        publish(next) {
          current = [...next];
          if (!lost) writeEndpoints(current);
        },
        async loseControlPlane() { lost = true; },
        async returnControlPlane() {
          lost = false;
          writeEndpoints(current);
        },
        stop: () => stopProxy(child),
      };
    },
  };
}

/** Draining hosts are left out, as this project's proxy gives them no new requests while others are ready. */
function endpointsOf(pods: readonly PublishedPod[]): object {
  return {
    version_info: String(performance.now()),
    resources: [{
      '@type': `${TYPES}.config.endpoint.v3.ClusterLoadAssignment`,
      cluster_name: CLUSTER,
      endpoints: [{
        lb_endpoints: pods.filter(({ ready, terminating }) => ready && !terminating)
          .map(({ address, port }) => ({ endpoint: { address: socketAddress(address, port) } })),
      }],
    }],
  };
}

function bootstrap(port: number, endpoints: string, folder: string, { callTimeoutMs = CALL_TIMEOUT_MS, dns, log }: ProxySetting): object {
  return {
    node: { id: 'chaos', cluster: 'chaos' },
    static_resources: {
      listeners: [{
        name: 'outbound',
        address: socketAddress(HOST, port),
        filter_chains: [{
          filters: [{
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type': `${TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
              stat_prefix: 'outbound',
              http_filters: [{
                name: 'envoy.filters.http.router', typed_config: { '@type': `${TYPES}.extensions.filters.http.router.v3.Router` },
              }],
              route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: routes(seconds(callTimeoutMs)) }] },
              ...(log === undefined ? {} : {
                access_log: [{
                  name: 'envoy.access_loggers.stdout',
                  typed_config: { '@type': `${TYPES}.extensions.access_loggers.stream.v3.StdoutAccessLog` },
                }],
              }),
            },
          }],
        }],
      }],
      clusters: [{
        name: CLUSTER,
        lb_policy: 'ROUND_ROBIN',
        connect_timeout: seconds(DEFAULT_CLUSTER.connectTimeoutMs),
        ...(dns === undefined ? {
          type: 'EDS',
          eds_cluster_config: {
            eds_config: { resource_api_version: 'V3', path_config_source: { path: endpoints, watched_directory: { path: folder } } },
          },
        } : {
          type: 'STRICT_DNS',
          respect_dns_ttl: true,
          dns_lookup_family: 'V4_ONLY',
          typed_dns_resolver_config: {
            name: 'envoy.network.dns_resolver.cares',
            typed_config: {
              '@type': `${TYPES}.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig`,
              resolvers: [socketAddress(HOST, Number(dns.server.split(':')[1]))],
            },
          },
          load_assignment: { cluster_name: CLUSTER, endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(DNS_NAME, dns.port) } }] }] },
        }),
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': `${TYPES}.extensions.upstreams.http.v3.HttpProtocolOptions`,
            common_http_protocol_options: { idle_timeout: seconds(DEFAULT_CLUSTER.idleTimeoutMs) },
            explicit_http_config: { http_protocol_options: {} },
          },
        },
        circuit_breakers: {
          thresholds: [{
            max_connections: MOST, max_pending_requests: MOST, max_requests: MOST,
            retry_budget: { budget_percent: { value: 20 }, min_retry_concurrency: 20 },
          }],
        },
        outlier_detection: {
          consecutive_5xx: 5, enforcing_consecutive_5xx: 100,
          consecutive_gateway_failure: 5, enforcing_consecutive_gateway_failure: 100,
          interval: '5s', base_ejection_time: '10s', max_ejection_time: '300s', max_ejection_percent: 50, always_eject_one_host: true,
          enforcing_success_rate: 0,
          failure_percentage_threshold: 10, failure_percentage_minimum_hosts: 3, failure_percentage_request_volume: 20,
          enforcing_failure_percentage: 100,
        },
      }],
    },
  };
}

function routes(timeout: string): object[] {
  const toCluster = (retryOn: string): object => ({
    cluster: CLUSTER,
    timeout,
    retry_policy: {
      retry_on: retryOn,
      num_retries: 2,
      retry_back_off: { base_interval: '0.025s', max_interval: '0.25s' },
      retry_host_predicate: [{
        name: 'envoy.retry_host_predicates.previous_hosts',
        typed_config: { '@type': `${TYPES}.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate` },
      }],
      host_selection_retry_max_attempts: 5,
    },
  });
  const repeatable = { name: ':method', string_match: { safe_regex: { regex: 'GET|HEAD|OPTIONS|TRACE|PUT|DELETE' } } };
  return [
    { match: { prefix: '/', headers: [repeatable] }, route: toCluster('connect-failure,reset,gateway-error') },
    { match: { prefix: '/' }, route: toCluster('connect-failure') },
  ];
}

function socketAddress(address: string, port: number): object {
  return { socket_address: { address, port_value: port } };
}

function seconds(ms: number): string {
  return `${ms / 1_000}s`;
}

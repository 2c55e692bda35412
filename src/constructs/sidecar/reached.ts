/** What a proxy connects to for its calls and for tracing, as NetworkPolicies see it. */
import { isIP } from 'node:net';
import { besides } from '../calls/call-routes';
import { Call } from '../calls/dependencies';
import { DestinationInfo } from '../destinations/destination-info';
import { Tracing } from '../mesh/tracing';
import { PolicyFacts } from '../network/policy-spec';
import { ProxyLimits } from '../policies/proxy-limits';

export function reachedBy(calls: readonly Call[], tracing: Tracing): Pick<PolicyFacts, 'callees' | 'outsidePorts' | 'dnsServers'> {
  const reached = calls.flatMap((call) => [call.info, ...besides(call).map((other) => other._info())]);
  return {
    callees: reached.flatMap(({ pods }) => (pods ? [pods] : [])),
    dnsServers: reached.filter(({ meshed }) => !meshed).flatMap(dnsServersOf),
    outsidePorts: [...reached.filter(({ meshed }) => !meshed).flatMap(portsOf), ...collectorPorts(tracing)],
  };
}

/** What the proxies let pass that requests come to, those of fallbacks and routes included. */
export function limitsOfReached(calls: readonly Call[]): ProxyLimits[] {
  return calls.flatMap((call) => [call.info, ...besides(call).map((destination) => destination._info())])
    .flatMap(({ limits }) => (limits ? [limits] : []));
}

/** Where spans are sent to. Which pods are behind a collector's address is not known here. */
function collectorPorts(tracing: Tracing): number[] {
  const config = tracing._toConfig();
  if (!config) {
    return [];
  }
  const { port, protocol } = new URL(config.endpoint);
  return [port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)];
}

const DNS_PORT = 53;

/** In place of the port of what may be at any. */
const ANY_PORT = 0;

/** Where the endpoints of something outside of the mesh listen, which need not be the port that it is called at. */
function portsOf({ shares, loadBalancing }: DestinationInfo): number[] {
  return shares().map((share) => share.discovery(loadBalancing)).flatMap((discovery) => {
    switch (discovery.type) {
      case 'static': return discovery.endpoints.map(({ port }) => port);
      // SRV records say the port, so any may be.
      case 'dns': return discovery.port ?? ANY_PORT;
      // Of another Service of Kubernetes, the pods' port is not known here.
      default: return [];
    }
  });
}

/** The DNS servers that it names; those of the pod are the same for all. */
function dnsServersOf({ shares, loadBalancing }: DestinationInfo): { readonly address: string; readonly port: number }[] {
  return shares().map((share) => share.discovery(loadBalancing))
    .flatMap((discovery) => (discovery.type === 'dns' ? discovery.servers ?? [] : []))
    .map((server) => {
      const [, address = server, port] = (isIP(server) === 0 && /^\[?([^\]]+)\]?:(\d+)$/.exec(server)) || [];
      return { address, port: port === undefined ? DNS_PORT : Number(port) };
    });
}

/**
 * The NetworkPolicy of one workload, made of the calls to it and of what it calls. Pure: the same facts give the same object.
 *
 * Nothing is said of the kubelet: Kubernetes lets through what comes from the pod's own node, whatever policies say.
 */
import { DnsServers, NetworkPoliciesOptions, NetworkPeer } from './network-policies';

/** Pods by what selects them. */
export interface SelectedPods {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A workload, and who is at the other ends of its connections. */
export interface PolicyFacts {
  readonly pods: SelectedPods;
  /** Ports of the proxy; `inbound` is absent for a workload that takes no requests. */
  readonly ports: { readonly inbound?: number; readonly outside: readonly number[]; readonly metrics: number };
  readonly callers: readonly SelectedPods[];
  /** Ports of the proxy besides, each with callers of its own. */
  readonly morePorts: readonly { readonly port: number; readonly callers: readonly SelectedPods[] }[];
  /** Networks that are let in at `inbound` besides; undefined for all. */
  readonly plainFrom: readonly string[] | undefined;
  /** What is called in the mesh: pods and the port of their proxy. */
  readonly callees: readonly (SelectedPods & { readonly port: number })[];
  /** Ports of what is called outside of the mesh; 0 for any. */
  readonly outsidePorts: readonly number[];
  /** DNS servers that a call names itself. */
  readonly dnsServers: readonly { readonly address: string; readonly port: number }[];
  readonly readsApi: boolean;
}

/** Label with its own name that Kubernetes gives to each namespace. */
const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';
/** What the API servers of the usual clusters listen at, and what policies see behind port 443 of their Service. */
const API_PORTS = [443, 6_443, 8_443, 16_443];
/** OpenShift's DNS listens at the second. */
const DNS_PORTS = [53, 5_353];
const DNS_PROTOCOLS = ['UDP', 'TCP'];

interface Rule { readonly from?: object[]; readonly to?: object[]; readonly ports?: object[] }

export function policySpec(facts: PolicyFacts, { scrapedFrom = [], apiServer, dns = {}, egress = true }: NetworkPoliciesOptions): object {
  return {
    podSelector: { matchLabels: { ...facts.pods.labels } },
    policyTypes: ['Ingress', ...(egress ? ['Egress'] : [])],
    ingress: ingressOf(facts, scrapedFrom),
    ...(egress && { egress: egressOf(facts, apiServer, dns) }),
  };
}

function ingressOf(
  { ports: { inbound, outside, metrics }, callers, morePorts, plainFrom, pods }: PolicyFacts, scrapedFrom: readonly NetworkPeer[],
): Rule[] {
  const called = [...(inbound !== undefined ? [{ port: inbound, callers }] : []), ...morePorts]
    .map(({ port, callers: its }) => ({ port, from: plainFrom && [...podPeers(its, pods.namespace), ...plainFrom.map(networkPeer)] }));
  return [
    // A rule without peers is for everybody, so nobody is no rule.
    ...called.filter(({ from }) => from?.length !== 0).map(({ port, from }) => ({ ...(from && { from }), ports: tcp([port]) })),
    ...(outside.length > 0 ? [{ ports: tcp(outside) }] : []),
    ...(scrapedFrom.length > 0 ? [{ from: scrapedFrom.map(peerOf), ports: tcp([metrics]) }] : []),
  ];
}

function egressOf(
  { callees, outsidePorts, dnsServers, readsApi, pods }: PolicyFacts, apiServer: readonly string[] | undefined, dns: DnsServers,
): Rule[] {
  const ports = [...new Set(callees.map(({ port }) => port))].sort((a, b) => a - b);
  return [
    ...ports.map((port) => ({ to: podPeers(callees.filter((callee) => callee.port === port), pods.namespace), ports: tcp([port]) })),
    ...(outsidePorts.length > 0 ? [{ ports: tcp([...new Set(outsidePorts)].sort((a, b) => a - b)) }] : []),
    dnsRule(dns.peers?.map(peerOf), dns.ports ?? DNS_PORTS),
    ...dnsPorts(dnsServers).map((port) => (
      dnsRule([...new Set(dnsServers.filter((server) => server.port === port).map(({ address }) => address))].sort().map(networkPeer), [port]))),
    ...(readsApi ? [{ ...(apiServer && { to: apiServer.map(networkPeer) }), ports: tcp(API_PORTS) }] : []),
  ];
}

function dnsRule(to: object[] | undefined, ports: readonly number[]): Rule {
  return { ...(to && { to }), ports: DNS_PROTOCOLS.flatMap((protocol) => ports.map((port) => ({ protocol, port }))) };
}

function dnsPorts(servers: PolicyFacts['dnsServers']): number[] {
  return [...new Set(servers.map(({ port }) => port))].sort((a, b) => a - b);
}

/** Each of the pods once, as seen from a namespace. */
function podPeers(pods: readonly SelectedPods[], own: string): object[] {
  const byKey = new Map(pods.map(({ namespace, labels }) => [JSON.stringify([namespace, labels]), { namespace, labels }]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => podPeer(each, own));
}

function podPeer({ namespace, labels }: SelectedPods, own: string): object {
  return {
    ...(namespace !== own && { namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: namespace } } }),
    podSelector: { matchLabels: { ...labels } },
  };
}

function networkPeer(cidr: string): object {
  return { ipBlock: { cidr: cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}` } };
}

function peerOf({ namespace, podLabels, network }: NetworkPeer): object {
  if (network !== undefined) {
    return networkPeer(network);
  }
  return {
    namespaceSelector: namespace === undefined ? {} : { matchLabels: { [NAMESPACE_LABEL]: namespace } },
    ...(podLabels && { podSelector: { matchLabels: { ...podLabels } } }),
  };
}

function tcp(ports: readonly number[]): object[] {
  return ports.map((port) => ({ protocol: 'TCP', ...(port > 0 && { port }) }));
}

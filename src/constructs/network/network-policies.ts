/**
 * NetworkPolicies of the mesh: who writes them, and what they let through besides the calls. They are off unless asked for, because a policy
 * about what goes out also shuts what nobody declared, such as a database outside of the mesh.
 *
 * Identities say who calls; policies see addresses and labels only. They add one thing that identities can't: nobody reaches the port of the
 * app past its sidecar.
 */
import { parseCidr } from '../../contract';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

/**
 * Pods, or networks, that may connect. Give one of `namespace` with `podLabels`, or `network`.
 */
export interface NetworkPeer {
  /**
   * Namespace of pods.
   *
   * @default - all namespaces, with `podLabels`
   */
  readonly namespace?: string;

  /**
   * Labels of pods.
   *
   * @default - all pods of the namespace
   */
  readonly podLabels?: { readonly [label: string]: string };

  /**
   * A network, such as `10.0.0.0/8`.
   *
   * @default - pods
   */
  readonly network?: string;
}

/**
 * DNS servers, as pods reach them.
 */
export interface DnsServers {
  /**
   * Who they are. With NodeLocal DNSCache name its address, too, such as `{ network: '169.254.20.10/32' }`.
   *
   * @default - any address
   */
  readonly peers?: NetworkPeer[];

  /**
   * Ports at which they listen, by UDP and TCP. It is the port of the pods that counts, which may be another one than that of their Service.
   *
   * @default [53, 5353], of which OpenShift's listen at the second
   */
  readonly ports?: number[];
}

/**
 * Options of `NetworkPolicies.fromCalls`.
 */
export interface NetworkPoliciesOptions {
  /**
   * Who scrapes metrics: from the admin port of the sidecars, or from the port of `mutualTls` of `Monitoring.prometheus()`.
   *
   * @default - nobody
   */
  readonly scrapedFrom?: NetworkPeer[];

  /**
   * Networks of the API server, from which sidecars read EndpointSlices.
   *
   * @default - any address, at TCP port 443, 6443, 8443 and 16443
   */
  readonly apiServer?: string[];

  /**
   * The DNS servers of the cluster. Servers that an `ExternalEndpoints` names are let through besides.
   *
   * @default - any address, at port 53 and 5353
   */
  readonly dns?: DnsServers;

  /**
   * Whether policies are also about what leaves pods: calls, DNS and the API server. All else is shut, unless policies of your own allow it.
   *
   * @default true
   */
  readonly egress?: boolean;
}

const OPTIONS = { scrapedFrom: true, apiServer: true, dns: true, egress: true } as const satisfies Record<keyof NetworkPoliciesOptions, true>;
const DNS = { peers: true, ports: true } as const satisfies Record<keyof DnsServers, true>;
const PEER = { namespace: true, podLabels: true, network: true } as const satisfies Record<keyof NetworkPeer, true>;

/**
 * Whether the mesh writes NetworkPolicies.
 */
export class NetworkPolicies {
  /**
   * A NetworkPolicy for each workload, from the declared calls: the sidecar's port takes the pods of callers, the app's port takes nobody but the
   * kubelet. Policies of your own add to them. It takes a network plugin that enforces NetworkPolicies.
   */
  public static fromCalls(options: NetworkPoliciesOptions = {}): NetworkPolicies {
    return new NetworkPolicies(options);
  }

  /**
   * None.
   */
  public static none(): NetworkPolicies {
    return new NetworkPolicies();
  }

  private constructor(
    /**
     * Undefined for none.
     *
     * @internal
     */
    public readonly _options?: NetworkPoliciesOptions,
  ) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { _options: options } = this;
    if (!options) {
      return;
    }
    errors.unknownProps(options, OPTIONS, `${prop}.`);
    const { scrapedFrom = [], apiServer = [], dns, egress } = options;
    if (egress !== undefined && typeof egress !== 'boolean') {
      errors.add(`${prop}.egress`, egress, 'use true or false');
    }
    if (Array.isArray(apiServer)) {
      apiServer.forEach((network, index) => checkNetwork(errors, `${prop}.apiServer[${index}]`, network));
    } else {
      errors.add(`${prop}.apiServer`, apiServer, 'list networks, such as [\'10.96.0.1/32\']');
    }
    checkPeers(errors, `${prop}.scrapedFrom`, scrapedFrom, '[{ namespace: \'monitoring\' }]');
    if (dns !== undefined) {
      checkDns(errors, `${prop}.dns`, dns, egress !== false);
    }
  }
}

mark(NetworkPolicies);

function checkDns(errors: ValidationErrors, prop: string, dns: DnsServers, hasEgress: boolean): void {
  if (typeof dns !== 'object' || dns === null) {
    errors.add(prop, dns, 'use { ports: [53] }, for example');
    return;
  }
  errors.unknownProps(dns, DNS, `${prop}.`);
  const { peers, ports } = dns;
  if (!hasEgress) {
    errors.add(prop, dns, 'with \'egress: false\' nothing is said of what leaves pods; leave out one of the two');
  }
  if (peers !== undefined) {
    checkPeers(errors, `${prop}.peers`, peers, '[{ namespace: \'kube-system\', podLabels: { \'k8s-app\': \'kube-dns\' } }]');
  }
  if (peers?.length === 0) {
    errors.add(`${prop}.peers`, peers, 'nobody could be asked for a name; list the servers, or leave it out for any address');
  }
  if (ports !== undefined && (!Array.isArray(ports) || ports.length === 0)) {
    errors.add(`${prop}.ports`, ports, 'list at least one port, such as [53], or leave it out');
  } else {
    ports?.forEach((port, index) => errors.port(`${prop}.ports[${index}]`, port));
  }
}

function checkPeers(errors: ValidationErrors, prop: string, peers: readonly NetworkPeer[], example: string): void {
  if (Array.isArray(peers)) {
    peers.forEach((peer, index) => checkPeer(errors, `${prop}[${index}]`, peer));
  } else {
    errors.add(prop, peers, `list peers, such as ${example}`);
  }
}

function checkPeer(errors: ValidationErrors, prop: string, peer: NetworkPeer): void {
  if (typeof peer !== 'object' || peer === null) {
    errors.add(prop, peer, 'use { namespace: \'monitoring\' }, for example');
    return;
  }
  errors.unknownProps(peer, PEER, `${prop}.`);
  const { namespace, podLabels, network } = peer;
  if ((network === undefined) === (namespace === undefined && podLabels === undefined)) {
    errors.add(prop, peer, 'give it a network, or pods by namespace and podLabels');
  }
  if (network !== undefined) {
    checkNetwork(errors, `${prop}.network`, network);
  }
  if (namespace !== undefined) {
    errors.name(`${prop}.namespace`, namespace, NAME_RULES.label);
  }
  for (const [label, value] of Object.entries(podLabels ?? {})) {
    errors.name(`${prop}.podLabels`, label, NAME_RULES.qualified);
    errors.name(`${prop}.podLabels['${label}']`, value, NAME_RULES.labelValue);
  }
}

/** Kubernetes wants the length of the prefix. */
function checkNetwork(errors: ValidationErrors, prop: string, network: string): void {
  if (typeof network !== 'string' || !network.includes('/') || !parseCidr(network)) {
    errors.add(prop, network, 'use a network, such as 10.0.0.0/8 or 2001:db8::/32');
  }
}

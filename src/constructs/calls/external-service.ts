/**
 * A destination outside of the mesh: a list of addresses, or a DNS name. It makes no Kubernetes object; all of it is in
 * the documents of its callers.
 */
import { Construct, IConstruct } from 'constructs';
import { isIP } from 'node:net';
import { ClusterConfig } from '../../contract';
import { AppProtocol, checkPlainPort, checkPlainPortName, checkTlsPort, factsOf } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { DestinationInfo } from '../destinations/destination-info';
import { checkPolicies, DESTINATION_OPTIONS, DestinationOptions, DestinationPolicies, policiesOf } from '../destinations/destination-options';
import { checkReserved } from '../destinations/reserved-names';
import { checkTcpProps, isTcp } from '../destinations/tcp-checks';
import { namespaceOf } from '../mesh/chart-namespace';
import { mistakesOf } from '../mesh/mesh-settings';
import { soundProps } from '../mesh/mistakes';
import { claimHostname } from '../mesh/names';
import { checkKinds } from '../mesh/prop-kinds';
import { LoadBalancing } from '../policies/load-balancing';
import { isReachable } from '../props/ip-addresses';
import { checkQuantity, Quantity } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { isA, mark, refusalOfCopy } from '../synthesis/copies';
import { ExternalTls } from './external-tls';

/** The port of HTTP, which URLs leave out. */
const DEFAULT_PORT = 80;
const HTTPS_PORT = 443;

/**
 * One address of an external service.
 */
export interface ExternalAddress {
  /**
   * IP address.
   */
  readonly address: string;

  /**
   * Port.
   */
  readonly port: number;

  /**
   * Weight, for policies that use weights: the share of requests relative to the other addresses. From 1 to 65535.
   *
   * @default - that of its zone in `zoneWeights`, or 1
   */
  readonly weight?: number;

  /**
   * Availability zone.
   *
   * @default - none
   */
  readonly zone?: string;

  /**
   * Priority level, 0 to 7. Level 0 is used first; an address of a higher level gets requests only when too few addresses of the lower
   * levels are available.
   *
   * @default 0
   */
  readonly priority?: number;
}

/**
 * Options of `ExternalEndpoints.dns`.
 */
export interface ExternalDnsOptions {
  /**
   * Port of the endpoints.
   *
   * @default - 80; 443 with `tls`
   */
  readonly port?: number;

  /**
   * DNS servers to query, as `address` or `address:port`.
   *
   * @default - those of the pod
   */
  readonly servers?: string[];
}

/**
 * Options of `ExternalEndpoints.srv`.
 */
export interface ExternalSrvOptions {
  /**
   * DNS servers to query, as `address` or `address:port`.
   *
   * @default - those of the pod
   */
  readonly servers?: string[];
}

const ADDRESS = {
  // #region generated quantities of StaticEndpoint: weight, priority
  weight: { field: 'weight', unit: 'number', min: 1, max: 65_535 },
  priority: { field: 'priority', unit: 'number', min: 0, max: 7 },
  // #endregion
} as const satisfies Record<string, Quantity>;

/**
 * How callers discover the endpoints of an external service.
 */
export class ExternalEndpoints {
  /**
   * A list of addresses.
   */
  public static addresses(...addresses: ExternalAddress[]): ExternalEndpoints {
    return new ExternalEndpoints(addresses);
  }

  /**
   * The addresses (A and AAAA records) of a fully qualified DNS name. All have the same port.
   */
  public static dns(hostname: string, options: ExternalDnsOptions = {}): ExternalEndpoints {
    return new ExternalEndpoints(undefined, { record: 'address', hostname, port: options.port, servers: options.servers });
  }

  /**
   * The SRV records of a fully qualified DNS name, which also contain ports and weights.
   */
  public static srv(hostname: string, options: ExternalSrvOptions = {}): ExternalEndpoints {
    return new ExternalEndpoints(undefined, { record: 'srv', hostname, servers: options.servers });
  }

  private constructor(
    private readonly list?: ExternalAddress[],
    private readonly lookup?: { record: 'address' | 'srv'; hostname: string; port?: number; servers?: string[] },
  ) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    if (this.lookup) {
      errors.lookedUpName(`${prop}.hostname`, this.lookup.hostname);
      errors.dnsServers(`${prop}.servers`, this.lookup.servers);
      if (this.lookup.port !== undefined) {
        errors.port(`${prop}.port`, this.lookup.port);
      }
    }
    if (this.list?.length === 0) {
      errors.add(prop, [], 'list at least one address');
    }
    const seen = new Set<string>();
    this.list?.forEach(({ address, port, weight, priority, zone }, index) => {
      const item = `${prop}[${index}]`;
      if (isIP(address) === 0) {
        errors.add(`${item}.address`, address, 'use an IP address; for a name use ExternalEndpoints.dns');
      } else if (!isReachable(address)) {
        errors.add(`${item}.address`, address, 'this is the address of no host; use that of one');
      }
      errors.port(`${item}.port`, port);
      if (weight !== undefined) {
        checkQuantity(errors, `${item}.weight`, weight, ADDRESS.weight);
      }
      if (priority !== undefined) {
        checkQuantity(errors, `${item}.priority`, priority, ADDRESS.priority);
      }
      if (zone !== undefined && (typeof zone !== 'string' || zone === '')) {
        errors.add(`${item}.zone`, zone, 'use the name of a zone, as in \'eu-west-1a\', or leave it out');
      }
      if (seen.has(`${address}|${port}`)) {
        errors.add(item, `${address}:${port}`, 'it is listed twice; list each address once and give it a weight');
      }
      seen.add(`${address}|${port}`);
    });
  }

  /**
   * The name that is looked up, for a server to prove; undefined where there is none, or that of a service (SRV).
   *
   * @internal
   */
  public get _serverName(): string | undefined {
    return this.lookup?.record === 'address' ? this.lookup.hostname : undefined;
  }

  /** @internal */
  public _checkProtocol(errors: ValidationErrors, prop: string, protocol: AppProtocol | undefined, hasTls: boolean): void {
    const checkPort = hasTls ? checkTlsPort : checkPlainPort;
    checkPort(errors, `${prop}.port`, this.lookup?.port, protocol);
    this.list?.forEach(({ port }, index) => checkPort(errors, `${prop}[${index}].port`, port, protocol));
    if (!hasTls && this.lookup?.record === 'srv') {
      checkPlainPortName(errors, `${prop}.hostname`, /^_([^.]+)\./.exec(this.lookup.hostname)?.[1], protocol);
    }
  }

  /** @internal */
  public _checkTcp(errors: ValidationErrors, prop: string, protocol: AppProtocol | undefined): void {
    if (this.lookup?.record === 'address' && this.lookup.port === undefined) {
      errors.add(`${prop}.port`, undefined, `${factsOf(protocol).title} has no usual port; say the one of the endpoints`);
    }
  }

  /** @internal */
  public _checkLoadBalancing(errors: ValidationErrors, prop: string, loadBalancing: LoadBalancing): void {
    if (this.lookup && loadBalancing._zoneWeights) {
      errors.add(`${prop}.zoneWeights`, loadBalancing._zoneWeights, 'DNS does not tell zones; leave it out, or list addresses with their zones');
    }
    if (this.lookup && loadBalancing._zoneAware) {
      errors.add(`${prop}.zoneAware`, {}, 'DNS does not tell zones; leave it out, or list addresses with their zones');
    }
  }

  /** @internal */
  public _toConfig(loadBalancing: LoadBalancing, hasTls: boolean): ClusterConfig['discovery'] {
    if (this.lookup) {
      const { record, hostname, servers } = this.lookup;
      const port = record === 'srv' ? undefined : this.lookup.port ?? (hasTls ? HTTPS_PORT : DEFAULT_PORT);
      return { type: 'dns', record, hostname, ...(port !== undefined && { port }), ...(servers && { servers: [...servers] }) };
    }
    const zoneWeights = loadBalancing._zoneWeights ?? {};
    return {
      type: 'static',
      endpoints: (this.list ?? []).map(({ address, port, weight, zone, priority }) => {
        const share = weight ?? (zone !== undefined && Object.hasOwn(zoneWeights, zone) ? zoneWeights[zone] : undefined);
        return { address, port, ...(share !== undefined && { weight: share }), ...(zone !== undefined && { zone }), ...(priority && { priority }) };
      }),
    };
  }
}

mark(ExternalEndpoints);

/**
 * Props of `ExternalService`.
 */
export interface ExternalServiceProps extends DestinationOptions {
  /**
   * How callers discover its endpoints.
   */
  readonly endpoints: ExternalEndpoints;

  /**
   * Host name that apps call it by. In the pods of its callers, this name resolves to the sidecar. Two external services that one pod calls
   * must differ in host name or port. No service of the namespace may have the same name.
   *
   * @default - the construct's id in lower case
   */
  readonly hostname?: string;

  /**
   * Port that apps call. The endpoints have ports of their own.
   *
   * @default 80
   */
  readonly port?: number;

  /**
   * TLS to it. Apps call it by `http://` all the same, and their sidecars speak TLS with it.
   *
   * @default - none: requests leave the pod without TLS
   */
  readonly tls?: ExternalTls;
}

const PROPS = {
  ...DESTINATION_OPTIONS, endpoints: true, hostname: true, port: true, tls: true,
} as const satisfies Record<keyof ExternalServiceProps, true>;

const APPS_CALL_PLAIN = 'and apps call the sidecar by plain HTTP, which makes TLS of it; leave \'port\' out, and let apps call http:// at 80';

/** Props without mistakes. */
interface Checked extends Pick<ExternalServiceProps, 'endpoints' | 'tls'> {
  readonly hostname: string;
  readonly port: number;
  readonly policies: DestinationPolicies;
}

/**
 * A service outside of the mesh that services of the mesh call through their sidecars. It makes no objects, so it may be created above charts, for
 * services of several of them.
 */
export class ExternalService extends Destination {
  /**
   * Host name by which apps call it.
   */
  public readonly hostname: string;

  /**
   * Port at which apps call it.
   */
  public readonly port: number;

  private readonly endpoints: ExternalEndpoints;
  private readonly tls?: ExternalTls;
  private readonly policies: DestinationPolicies;

  constructor(scope: Construct, id: string, props: ExternalServiceProps) {
    super(scope, id);
    const { checked } = soundProps(this, mistakesOf(this), props, (each) => checkExternal(this, each), () => standIns(props));
    this.hostname = checked.hostname;
    this.port = checked.port;
    this.endpoints = checked.endpoints;
    this.tls = checked.tls;
    this.policies = checked.policies;

    claimHostname(this, namespaceOf(this), this.hostname);
  }

  /** @internal */
  public _info(): DestinationInfo {
    const namespace = namespaceOf(this);
    const id = `${namespace}/${this.hostname}${this.port === DEFAULT_PORT ? '' : `:${this.port}`}`;
    return {
      name: this.hostname,
      id,
      host: this.hostname,
      namespace,
      ports: [this.port],
      hostnames: () => [this.hostname],
      ...this.policies,
      routes: () => this._routes,
      meshed: false,
      endpointSlices: false,
      shares: () => [{
        cluster: id,
        weight: 1,
        discovery: (loadBalancing) => this.endpoints._toConfig(loadBalancing, this.tls !== undefined),
      }],
      ...(this.tls && { tls: this.tls._info(this.endpoints._serverName ?? this.hostname) }),
      checkLoadBalancing: (errors, prop, loadBalancing) => this.endpoints._checkLoadBalancing(errors, prop, loadBalancing),
    };
  }
}

mark(ExternalService);

/** Checks all props; throws their mistakes together. */
function checkExternal(service: IConstruct, props: ExternalServiceProps): Checked {
  // `tls` of a service in the mesh is another thing.
  checkKinds(service, props && { ...props, tls: undefined });
  const { hostname = service.node.id.toLowerCase(), port = DEFAULT_PORT, endpoints, tls } = props;
  const policies = policiesOf(props);

  const errors = new ValidationErrors();
  errors.unknownProps(props, PROPS);
  errors.callableName('hostname', hostname);
  checkReserved(errors, 'hostname', hostname, namespaceOf(service));
  if (errors.port('port', port)) {
    checkPlainPort(errors, 'port', port, props.protocol, tls && APPS_CALL_PLAIN);
  }
  if (tls !== undefined) {
    if (isA(ExternalTls, tls)) {
      tls._check(errors, 'tls');
    } else {
      errors.add('tls', tls, refusalOfCopy(ExternalTls, tls) ?? 'make it with ExternalTls.systemRoots() or ExternalTls.trusting()');
    }
  }
  if (isTcp(props.protocol)) {
    checkTcpProps(errors, '', props);
  }
  checkPolicies(errors, '', policies);
  if (isA(ExternalEndpoints, endpoints)) {
    endpoints._check(errors, 'endpoints');
    endpoints._checkProtocol(errors, 'endpoints', props.protocol, tls !== undefined);
    if (isTcp(props.protocol)) {
      endpoints._checkTcp(errors, 'endpoints', props.protocol);
    }
    endpoints._checkLoadBalancing(errors, 'loadBalancing', policies.loadBalancing);
  } else {
    errors.add('endpoints', endpoints, refusalOfCopy(ExternalEndpoints, endpoints) ?? 'say where it is, for example ExternalEndpoints.dns(\'api.example.com\')');
  }
  errors.throwIfAny(service);
  return { hostname, port, endpoints, tls, policies };
}

/** Props in place of wrong ones, those that keep the most first. */
function standIns(props: ExternalServiceProps): ExternalServiceProps[] {
  const { hostname, port, protocol } = (props ?? {}) as Partial<ExternalServiceProps>;
  const endpoints = ExternalEndpoints.addresses({ address: '192.0.2.1', port: 8080 });
  return [{ hostname, port, protocol, endpoints }, { hostname, endpoints }, { endpoints }];
}

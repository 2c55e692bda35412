/**
 * How callers find the pods of a service. EndpointSlices are pushed, know readiness and zones, and need a token and a
 * Role; DNS needs neither, and is as late as its TTL.
 */
import { Duration } from 'cdk8s';
import { ClusterConfig, DEFAULT_DNS_FALLBACK } from '../../contract';
import { ServiceLocation } from '../destinations/destination-info';
import { checkQuantity, Quantity } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

const DNS_FALLBACK = {
  // #region generated quantities of DnsFallback: afterMs
  after: { field: 'afterMs', unit: 'time', min: 0 },
  // #endregion
} as const satisfies Record<string, Quantity>;

/**
 * Options of `Discovery.endpointSlices`.
 */
export interface EndpointSlicesOptions {
  /**
   * Whether a proxy that starts while the Kubernetes API is unreachable resolves the headless Services in DNS, until the API answers for
   * the first time. Without it the proxy answers requests with 503 until then.
   *
   * @default true
   */
  readonly dnsFallback?: boolean;

  /**
   * How long the API may take to answer before the proxy uses DNS. If the API refuses the request or is unreachable, the proxy uses DNS at
   * once.
   *
   * @default Duration.seconds(1)
   */
  readonly dnsFallbackAfter?: Duration;
}

/**
 * Options of `Discovery.dns`.
 */
export interface DnsDiscoveryOptions {
  /**
   * DNS servers to query, as `address` or `address:port`.
   *
   * @default - those of the pod
   */
  readonly servers?: string[];
}

/**
 * How the proxies of callers discover the endpoints of a service.
 */
export class Discovery {
  /**
   * Watches the EndpointSlices of the Kubernetes API. Each calling pod gets a projected token, mounted in its sidecar only, and a Role to
   * read EndpointSlices in the namespaces that it calls. A proxy that starts while the API is unreachable uses DNS until the API answers.
   */
  public static endpointSlices(options: EndpointSlicesOptions = {}): Discovery {
    return new Discovery('endpointSlices', options);
  }

  /**
   * Resolves the names of the headless Services, again when their TTL ends. This needs no token and no Role. Changes are seen after the TTL
   * at the latest, and zones are unknown.
   */
  public static dns(options: DnsDiscoveryOptions = {}): Discovery {
    return new Discovery('dns', options);
  }

  private constructor(
    /** @internal */
    public readonly _source: 'endpointSlices' | 'dns',
    private readonly options: DnsDiscoveryOptions & EndpointSlicesOptions,
  ) {}

  /**
   * The source of one version's endpoints as the proxy reads it.
   *
   * @internal
   */
  public _toConfig(service: ServiceLocation): ClusterConfig['discovery'] {
    const { servers, dnsFallback = true, dnsFallbackAfter } = this.options;
    // The headless Service's own name: its addresses are the ready pods of one version, so weights of versions hold.
    const lookup = { hostname: `${service.name}.${service.namespace}.svc.${service.clusterDomain}`, port: service.targetPort };
    if (this._source === 'dns') {
      return { type: 'dns', record: 'address', ...lookup, ...(servers && { servers: [...servers] }) };
    }
    const afterMs = dnsFallbackAfter?.toMilliseconds() ?? DEFAULT_DNS_FALLBACK.afterMs;
    return {
      type: 'endpointSlice',
      namespace: service.namespace,
      service: service.name,
      portName: service.portName,
      ...(service.zoneWeights && { zoneWeights: { ...service.zoneWeights } }),
      ...(dnsFallback && { fallback: { ...lookup, ...(afterMs !== DEFAULT_DNS_FALLBACK.afterMs && { afterMs }) } }),
    };
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { servers, dnsFallback, dnsFallbackAfter } = this.options;
    errors.dnsServers(`${prop}.servers`, servers);
    if (dnsFallback !== undefined && typeof dnsFallback !== 'boolean') {
      errors.add(`${prop}.dnsFallback`, dnsFallback, 'use true or false');
    }
    if (dnsFallbackAfter !== undefined) {
      checkQuantity(errors, `${prop}.dnsFallbackAfter`, dnsFallbackAfter, DNS_FALLBACK.after);
      if (dnsFallback === false) {
        errors.add(`${prop}.dnsFallbackAfter`, dnsFallbackAfter, 'there is no fallback whose wait it could be; leave it out, or \'dnsFallback: false\'');
      }
    }
  }
}

mark(Discovery);

/**
 * How callers find the pods of a service. EndpointSlices are pushed, know readiness and zones, and need a token and a
 * Role; DNS needs neither, and is as late as its TTL.
 */
import { ClusterConfig, INBOUND_PORT } from '../contract';
import { ServiceLocation } from './destination-facts';
import { Mistakes } from './mistakes';

/**
 * Options of `Discovery.dns`.
 */
export interface DnsDiscoveryOptions {
  /**
   * DNS servers to ask, as `address` or `address:port`.
   *
   * @default - those of the pod
   */
  readonly servers?: string[];
}

/**
 * Where the proxies of callers learn the endpoints of a service.
 */
export class Discovery {
  /**
   * From the EndpointSlices of the Kubernetes API, watched. Each calling pod gets a projected token, in its sidecar only,
   * and a Role to read EndpointSlices in the namespaces that it calls.
   */
  public static endpointSlices(): Discovery {
    return new Discovery('endpointSlices');
  }

  /**
   * From the names of the headless Services, asked again when their TTL ends. No token, no Role; a change is seen as late
   * as the TTL, and zones are not known.
   */
  public static dns(options: DnsDiscoveryOptions = {}): Discovery {
    return new Discovery('dns', options.servers);
  }

  private constructor(
    /** @internal */
    public readonly _source: 'endpointSlices' | 'dns',
    private readonly servers?: string[],
  ) {}

  /**
   * The source of one version's endpoints as the proxy reads it.
   *
   * @internal
   */
  public _toConfig(service: ServiceLocation): ClusterConfig['discovery'] {
    if (this._source === 'dns') {
      return {
        type: 'dns',
        record: 'address',
        hostname: `${service.name}.${service.namespace}.svc.${service.clusterDomain}`,
        port: INBOUND_PORT,
        ...(this.servers && { servers: [...this.servers] }),
      };
    }
    return {
      type: 'endpointSlice',
      namespace: service.namespace,
      service: service.name,
      portName: service.portName,
      ...(service.zoneWeights && { zoneWeights: { ...service.zoneWeights } }),
    };
  }

  /** @internal */
  public _check(mistakes: Mistakes, prop: string): void {
    mistakes.dnsServers(`${prop}.servers`, this.servers);
  }
}

/**
 * What callers must know of a service whose pods have sidecars: one whose workloads the mesh makes, or a workload made elsewhere.
 */
import { SERVICE_LABEL } from '../../contract';
import { DestinationInfo } from '../destinations/destination-info';
import { ExternalAuthorization } from '../destinations/external-authorization';
import { DestinationPolicies } from '../destinations/destination-options';
import { Jwt } from '../identity/jwt';
import { WorkloadIdentity } from '../identity/workload-identity';
import { Discovery } from '../mesh/discovery';
import { MeshSettings } from '../mesh/mesh-settings';
import { isTcp } from '../destinations/tcp-checks';
import { LoadBalancing } from '../policies/load-balancing';
import { closesIdleAfterMs } from '../policies/proxy-quantities';
import { ValidationErrors } from '../props/validation-errors';
import { Route } from '../routes/route';

/** A service whose pods have sidecars. */
export interface MeshedService {
  readonly serviceName: string;
  readonly namespace: string;
  /** Namespace that its objects name; absent when they name none. */
  readonly chartNamespace?: string;
  readonly port: number;
  readonly portName: string;
  /** Where sidecars take requests of this port, if it is one beside the first. */
  readonly proxyPort?: number;
  /** It is told from the service's first port by its number and name. */
  readonly isOther?: boolean;
  readonly settings: MeshSettings;
  readonly identity?: WorkloadIdentity;
  readonly discovery: Discovery;
  readonly policies: DestinationPolicies;
  readonly jwt?: readonly Jwt[];
  readonly externalAuthorization?: ExternalAuthorization;
  routes(): readonly Route[];
  /** The headless Services of its versions, with their weights, and who they are where that is not the same for all. */
  versions(): readonly { readonly service: { readonly name: string }; readonly weight: number; readonly identity?: WorkloadIdentity }[];
}

/**
 * The name of a version's cluster in documents.
 *
 * @param portName of a port beside the first; absent for that
 */
export function versionCluster(namespace: string, serviceName: string, portName?: string): string {
  return `${namespace}/${serviceName}${portName === undefined ? '' : `:${portName}`}`;
}

/** The service as its callers' sidecars see it. */
export function meshedDestination(meshed: MeshedService): DestinationInfo {
  const { serviceName, namespace, chartNamespace, port, portName, discovery, policies } = meshed;
  const { clusterDomain, limits, proxyPorts } = meshed.settings;
  const { proxyPort = proxyPorts.inbound } = meshed;
  const isAdded = meshed.isOther ?? meshed.proxyPort !== undefined;
  const host = `${namespace}/${serviceName}`;
  return {
    name: serviceName,
    id: isAdded ? `${host}:${port}` : host,
    host,
    namespace,
    chartNamespace,
    ports: [port],
    hostnames: (callerNamespace) => {
      const full = `${serviceName}.${namespace}`;
      return [...(callerNamespace === namespace ? [serviceName] : []), full, `${full}.svc`, `${full}.svc.${clusterDomain}`];
    },
    ...policies,
    routes: meshed.routes,
    meshed: true,
    pods: { namespace, labels: { [SERVICE_LABEL]: serviceName }, port: proxyPort },
    identity: meshed.identity,
    mutualTls: meshed.settings.mutualTls,
    ...(meshed.jwt && { jwt: meshed.jwt }),
    ...(meshed.externalAuthorization && { externalAuthorization: meshed.externalAuthorization }),
    limits,
    // Connections of TCP are never unused.
    ...(!isTcp(policies.protocol) && { closesIdleAfterMs: closesIdleAfterMs(limits) }),
    endpointSlices: discovery._source === 'endpointSlices',
    shares: () => meshed.versions().map(({ service, weight, identity }) => ({
      cluster: versionCluster(namespace, service.name, isAdded ? portName : undefined),
      weight,
      identity,
      discovery: (loadBalancing) => discovery._toConfig({
        name: service.name, namespace, portName, clusterDomain, zoneWeights: loadBalancing._zoneWeights, targetPort: proxyPort,
      }),
    })),
    checkLoadBalancing: (errors, prop, loadBalancing) => checkZones(errors, prop, loadBalancing, discovery),
  };
}

/** Weights of zones, and preferring one, need a source that knows them. */
export function checkZones(errors: ValidationErrors, prop: string, loadBalancing: LoadBalancing, discovery: Discovery): void {
  if (loadBalancing._zoneWeights && discovery._source === 'dns') {
    errors.add(`${prop}.zoneWeights`, loadBalancing._zoneWeights, 'DNS does not tell zones; leave it out, or use Discovery.endpointSlices()');
  }
  if (loadBalancing._zoneAware && discovery._source === 'dns') {
    errors.add(`${prop}.zoneAware`, {}, 'DNS does not tell zones; leave it out, or use Discovery.endpointSlices()');
  }
}

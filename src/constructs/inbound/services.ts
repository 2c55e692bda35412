/**
 * The Services of what is called in the mesh: one for callers outside of the mesh, and for each version a
 * headless one that tells callers' proxies its endpoints. Both lead to the sidecar and not to the app.
 */
import { Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { SERVICE_LABEL, VERSION_LABEL, WEIGHT_ANNOTATION } from '../../contract';
import { AppProtocol, factsOf } from '../destinations/app-protocol';
import * as kplus from '../kubernetes/kplus';
import { writeLean } from '../kubernetes/lean-manifest';
import { declareProtocols, setInServiceSpec } from '../kubernetes/patches';
import { ProxyPorts } from '../mesh/proxy-ports';

/** A port at which a service is called. */
interface CalledPort {
  readonly port: number;
  readonly name?: string;
  readonly nodePort?: number;
  /** Clients speak TLS there. */
  readonly tls?: boolean;
}

/** A port beside the first one, which leads to a port of the sidecar of its own. */
interface AddedPort {
  readonly port: number;
  readonly name: string;
  readonly proxyPort: number;
  readonly protocol?: AppProtocol;
}

/** What all Services of a service have in common. */
export interface CalledPorts {
  readonly serviceName: string;
  /** Absent: the chart's. */
  readonly namespace?: string;
  readonly ports: readonly CalledPort[];
  /** What is spoken at those without TLS; absent for HTTP/1.1. */
  readonly protocol?: AppProtocol;
  /** Those of the sidecars, to which the ports lead. */
  readonly proxyPorts: Required<ProxyPorts>;
}

/**
 * What selects the pods that serve a version. Pods of every release have had these labels, and a selector that changes would leave a
 * Service without endpoints until all pods are replaced. Jobs and workers, which take no requests, are labelled otherwise.
 */
export function servingLabels(serviceName: string, version: string): Record<string, string> {
  return { [SERVICE_LABEL]: serviceName, [VERSION_LABEL]: version };
}

/** The Service for all versions. */
export function serviceForAll(scope: Construct, id: string, info: CalledPorts, props: kplus.ServiceProps = {}): kplus.Service {
  const service = new kplus.Service(scope, id, {
    ...props,
    metadata: { name: info.serviceName, namespace: info.namespace, ...props.metadata },
    ports: info.ports.map(({ tls, ...port }) => ({ ...port, targetPort: tls ? info.proxyPorts.inboundTls : info.proxyPorts.inbound })),
  });
  service.selectLabel(SERVICE_LABEL, info.serviceName);
  declareProtocols(service, info.ports.map(({ tls }) => (tls ? 'https' : factsOf(info.protocol).appProtocol)));
  writeLean(service);
  return service;
}

/** The headless Service of one version. */
export function serviceForVersion(scope: Construct, id: string, info: CalledPorts & { readonly version: string }): kplus.Service {
  const labels = servingLabels(info.serviceName, info.version);
  const service = new kplus.Service(scope, id, {
    metadata: { name: `${info.serviceName}-${info.version}`, namespace: info.namespace },
    clusterIP: 'None',
    ports: info.ports.map(({ port, name }) => ({ port, name, targetPort: info.proxyPorts.inbound })),
    publishNotReadyAddresses: false,
  });
  Object.entries(labels).forEach(([key, value]) => service.selectLabel(key, value));
  declareProtocols(service, info.ports.map(() => factsOf(info.protocol).appProtocol));
  writeLean(service);
  return service;
}

/** Adds a port to a Service of either kind. */
export function addPort(service: kplus.Service, { port, name, proxyPort, protocol }: AddedPort): void {
  setInServiceSpec(service, { [`ports/${service.ports.length}/appProtocol`]: factsOf(protocol).appProtocol });
  service.bind(port, { name, targetPort: proxyPort });
}

/** Says the weight of a version on its headless Service; nothing where it is undefined in the end. */
export function publishWeight(service: kplus.Service, weight: () => number | undefined): void {
  service.metadata.addAnnotation(WEIGHT_ANNOTATION, Lazy.any({ produce: () => weight()?.toString() }) as unknown as string);
}

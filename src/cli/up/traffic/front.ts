/**
 * Where clients from outside reach a service: the ports of the Service that is open to them, and what listens behind each in the pods,
 * by the YAML as it is now.
 */
import { ListenerConfig } from '../../../contract';
import { UserError } from '../../command-line/errors';
import { workloadsBehind } from '../../model/callees';
import { namedWorkloads } from '../../model/named-workloads';
import type { LocalMesh } from '../local-mesh';
import { MeshModel, resolveTarget, ServicePort, ServiceSpec, Workload } from '../../model/model';
import type { SocketAddress } from '../network';
import type { Pod } from '../pod';

/** A way from outside to the pods of a service. */
export interface Front {
  readonly service: ServiceSpec;
  readonly port: ServicePort;
  /** What listens there; undefined when the port leads past the proxy. */
  readonly listener: ListenerConfig | undefined;
}

/** A pod that takes connections, and where. */
export interface FrontTarget {
  readonly pod: Pod;
  readonly address: SocketAddress;
}

/**
 * The ways to a service, in the order of its Service's ports.
 *
 * @param flag what names the service, for messages
 */
export function frontsOf({ model }: Pick<LocalMesh, 'model'>, to: string, flag: string): Front[] {
  const workloads = namedWorkloads(model, to, `--${flag}`);
  const service = openService(model, workloads);
  if (!service || service.ports.length === 0) throw new UserError(`no Service with a port selects the pods of '${to}', so nothing outside can reach it`);
  return service.ports.map((port) => ({ service, port, listener: listenerAt(port, workloads[0]!) }));
}

/** The one that answers requests: not the one that sends all of them to HTTPS. */
export function answeringFront(fronts: readonly Front[]): Front {
  return fronts.find(({ listener }) => !listener?.httpsRedirect) ?? fronts[0]!;
}

/** The ready pods behind a way in. */
export function targetsOf({ service, port }: Front, { model, pods }: Pick<LocalMesh, 'model' | 'pods'>): FrontTarget[] {
  const behind = workloadsBehind(service, model.workloads);
  return pods.filter((pod) => pod.state === 'ready' && behind.some(({ kind, name, namespace }) =>
    kind === pod.workload.kind && name === pod.workload.name && namespace === pod.workload.namespace)).flatMap((pod) => {
    const target = resolveTarget(port.target, pod.containers);
    return target === undefined ? [] : [{ pod, address: { address: pod.address, port: pod.own(target) } }];
  });
}

function listenerAt({ target }: ServicePort, { config, containers }: Workload): ListenerConfig | undefined {
  const number = resolveTarget(target, containers);
  return config.listeners.find(({ address, port }) => address === undefined && port === number);
}

/** The Service that outside clients use: one that is open to them if there is one, and the one with the most behind it. */
function openService(model: MeshModel, workloads: readonly Workload[]): ServiceSpec | undefined {
  const rank = (service: ServiceSpec): number =>
    (service.type === 'LoadBalancer' || service.type === 'NodePort' ? 1_000 : 0) + workloadsBehind(service, workloads).length;
  return model.services.filter((service) => workloadsBehind(service, workloads).length > 0).sort((a, b) => rank(b) - rank(a))[0];
}

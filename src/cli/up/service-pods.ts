/**
 * Which pods are behind which Service, and in what condition: what the endpoint controller of Kubernetes works out. A
 * pod is behind every Service whose selector its labels satisfy, at the port that the Service's target is in that pod.
 */
import type { ServicePod } from './endpoint-api';
import { ContainerSpec, resolveTarget, selects, ServiceSpec } from '../model/model';

/** A pod as the controller sees it. */
export interface SelectablePod {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly ContainerSpec[];
  readonly address: string;
  readonly zone: string;
  /** Passes its probes. */
  readonly ready: boolean;
  /** Is being deleted. */
  readonly terminating: boolean;
  /** Where a port of the pod is on this machine. */
  own(port: number): number;
}

/** The pods behind a Service, once for each of its ports. */
export function podsBehind(service: ServiceSpec, pods: readonly SelectablePod[]): ServicePod[] {
  return pods.filter((pod) => selects(service, pod.namespace, pod.labels)).flatMap((pod) => service.ports.flatMap((port) => {
    const target = resolveTarget(port.target, pod.containers);
    if (target === undefined) return [];
    return [{
      name: pod.name,
      uid: pod.uid,
      address: pod.address,
      port: pod.own(target),
      ...(port.name === undefined ? {} : { portName: port.name }),
      zone: pod.zone,
      ready: !pod.terminating && (pod.ready || service.publishNotReady),
      serving: pod.ready,
      terminating: pod.terminating,
    }];
  }));
}

/** What passes between a service, its scaling, and the autoscaler that is made of it. */
import { ApiObject } from 'cdk8s';
import * as kplus from './kplus';
import { ScalingOptions } from './scaling-options';

/** What scaling is checked with. */
export interface ScalingContext {
  /** Minor release of the oldest Kubernetes. */
  readonly minor: number;
  /** The pods are a gateway's. */
  readonly ofGateway?: boolean;
}

/** What `capacity` decides where nobody else does. */
export interface DerivedScaling {
  readonly min: number;
  readonly max: number;
  readonly autoscaled: boolean;
  readonly options: ScalingOptions;
}

/** What an autoscaler is made of. */
export interface AutoscalerInfo {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly target: kplus.Deployment;
  readonly options: ScalingOptions;
  /** Selects the series of the pods in Prometheus. */
  readonly series: string;
}

/** An autoscaler of one of the two kinds. */
export interface MadeAutoscaler {
  readonly autoscaler?: kplus.HorizontalPodAutoscaler;
  readonly scaledObject?: ApiObject;
}

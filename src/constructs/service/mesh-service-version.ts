/**
 * One version of a service: its Deployment with the sidecar, and what keeps that many of its pods up. Versions are made by
 * `MeshService`, which gives each its share of the traffic.
 */
import { Construct } from 'constructs';
import { CallOptions } from '../calls/call-options';
import { Dependencies, ServiceLink } from '../calls/dependencies';
import { Destination } from '../destinations/destination';
import { versionCluster } from '../inbound/meshed-destination';
import { WorkloadIdentity } from '../identity/workload-identity';
import { servingLabels, serviceForVersion } from '../inbound/services';
import { TlsOptions } from '../inbound/tls-options';
import { DisruptionBudget } from '../kubernetes/disruption-budget';
import * as kplus from '../kubernetes/kplus';
import { Scaling } from '../kubernetes/scaling';
import { SERVING_ANNOTATIONS, SERVING_STRATEGY, ServingDeployment, spreadPods } from '../kubernetes/serving-deployment';
import { ProxyOptions } from '../mesh/mesh-props';
import { MeshSettings } from '../mesh/mesh-settings';
import { ProxyPorts } from '../mesh/proxy-ports';
import { RouteTarget } from '../routes/route-target';
import { MeshSidecar } from '../sidecar/mesh-sidecar';
import { MeshSidecarProps } from '../sidecar/mesh-sidecar-props';
import { withContainerDefaults } from './app-container';

/** What a service decides for its version. */
interface VersionInfo {
  readonly serviceName: string;
  readonly version: string;
  readonly containers: readonly kplus.ContainerProps[];
  readonly appPort: number;
  readonly ports: { readonly port: number; readonly name: string }[];
  readonly proxyPorts: Required<ProxyPorts>;
  readonly tls?: TlsOptions;
  readonly hasOutsideClients: boolean;
  readonly scaling: Scaling;
  readonly disruptionBudget: DisruptionBudget;
  readonly serviceAccount: kplus.ServiceAccount;
  readonly settings: MeshSettings;
  readonly identity?: WorkloadIdentity;
  readonly proxyOptions: ProxyOptions;
  readonly dependencies: Dependencies;
  readonly self: Destination;
}

/**
 * One version of a `MeshService`.
 */
export class MeshServiceVersion extends RouteTarget {
  /**
   * Name of the version.
   */
  public readonly version: string;

  /**
   * The pods.
   */
  public readonly deployment: kplus.Deployment;

  /**
   * The headless Service of this version. Callers discover its endpoints from it.
   */
  public readonly service: kplus.Service;

  /**
   * The sidecar of its pods.
   */
  public readonly sidecar: MeshSidecar;

  /**
   * The autoscaler; none when the number of replicas is fixed.
   */
  public readonly autoscaler?: kplus.HorizontalPodAutoscaler;

  /**
   * The budget for voluntary disruptions; none with `DisruptionBudget.none()`.
   */
  public readonly disruptionBudget?: kplus.k8s.KubePodDisruptionBudget;

  /** @internal */
  public readonly _scaling: Scaling;

  private readonly self: Destination;

  /**
   * Made by `MeshService`.
   *
   * @internal
   */
  public static _of(scope: Construct, info: VersionInfo): MeshServiceVersion {
    return new MeshServiceVersion(scope, info);
  }

  private constructor(scope: Construct, info: VersionInfo) {
    super(scope, info.version);
    const name = `${info.serviceName}-${info.version}`;
    const labels = servingLabels(info.serviceName, info.version);
    this.version = info.version;
    this._scaling = info.scaling;
    this.self = info.self;

    this.deployment = new ServingDeployment(this, 'Deployment', {
      metadata: { name, labels, annotations: SERVING_ANNOTATIONS },
      containers: info.containers.map(withContainerDefaults),
      serviceAccount: info.serviceAccount,
      replicas: info.scaling._replicas,
      terminationGracePeriod: info.settings.appDrain,
      strategy: SERVING_STRATEGY,
    }, labels);
    spreadPods(this.deployment, labels);

    const sidecar: MeshSidecarProps & { _service: ServiceLink } = {
      ...info.proxyOptions,
      workload: this.deployment,
      serviceName: info.serviceName,
      version: info.version,
      appPort: info.appPort,
      _service: {
        dependencies: info.dependencies, self: info.self, accountName: info.serviceAccount.name, tls: info.tls,
        hasOutsideClients: info.hasOutsideClients, portName: info.ports[0].name, identity: info.identity,
      },
    };
    this.sidecar = new MeshSidecar(this, 'Sidecar', sidecar);

    this.service = serviceForVersion(this, 'Service', info);

    this.autoscaler = info.scaling._autoscale(this, 'Autoscaler', name, this.deployment);
    this.disruptionBudget = info.disruptionBudget._limit(this, 'DisruptionBudget', name, labels);
  }

  /**
   * Declares that this version alone calls a service, in addition to the calls of all versions.
   *
   * @param destination the service that it calls
   * @param options options of the call
   */
  public calls(destination: Destination, options: CallOptions = {}): void {
    this.sidecar.calls(destination, options);
  }

  /** @internal */
  public _destination(): RouteTarget {
    return this.self;
  }

  /** @internal */
  public _cluster(): string | undefined {
    return versionCluster(this.self._info().namespace, this.service.name);
  }
}

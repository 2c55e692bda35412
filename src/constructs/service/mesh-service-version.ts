/**
 * One version of a service: its Deployment with the sidecar, and what keeps that many of its pods up. Versions are made by
 * `MeshService`, which gives each its share of the traffic.
 */
import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { PLAN_ANNOTATION } from '../../planning/sizing/declared';
import { CallOptions } from '../calls/call-options';
import { Dependencies, ServiceLink } from '../calls/dependencies';
import { VersionPlan } from '../capacity/version-plan';
import { AppProtocol } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { versionCluster } from '../inbound/meshed-destination';
import { WorkloadIdentity } from '../identity/workload-identity';
import { InboundPort } from '../inbound/inbound-ports';
import { addPort, servingLabels, serviceForVersion } from '../inbound/services';
import { TlsOptions } from '../inbound/tls-options';
import * as kplus from '../kubernetes/kplus';
import { Scaling } from '../kubernetes/scaling';
import { servingStrategy, ServingDeployment, spreadPods } from '../kubernetes/serving-deployment';
import { ProxyOptions } from '../mesh/mesh-props';
import { MeshSettings } from '../mesh/mesh-settings';
import { checkKinds } from '../mesh/prop-kinds';
import { ProxyPorts } from '../mesh/proxy-ports';
import { Slo } from '../monitoring/slo';
import { seriesOfVersion } from '../monitoring/subjects';
import { DEFAULT_NAMESPACE } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { RouteTarget } from '../routes/route-target';
import { MeshSidecar } from '../sidecar/mesh-sidecar';
import { MeshSidecarProps } from '../sidecar/mesh-sidecar-props';
import { checkContainer, withContainerDefaults } from './app-container';
import { completePod, podProps } from './app-pod';
import { PodOptions } from './pod-options';

/** What a service decides for its version. */
interface VersionInfo {
  readonly serviceName: string;
  readonly version: string;
  readonly containers: readonly kplus.ContainerProps[];
  readonly pod: PodOptions;
  readonly plan: VersionPlan;
  readonly appPort: number;
  readonly ports: { readonly port: number; readonly name: string }[];
  readonly protocol?: AppProtocol;
  readonly proxyPorts: Required<ProxyPorts>;
  readonly tls?: TlsOptions;
  hasOutsideClients(): boolean;
  /** Ports of the service beside the first one. */
  morePorts(): readonly InboundPort[];
  readonly serviceAccount: kplus.IServiceAccount;
  readonly settings: MeshSettings;
  readonly identity?: WorkloadIdentity;
  readonly proxyOptions: ProxyOptions;
  readonly dependencies: Dependencies;
  readonly self: Destination;
  readonly slo?: Slo;
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
   * The autoscaler; none when the number of replicas is fixed, or with `ScalingMetrics.keda()`.
   */
  public readonly autoscaler?: kplus.HorizontalPodAutoscaler;

  /**
   * The ScaledObject with `ScalingMetrics.keda()`, of which KEDA makes the autoscaler.
   */
  public readonly scaledObject?: ApiObject;

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
    const namespace = Chart.of(this).namespace ?? DEFAULT_NAMESPACE;
    const labels = servingLabels(info.serviceName, info.version);
    this.version = info.version;
    const { scaling, disruptionBudget, declared, spread, surge, cpuMillis, proxyCpuMillis } = info.plan;
    this._scaling = scaling;
    this.self = info.self;

    this.deployment = new ServingDeployment(this, 'Deployment', {
      ...podProps(info.pod),
      metadata: { name, ...(declared && { annotations: { [PLAN_ANNOTATION]: JSON.stringify(declared) } }) },
      containers: info.containers.map((container, index) => withContainerDefaults(container, index === 0 ? cpuMillis : undefined)),
      serviceAccount: info.serviceAccount,
      replicas: scaling._replicas,
      strategy: info.pod.strategy ?? servingStrategy(surge),
    }, labels);
    spreadPods(this.deployment, labels, spread);
    completePod(this.deployment, info.pod);

    const sidecar: MeshSidecarProps & { _service: ServiceLink } = {
      ...info.proxyOptions,
      appDrain: info.pod.terminationGracePeriod ?? info.proxyOptions.appDrain,
      workload: this.deployment,
      serviceName: info.serviceName,
      version: info.version,
      appPort: info.appPort,
      _service: {
        dependencies: info.dependencies, self: info.self, accountName: info.serviceAccount.name, tls: info.tls,
        hasOutsideClients: () => info.hasOutsideClients(), ports: () => info.morePorts(), portName: info.ports[0].name,
        identity: info.identity, proxyCpuMillis, promise: info.slo?._promise,
      },
    };
    this.sidecar = new MeshSidecar(this, 'Sidecar', sidecar);

    this.service = serviceForVersion(this, 'Service', info);
    info.morePorts().forEach((port) => this._addPort(port));

    const series = seriesOfVersion(namespace, info.serviceName, info.version);
    ({ autoscaler: this.autoscaler, scaledObject: this.scaledObject } = scaling._autoscale(this, 'Autoscaler', name, this.deployment, series));
    this.disruptionBudget = disruptionBudget._limit(this, 'DisruptionBudget', name, labels);
  }

  /**
   * Adds a container to the pods of this version. It has the same defaults as the others.
   *
   * @param container as in cdk8s-plus
   */
  public addContainer(container: kplus.ContainerProps): kplus.Container {
    checkKinds(this, container, 'addContainer().');
    const errors = new ValidationErrors();
    checkContainer(errors, 'addContainer()', container);
    errors.throwIfAny(this);
    return this.deployment.addContainer(withContainerDefaults(container));
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

  /**
   * Takes requests of another port of its service.
   *
   * @internal
   */
  public _addPort(port: InboundPort): void {
    addPort(this.service, port);
    this.sidecar.container.addPort({ number: port.proxyPort });
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

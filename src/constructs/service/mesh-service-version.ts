/**
 * One version of a service: its Deployment with the sidecar, and what keeps that many of its pods up. Versions are made by
 * `MeshService`, which gives each its share of the traffic.
 */
import { Construct } from 'constructs';
import { CallOptions } from '../calls/call-options';
import { Dependencies, ServiceLink } from '../calls/dependencies';
import { Destination } from '../destinations/destination';
import { versionCluster } from '../inbound/meshed-destination';
import { servingLabels, serviceForVersion } from '../inbound/services';
import { TlsOptions } from '../inbound/tls-options';
import { DisruptionBudget } from '../kubernetes/disruption-budget';
import * as kplus from '../kubernetes/kplus';
import { setInPodSpec } from '../kubernetes/patches';
import { Scaling } from '../kubernetes/scaling';
import { ServingDeployment } from '../kubernetes/serving-deployment';
import { ProxyOptions } from '../mesh/mesh-props';
import { MeshSettings } from '../mesh/mesh-settings';
import { ProxyPorts } from '../mesh/proxy-ports';
import { RouteTarget } from '../routes/route-target';
import { MeshSidecar, MeshSidecarProps } from '../sidecar/mesh-sidecar';
import { withContainerDefaults } from './app-container';

/** Where pods are spread, the wider first. `ScheduleAnyway`: an uneven spread is better than pods that can't start. */
const SPREAD_OVER = ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'];

/**
 * Findings of kube-score that are wrong here, in the annotation that it reads: limits on CPU (they throttle, which delays every request) and on
 * ephemeral storage (kubelet takes their sum for the whole pod's), images pulled at every start (tags and digests don't change), and no
 * anti-affinity (topology spread does it, and lets pods start when nodes are few).
 */
const IGNORED_ANNOTATION = 'kube-score/ignore';
const IGNORED = [
  'container-resources', 'container-ephemeral-storage-request-and-limit', 'container-image-pull-policy', 'deployment-has-host-podantiaffinity',
];

/** What a service decides for its version. */
interface VersionInfo {
  readonly serviceName: string;
  readonly version: string;
  readonly containers: readonly kplus.ContainerProps[];
  readonly appPort: number;
  readonly ports: { readonly port: number; readonly name: string }[];
  readonly proxyPorts: Required<ProxyPorts>;
  readonly tls?: TlsOptions;
  readonly scaling: Scaling;
  readonly disruptionBudget: DisruptionBudget;
  readonly serviceAccount: kplus.ServiceAccount;
  readonly settings: MeshSettings;
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
      metadata: { name, labels, annotations: { [IGNORED_ANNOTATION]: IGNORED.join(',') } },
      containers: info.containers.map(withContainerDefaults),
      serviceAccount: info.serviceAccount,
      replicas: info.scaling._replicas,
      terminationGracePeriod: info.settings.appDrain,
      // A rollout never takes a pod away before another one serves in its place.
      strategy: kplus.DeploymentStrategy.rollingUpdate({
        maxSurge: kplus.PercentOrAbsolute.percent(25),
        maxUnavailable: kplus.PercentOrAbsolute.absolute(0),
      }),
    }, labels);
    setInPodSpec(this.deployment, '/securityContext/seccompProfile', { type: 'RuntimeDefault' });
    // Pods of one revision only: those that a rollout is about to take away would have the new ones placed for a balance with them. The label
    // is a Deployment's; the pods of other workloads have none that tells a rollout apart.
    setInPodSpec(this.deployment, '/topologySpreadConstraints', SPREAD_OVER.map((topologyKey) => ({
      topologyKey, maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: labels }, matchLabelKeys: ['pod-template-hash'],
    })));

    const sidecar: MeshSidecarProps & { _service: ServiceLink } = {
      ...info.proxyOptions,
      workload: this.deployment,
      serviceName: info.serviceName,
      version: info.version,
      appPort: info.appPort,
      _service: {
        dependencies: info.dependencies, self: info.self, accountName: info.serviceAccount.name, tls: info.tls,
        portName: info.ports[0].name,
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

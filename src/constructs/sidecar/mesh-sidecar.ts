/**
 * Attaches the proxy to a workload. It is a native sidecar: an init container that is started first, must answer its
 * startup probe before anything else runs, lives as long as the pod and ends after the app. So an app never runs without
 * its proxy, and a Job's pod completes when its app does.
 *
 * What a pod needs besides the container: names of the destinations in `/etc/hosts` and leave to listen below port 1024
 * (interception.ts), a token that is mounted nowhere but in the sidecar (and only when EndpointSlices are read), and time to stop.
 */
import { ApiObject, Duration } from 'cdk8s';
import { Construct, IConstruct } from 'constructs';
import { EndpointSliceDiscovery, ProxyConfig } from '../../contract';
import { ShutdownBudget, shutdownBudget } from '../../planning/shutdown-budget';
import { CallOptions } from '../calls/call-options';
import { Call, Dependencies, ServiceLink } from '../calls/dependencies';
import { publishObjectives } from '../calls/published-objectives';
import { reachedCalls } from '../calls/reached-calls';
import { lintWith } from '../checks/lints';
import { Destination } from '../destinations/destination';
import { registerWorkload } from '../identity/spire-registration';
import { WorkloadIdentity } from '../identity/workload-identity';
import { ExposedVersion } from '../inbound/exposed-version';
import { checkExposable, ExposedVersionOptions, ExposedWorkload, ExposeOptions } from '../inbound/exposed-workload';
import { WorkloadInfo } from '../inbound/workload-info';
import { InboundPort, portCluster, portListener } from '../inbound/inbound-ports';
import { takeTls } from '../inbound/inbound-tls';
import { TlsOptions } from '../inbound/tls-options';
import { AttachedWorkload } from '../kubernetes/attached-workload';
import * as kplus from '../kubernetes/kplus';
import { writeLeanAsSaid } from '../kubernetes/lean-manifest';
import { completePodSpec, moveInitContainerFirst, setInPodSpec } from '../kubernetes/patches';
import { checkProxyOptions, checkSecurity, MeshSettings, meshSettings, proxyOptionsOf } from '../mesh/mesh-settings';
import { chartNamespace, requireChart } from '../mesh/chart-namespace';
import { adminConfig, checkMetrics, metricsPort } from '../mesh/metrics-port';
import { noting } from '../mesh/mistakes';
import { claimName } from '../mesh/names';
import { checkKinds } from '../mesh/prop-kinds';
import { checkPortsDiffer } from '../mesh/proxy-ports';
import { checkTimeToStop } from '../mesh/time-to-stop';
import { addNetworkPolicy } from '../network/policy-object';
import { admissionConfig } from '../policies/admission-options';
import { APP_CONNECTIONS, checkLimitsTogether, ConnectionConfig, connectionConfig, limitsConfig } from '../policies/proxy-quantities';
import { DEFAULT_NAMESPACE, NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { isA, refusalOfCopy } from '../synthesis/copies';
import { noteAddition, untilAddition } from '../synthesis/unchanged';
import { DocumentConfigMap } from './config-map';
import { buildDocument, readsEndpointSlices } from './document';
import { makeAccount, noteMinimumKubernetes, ownIdentity, securityOf } from './identity-pod';
import { MESH_SIDECAR_PROPS, MeshSidecarProps } from './mesh-sidecar-props';
import { labelPods, podLabels } from './pod-labels';
import { STUCK_GRACE_SECONDS } from './probes';
import { limitsOfReached } from './reached';
import { sidecarContainer } from './sidecar-container';
import { noteWorkers } from './sidecar-resources';
import { completePod, mistakesOfPod, SidecarPod } from './sidecar-pod';
import { checkWorkload, findWorkload } from './workload';
import { workloadPolicy } from './workload-policy';

/**
 * The proxy beside the app of one workload.
 *
 * `MeshService` attaches it to its own Deployments. Use it directly for a workload that you created yourself. The containers of the
 * workload stay as they are; its pods get labels, the sidecar and a longer grace period.
 */
export class MeshSidecar extends Construct {
  /**
   * Finds the workload that an app has from elsewhere, for example of an `Include` or `Helm`, to attach a sidecar to.
   *
   * @param scope what to search in and below: the `Include`, the `Helm`, or a chart
   * @param kind such as `Deployment`
   * @param name name of the object
   */
  public static findWorkload(scope: IConstruct, kind: string, name: string): ApiObject {
    return findWorkload(scope, kind, name);
  }

  /**
   * The workload that it is attached to.
   */
  public readonly workload: IConstruct;

  /**
   * Name of the service that this workload belongs to.
   */
  public readonly serviceName: string;

  /**
   * Version of that service.
   */
  public readonly version: string;

  /**
   * The sidecar's container, for settings without a prop, for example `sidecar.container.env.addVariable(...)`.
   */
  public readonly container: kplus.Container;

  /**
   * The ConfigMap with the proxy's configuration. Its name never changes; the proxy reloads changes.
   */
  public readonly configMap: kplus.ConfigMap;

  /**
   * The ServiceAccount that was created for a workload without one. Only workloads that read EndpointSlices need it.
   */
  public get serviceAccount(): kplus.ServiceAccount | undefined {
    return this.node.tryFindChild('ServiceAccount') as kplus.ServiceAccount | undefined;
  }

  private readonly attached: AttachedWorkload;
  private readonly namespace: string;
  private readonly appPort?: number;
  private readonly settings: MeshSettings;
  private readonly identity?: WorkloadIdentity;
  private readonly budget: ShutdownBudget;
  private readonly dependencies: Dependencies;
  private readonly service?: ServiceLink;
  private readonly config: DocumentConfigMap;
  private exposed?: ExposedWorkload;
  private readonly document = untilAddition(() => this.buildDocument());

  constructor(scope: Construct, id: string, props: MeshSidecarProps) {
    super(scope, id);
    requireChart(this, 'MeshSidecar');
    checkKinds(this, props);
    const errors = new ValidationErrors();
    const service = (props as { _service?: ServiceLink })._service;
    errors.unknownProps(props, service ? { ...MESH_SIDECAR_PROPS, _service: true } : MESH_SIDECAR_PROPS);
    const attached = checkWorkload(errors, props.workload);
    errors.throwIfAny(this);
    this.service = service;
    this.attached = attached!;
    this.workload = this.attached.construct;
    this.serviceName = props.serviceName ?? this.attached.defaultName;
    this.version = props.version ?? 'v1';
    this.namespace = this.attached.namespace ?? DEFAULT_NAMESPACE;
    this.appPort = props.appPort ?? this.attached.firstPort;
    errors.name('workload.metadata.namespace', this.namespace, NAME_RULES.label);
    errors.name('serviceName', this.serviceName, NAME_RULES.service);
    errors.name('version', this.version, NAME_RULES.label);
    if (this.appPort !== undefined) {
      errors.port('appPort', this.appPort);
    }
    checkProxyOptions(errors, props);
    if (props.admission !== undefined && this.appPort === undefined) {
      errors.add('admission', props.admission, 'the workload takes no requests; name the port that its app listens on in appPort, or leave this out');
    }
    this.settings = { ...meshSettings(this, proxyOptionsOf(props)), proxyCpuMillis: service?.proxyCpuMillis };
    checkSecurity(errors, props, this.settings);
    checkLimitsTogether(errors, 'limits', this.settings.limits);
    checkPortsDiffer(errors, 'proxyPorts', this.settings.proxyPorts, this.settings.monitoring._mutualTls !== undefined);
    checkMetrics(errors, this.settings);
    // Made elsewhere, a workload's own grace period is the time that its author gave the app.
    const givenDrain = !service && !props.appDrain ? this.attached.gracePeriod : undefined;
    const appDrain = givenDrain ?? this.settings.appDrain;
    // Nobody sends requests to a workload that takes none, so there is nobody to wait for.
    const endpointPropagation = this.appPort === undefined ? Duration.seconds(0) : this.settings.endpointPropagation;
    const { proxyDrain } = this.settings;
    checkTimeToStop(errors, { endpointPropagation, appDrain, proxyDrain }, givenDrain && 'workload.terminationGracePeriod');
    errors.throwIfAny(this);

    if (!service && this.attached.pods === this.workload) {
      writeLeanAsSaid(this.workload);
    }
    this.budget = shutdownBudget({
      endpointPropagationMs: endpointPropagation.toMilliseconds(),
      appDrainMs: appDrain.toMilliseconds(),
      proxyDrainMs: proxyDrain.toMilliseconds(),
    });

    const name = `${this.serviceName}-${this.version}`;
    // The workload's chart may name none where this construct's chart does.
    const namespace = this.attached.namespace ?? (chartNamespace(this) && DEFAULT_NAMESPACE);
    this.config = new DocumentConfigMap(this, { name: `${name}-mesh`, namespace }, {
      document: () => this.document(), calls: () => this.dependencies.calls,
    });
    this.configMap = this.config.configMap;
    this.identity = service?.identity ?? ownIdentity(this, this.settings, () => ({ namespace: this.namespace, account: this.account().name }), {
      service: `${this.namespace}/${this.serviceName}`, objectNamespace: this.configMap.metadata.namespace,
    });
    this.dependencies = new Dependencies({
      construct: this,
      name,
      namespace: this.namespace,
      account: () => (service ? { name: service.accountName } : this.account()),
      pods: () => this.pods,
      identity: this.identity,
      self: () => service?.self ?? this.exposed,
    }, service?.dependencies);
    if (!service) {
      claimName(this, this.namespace, name, 'serviceName');
    }

    this.container = this.attach();
    addNetworkPolicy(this, this.settings.networkPolicies, { name: `${name}-mesh`, namespace: this.configMap.metadata.namespace }, () => workloadPolicy({
      pods: this.pods, settings: this.settings, takesRequests: this.appPort !== undefined, hasIdentity: this.identity !== undefined,
      hasTls: this.tls !== undefined, hasOutsideClients: this.service?.hasOutsideClients() ?? false, called: this.called,
      morePorts: this.morePorts,
      calls: this.reached, readsApi: this.readsApi,
    }));
    this.settings.monitoring._scrape(this, {
      name, namespace: this.attached.namespace, pods: this.attached.pods, metricsPort: metricsPort(this.settings),
      podLabels: () => this.pods.labels,
    });
    publishObjectives(ApiObject.of(this.workload).metadata, () => ({ slo: service?.promise, ...this.dependencies.needs }));
    registerWorkload(this, { name, identity: this.identity, podLabels: () => this.pods.labels });
    takeTls(this, this.container, this.settings.proxyPorts.inboundTls, this.tls);
    this.node.addValidation({ validate: () => mistakesOfPod(this.pod) });
    lintWith(this, {
      workload: this.workload, service: this.serviceName, namespace: this.namespace, version: this.version, options: this.settings.lints,
      document: this.document, sizes: () => this.config.sizesWith(this.workload),
    });
  }

  /**
   * Declares that this workload calls a service. Its app calls the service by name as before, and the sidecar intercepts the request.
   *
   * @param destination the service that it calls
   * @param options options of the call
   */
  public calls(destination: Destination, options: CallOptions = {}): void {
    noting(this, this.settings.mistakes, () => this.dependencies.add(destination, options));
  }

  /**
   * Makes this workload callable as `http://<serviceName>` from its namespace. Creates a Service of that name, and a headless Service for
   * callers in the mesh. Existing Services of the workload stay as they are.
   *
   * @param options the port, and options for callers
   * @returns the destination to pass to `calls()`
   */
  public expose(options: ExposeOptions = {}): ExposedWorkload {
    const errors = checkExposable('expose()', this.workloadInfo, this.service !== undefined, this.exposed !== undefined);
    this.exposed = ExposedWorkload._of(this, errors, this.workloadInfo, options);
    claimName(this, this.namespace, this.serviceName, 'serviceName');
    this.serve();
    return this.exposed;
  }

  /**
   * Makes this workload a version of a service that another workload was exposed as, for example a canary. Both need the same `serviceName`,
   * and a `version` of their own.
   *
   * @param service what `expose()` of the other workload's sidecar returned
   * @param options the weight of this version
   * @returns the version, to which routes can send requests
   */
  public exposeAsVersionOf(service: ExposedWorkload, options: ExposedVersionOptions = {}): ExposedVersion {
    const errors = checkExposable('exposeAsVersionOf()', this.workloadInfo, this.service !== undefined, this.exposed !== undefined);
    if (!isA(ExposedWorkload, service)) {
      errors.add('exposeAsVersionOf()', service, refusalOfCopy(ExposedWorkload, service) ?? 'give it what expose() of the other workload\'s MeshSidecar returned');
      errors.throwIfAny(this);
    }
    const version = service._addVersion(this, errors, this.workloadInfo, options);
    this.exposed = service;
    this.serve();
    return version;
  }

  private get workloadInfo(): WorkloadInfo {
    return {
      serviceName: this.serviceName,
      version: this.version,
      appPort: this.appPort,
      appPortName: this.attached.ports.find(({ number }) => number === this.appPort)?.name,
      namespace: this.namespace,
      chartNamespace: this.attached.namespace,
      objectNamespace: this.configMap.metadata.namespace,
      settings: this.settings,
      identity: this.identity,
    };
  }

  /** Has its pods take requests. */
  private serve(): void {
    noteAddition();
    const asked = this.exposed?._externalAuthorization;
    if (asked) {
      this.dependencies.ask(asked);
    }
    labelPods(this.attached.pods, this.serviceName, this.version, true);
    takeTls(this, this.container, this.settings.proxyPorts.inboundTls, this.tls);
    this.dependencies.grantSelf();
  }

  /** How clients from outside come by TLS. */
  private get tls(): TlsOptions | undefined {
    return this.service?.tls ?? this.exposed?._tls;
  }

  /** What its proxy calls. */
  private get reached(): Call[] {
    return reachedCalls(this.dependencies, this.namespace);
  }

  private buildDocument(): ProxyConfig {
    return buildDocument({
      node: { service: this.serviceName, namespace: this.namespace, version: this.version },
      ports: this.settings.proxyPorts,
      pages: adminConfig(this.settings),
      app: this.appPort === undefined ? undefined : this.settings.appAddress._endpoint(this.appPort),
      protocol: this.called?._info().protocol,
      tcp: this.called?._info().tcp,
      tls: this.tls,
      appConnections: this.appConnections,
      morePorts: this.morePorts.map((port) => ({
        listener: portListener(port, {
          admission: admissionConfig(this.settings.admission), ...securityOf(this.identity, this.settings, port.called).inbound,
        }),
        cluster: portCluster(port, this.settings.appAddress._endpoint(port.targetPort), this.appConnections),
      })),
      admission: admissionConfig(this.settings.admission),
      path: this.called?._info().path,
      calls: this.dependencies.calls,
      reached: this.reached,
      security: securityOf(this.identity, this.settings, this.called),
      ownPods: this.ownPods(),
      limits: limitsConfig(this.settings.limits, limitsOfReached(this.reached)),
      workers: this.settings.workers,
      budget: this.budget,
      accessLog: this.settings.accessLog,
      accessLogOptions: this.settings.accessLogOptions,
      tracing: this.settings.tracing,
      via: this.settings.via,
    });
  }

  private get appConnections(): Partial<ConnectionConfig> {
    return connectionConfig([this.settings.appConnections, APP_CONNECTIONS]);
  }

  /** Ports at which it is called besides the first one. */
  private get morePorts(): readonly InboundPort[] {
    return this.service?.ports() ?? [];
  }

  /** Its pods, by the labels that they have in the end. */
  private get pods(): { readonly namespace: string; readonly labels: { readonly [label: string]: string } } {
    return { namespace: this.namespace, labels: podLabels(this.serviceName, this.version, this.called !== undefined) };
  }

  /** What it is called as, if it is called. */
  private get called(): Destination | undefined {
    return this.service?.self ?? this.exposed;
  }

  private get readsApi(): boolean {
    return readsEndpointSlices(this.reached) || this.ownPods() !== undefined;
  }

  /** Where the proxy finds its own pod, and so its zone; undefined when no call needs it, or when there is no Service. */
  private ownPods(): EndpointSliceDiscovery | undefined {
    if (!this.dependencies.zoneAware) {
      return undefined;
    }
    return this.service
      ? { type: 'endpointSlice', namespace: this.namespace, service: `${this.serviceName}-${this.version}`, portName: this.service.portName }
      : this.exposed?._podsOf(this.version);
  }

  /** The account that the workload runs under; made when it has none. */
  private account(): { readonly name: string } {
    const { attached, serviceName, version, configMap } = this;
    return attached.account ?? this.serviceAccount ?? makeAccount(this, attached.pods, `${serviceName}-${version}`, configMap.metadata.namespace);
  }

  private attach(): kplus.Container {
    const { attached: { pods }, settings } = this;
    labelPods(pods, this.serviceName, this.version, this.service !== undefined);
    noteWorkers(pods, settings);

    const container = pods.addInitContainer(sidecarContainer(this, settings, this.configMap, this.appPort !== undefined));
    moveInitContainerFirst(pods, pods.initContainers.length - 1);
    setInPodSpec(pods, '/initContainers/0/livenessProbe/terminationGracePeriodSeconds', STUCK_GRACE_SECONDS);
    setInPodSpec(pods, '/terminationGracePeriodSeconds', this.budget.gracePeriodSeconds);
    noteMinimumKubernetes(pods, this.identity);
    completePodSpec(this.workload, (spec) => completePod(spec, this.pod));
    return container;
  }

  /** The pod, with the calls that are known by now. */
  private get pod(): SidecarPod {
    return {
      workload: this.workload, path: (this.service?.self ?? this.workload).node.path, container: this.container, namespace: this.namespace,
      appPort: this.appPort, morePorts: this.morePorts, hasTls: this.tls !== undefined,
      settings: this.settings, identity: this.identity, budget: this.budget, calls: this.dependencies.calls,
      reached: this.reached, called: this.called,
      readsApi: this.readsApi,
    };
  }
}

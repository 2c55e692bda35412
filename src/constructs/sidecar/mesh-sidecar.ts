/**
 * Attaches the proxy to a workload. It is a native sidecar: an init container that is started first, must answer its
 * startup probe before anything else runs, lives as long as the pod and ends after the app. So an app never runs without
 * its proxy, and a Job's pod completes when its app does.
 *
 * What a pod needs besides the container: names of the destinations in `/etc/hosts` and leave to listen below port 1024
 * (interception.ts), a token that is mounted nowhere but in the sidecar (and only when EndpointSlices are read), and time to stop.
 */
import { Chart, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { EndpointSliceDiscovery, PART_OF_LABEL, ProxyConfig, SERVICE_LABEL, SIDECAR_CONTAINER, TERMINATING_PATH, VERSION_LABEL } from '../../contract';
import { ShutdownBudget, shutdownBudget } from '../../planning/shutdown-budget';
import { CallOptions } from '../calls/call-options';
import { besides } from '../calls/call-routes';
import { checkCalledNames } from '../calls/called-names';
import { Dependencies, ServiceLink } from '../calls/dependencies';
import { lintWith } from '../checks/lints';
import { checkPodSecurity } from '../checks/pod-security';
import { Destination } from '../destinations/destination';
import { checkRules } from '../identity/caller-rules';
import { mountJwtKeys } from '../identity/jwt-keys';
import { WorkloadIdentity } from '../identity/workload-identity';
import { ExposedWorkload, ExposeOptions } from '../inbound/exposed-workload';
import { takeTls } from '../inbound/inbound-tls';
import { TlsOptions } from '../inbound/tls-options';
import * as kplus from '../kubernetes/kplus';
import { writeLean } from '../kubernetes/lean-manifest';
import {
  addVariable, askBeforeStop, completePodSpec, moveInitContainerFirst, PodSpecManifest, setInPodSpec,
  sleepBeforeStop, writtenTemplateOf,
} from '../kubernetes/patches';
import { checkProxyOptions, checkSecurity, clusterOf, MeshSettings, meshSettings, proxyOptionsOf } from '../mesh/mesh-settings';
import { claimName } from '../mesh/names';
import { checkKinds } from '../mesh/prop-kinds';
import { checkPodPorts, checkPortsDiffer } from '../mesh/proxy-ports';
import { checkTimeToStop } from '../mesh/time-to-stop';
import { addNetworkPolicy } from '../network/policy-object';
import { admissionConfig } from '../policies/admission-options';
import { ProxyLimits } from '../policies/proxy-limits';
import { APP_CONNECTIONS, checkLimitsTogether, connectionConfig, limitsConfig } from '../policies/proxy-quantities';
import { DEFAULT_NAMESPACE, NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { noteAddition, untilAddition } from '../synthesis/unchanged';
import { mountToken } from './api-token';
import { DocumentConfigMap } from './config-map';
import { buildDocument, namedCallees, readsEndpointSlices } from './document';
import { checkCallees, checkIdentityPod, mountIdentity, noteMinimumKubernetes, ownIdentity, securityOf } from './identity-pod';
import { MESH_SIDECAR_PROPS, MeshSidecarProps } from './mesh-sidecar-props';
import { sessionsOf } from './outbound-routes';
import { STUCK_GRACE_SECONDS } from './probes';
import { mountSessionKeys } from './session-keys';
import { sidecarContainer, sidecarOf } from './sidecar-container';
import { checkProxyMemory, NODE_OPTIONS, noteWorkers, requestLogSpace, sidecarNodeOptions } from './sidecar-resources';
import { checkUpstreamTls, mountUpstreamTls } from './upstream-tls-pod';
import { checkPod, checkWorkload } from './workload';
import { workloadPolicy } from './workload-policy';

/**
 * The proxy beside the app of one workload.
 *
 * `MeshService` attaches it to its own Deployments. Use it directly for a workload that you created yourself. The containers of the
 * workload stay as they are; its pods get labels, the sidecar and a longer grace period.
 */
export class MeshSidecar extends Construct {
  /**
   * The workload that it is attached to.
   */
  public readonly workload: kplus.Workload;

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
    checkKinds(this, props);
    const errors = new ValidationErrors();
    const service = (props as { _service?: ServiceLink })._service;
    errors.unknownProps(props, service ? { ...MESH_SIDECAR_PROPS, _service: true } : MESH_SIDECAR_PROPS);
    checkWorkload(errors, props.workload);
    errors.throwIfAny(this);

    this.service = service;
    this.workload = props.workload;
    this.serviceName = props.serviceName ?? this.workload.node.id.toLowerCase();
    this.version = props.version ?? 'v1';
    this.namespace = this.workload.metadata.namespace ?? DEFAULT_NAMESPACE;
    this.appPort = props.appPort ?? this.workload.containers[0]?.ports[0]?.number;
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
    this.settings = meshSettings(this, proxyOptionsOf(props));
    checkSecurity(errors, props, this.settings);
    checkLimitsTogether(errors, 'limits', this.settings.limits);
    checkPortsDiffer(errors, 'proxyPorts', this.settings.proxyPorts);
    // Made elsewhere, a workload's own grace period is the time that its author gave the app.
    const givenDrain = !service && !props.appDrain ? this.workload.terminationGracePeriod : undefined;
    const appDrain = givenDrain ?? this.settings.appDrain;
    // Nobody sends requests to a workload that takes none, so there is nobody to wait for.
    const endpointPropagation = this.appPort === undefined ? Duration.seconds(0) : this.settings.endpointPropagation;
    const { proxyDrain } = this.settings;
    checkTimeToStop(errors, { endpointPropagation, appDrain, proxyDrain }, givenDrain && 'workload.terminationGracePeriod');
    errors.throwIfAny(this);

    if (!service) {
      writeLean(this.workload);
    }
    this.budget = shutdownBudget({
      endpointPropagationMs: endpointPropagation.toMilliseconds(),
      appDrainMs: appDrain.toMilliseconds(),
      proxyDrainMs: proxyDrain.toMilliseconds(),
    });

    const name = `${this.serviceName}-${this.version}`;
    this.config = new DocumentConfigMap(this, { name: `${name}-mesh`, namespace: this.workload.metadata.namespace ?? this.namespaceWithout() }, {
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
      hasTls: this.tls !== undefined, hasOutsideClients: this.service?.hasOutsideClients ?? false, called: this.called,
      calls: this.dependencies.calls, readsApi: this.readsApi,
    }));
    this.settings.monitoring._scrape(this, {
      name, workload: this.workload, adminPort: this.settings.proxyPorts.admin, podLabels: () => this.pods.labels,
    });
    takeTls(this, this.container, this.settings.proxyPorts.inboundTls, this.tls);
    this.node.addValidation({ validate: () => this.validatePod() });
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
    this.dependencies.add(destination, options);
  }

  /**
   * Makes this workload callable as `http://<serviceName>` from its namespace. Creates a Service of that name, and a headless Service for
   * callers in the mesh. Existing Services of the workload stay as they are.
   *
   * @param options the port, and options for callers
   * @returns the destination to pass to `calls()`
   */
  public expose(options: ExposeOptions = {}): ExposedWorkload {
    const errors = new ValidationErrors();
    if (this.service) {
      errors.add('expose()', this.serviceName, 'this is the sidecar of a MeshService, which can be called itself');
    } else if (this.exposed) {
      errors.add('expose()', this.serviceName, 'it is exposed already; give what the first expose() returned to all that call it');
    } else if (this.appPort === undefined) {
      errors.add('appPort', this.appPort, 'a workload that takes no requests can\'t be exposed; name the port that its app listens on');
    }
    this.exposed = ExposedWorkload._of(this, errors, {
      serviceName: this.serviceName,
      version: this.version,
      appPort: this.appPort,
      appPortName: this.workload.containers.flatMap(({ ports }) => ports).find(({ number }) => number === this.appPort)?.name,
      namespace: this.namespace,
      chartNamespace: this.workload.metadata.namespace,
      objectNamespace: this.configMap.metadata.namespace,
      settings: this.settings,
      identity: this.identity,
    }, options);
    noteAddition();
    claimName(this, this.namespace, this.serviceName, 'serviceName');
    this.labelPods(true);
    takeTls(this, this.container, this.settings.proxyPorts.inboundTls, this.tls);
    this.dependencies.grantSelf();
    return this.exposed;
  }

  /** The namespace to write when the workload's chart names none but this construct's chart does. */
  private namespaceWithout(): string | undefined {
    return Chart.of(this).namespace === undefined ? undefined : DEFAULT_NAMESPACE;
  }

  /** How clients from outside come by TLS. */
  private get tls(): TlsOptions | undefined {
    return this.service?.tls ?? this.exposed?._tls;
  }

  private buildDocument(): ProxyConfig {
    return buildDocument({
      node: { service: this.serviceName, namespace: this.namespace, version: this.version },
      ports: this.settings.proxyPorts,
      app: this.appPort === undefined ? undefined : this.settings.appAddress._endpoint(this.appPort),
      protocol: this.called?._info().protocol,
      tls: this.tls,
      appConnections: connectionConfig([this.settings.appConnections, APP_CONNECTIONS]),
      admission: admissionConfig(this.settings.admission),
      path: this.called?._info().path,
      calls: this.dependencies.calls,
      security: securityOf(this.identity, this.settings, this.called),
      ownPods: this.ownPods(),
      limits: limitsConfig(this.settings.limits, this.calledLimits()),
      workers: this.settings.workers,
      budget: this.budget,
      accessLog: this.settings.accessLog,
      accessLogOptions: this.settings.accessLogOptions,
      tracing: this.settings.tracing,
      via: this.settings.via,
    });
  }

  /** Its pods, by the labels that they have in the end. */
  private get pods(): { readonly namespace: string; readonly labels: { readonly [label: string]: string } } {
    return { namespace: this.namespace, labels: { [this.called ? SERVICE_LABEL : PART_OF_LABEL]: this.serviceName, [VERSION_LABEL]: this.version } };
  }

  /** What it is called as, if it is called. */
  private get called(): Destination | undefined {
    return this.service?.self ?? this.exposed;
  }

  private get readsApi(): boolean {
    return readsEndpointSlices(this.dependencies.calls) || this.ownPods() !== undefined;
  }

  /** What the proxies let pass that its requests come to, those of fallbacks and routes included. */
  private calledLimits(): ProxyLimits[] {
    return this.dependencies.calls
      .flatMap((call) => [call.info, ...besides(call).map((destination) => destination._info())])
      .flatMap(({ limits }) => (limits ? [limits] : []));
  }

  /** Where the proxy finds its own pod, and so its zone; undefined when no call needs it, or when there is no Service. */
  private ownPods(): EndpointSliceDiscovery | undefined {
    if (!this.dependencies.zoneAware) {
      return undefined;
    }
    return this.service
      ? { type: 'endpointSlice', namespace: this.namespace, service: `${this.serviceName}-${this.version}`, portName: this.service.portName }
      : this.exposed?._pods;
  }

  /** The account that the workload runs under; made when it has none. */
  private account(): kplus.IServiceAccount {
    const own = this.workload.serviceAccount ?? this.serviceAccount;
    if (own) {
      return own;
    }
    const account = new kplus.ServiceAccount(this, 'ServiceAccount', {
      metadata: { name: `${this.serviceName}-${this.version}`, namespace: this.configMap.metadata.namespace },
    });
    setInPodSpec(this.workload, '/serviceAccountName', account.name);
    return account;
  }

  private attach(): kplus.Container {
    const { workload, settings } = this;
    this.labelPods(this.service !== undefined);
    workload.podMetadata.addLabel(VERSION_LABEL, this.version);
    noteWorkers(workload, settings);

    const container = workload.addInitContainer(sidecarContainer(this, settings, this.configMap, this.appPort !== undefined));
    moveInitContainerFirst(workload, workload.initContainers.length - 1);
    setInPodSpec(workload, '/initContainers/0/livenessProbe/terminationGracePeriodSeconds', STUCK_GRACE_SECONDS);
    setInPodSpec(workload, '/terminationGracePeriodSeconds', this.budget.gracePeriodSeconds);
    noteMinimumKubernetes(workload, this.identity);
    completePodSpec(workload, (spec) => this.complete(spec));
    return container;
  }

  /** Services select by one of the labels, so pods that take no requests have the other one. */
  private labelPods(serve: boolean): void {
    const labels: Record<string, string | undefined> = {
      [SERVICE_LABEL]: serve ? this.serviceName : undefined,
      [PART_OF_LABEL]: serve ? undefined : this.serviceName,
    };
    // A label without a value is not written. There is no other way to take one away.
    Object.entries(labels).forEach(([label, value]) => this.workload.podMetadata.addLabel(label, value as string));
  }

  /** What depends on the calls, and what is newer than the generated types. */
  private complete(spec: PodSpecManifest): void {
    const { calls } = this.dependencies;
    spec.containers.forEach((container) => sleepBeforeStop(container, this.budget.sleepSeconds));

    const sidecar = sidecarOf(spec);
    if (!sidecar) {
      return;
    }
    this.settings.interception._complete(spec, sidecar, namedCallees(calls, this.namespace));
    if (this.readsApi) {
      mountToken(spec, sidecar);
    }
    mountIdentity(spec, sidecar, this.identity, this.settings);
    mountJwtKeys(spec, sidecar, this.called?._info().jwt ?? []);
    mountUpstreamTls(spec, sidecar, calls);
    if (this.appPort !== undefined) {
      askBeforeStop(sidecar, TERMINATING_PATH, this.settings.proxyPorts.admin);
    }
    requestLogSpace(sidecar, this.settings);
    mountSessionKeys(spec, sidecar, calls.flatMap((call) => sessionsOf(call, calls)));
    const options = sidecarNodeOptions(this.settings);
    if (options !== undefined) {
      addVariable(sidecar, NODE_OPTIONS, options);
    }
  }

  /** What may still change in the pod until synth. */
  private validatePod(): string[] {
    const errors = new ValidationErrors();
    const unwritable = this.checkWritten(errors);
    const { calls } = this.dependencies;
    if (!this.container.env.variables[NODE_OPTIONS]) {
      checkProxyMemory(errors, 'proxyResources', this.settings);
    }
    checkPodPorts(errors, { workload: this.workload, appPort: this.appPort, ports: this.settings.proxyPorts, tls: this.tls !== undefined, calls });
    checkCalledNames(errors, calls, this.namespace);
    checkUpstreamTls(errors, calls, this.namespace);
    checkRules(errors, securityOf(this.identity, this.settings, this.called)?.inbound.authorization);
    checkCallees(errors, calls, { identity: this.identity, path: (this.service?.self ?? this.workload).node.path });
    return [...errors.messages, ...unwritable];
  }

  /** What is wrong with the pod as it will be written. Returns why it can't be, if so. */
  private checkWritten(errors: ValidationErrors): string[] {
    try {
      const { spec } = writtenTemplateOf(this.workload);
      if (!sidecarOf(spec)) {
        errors.add('workload', this.workload.node.path, `after its patches, its pod has no init container '${SIDECAR_CONTAINER}', which is the sidecar; leave that in the list, `
          + 'or give the workload no sidecar');
        return [];
      }
      checkPod(errors, spec);
      checkIdentityPod(errors, spec, this.identity);
      checkPodSecurity(errors, this.workload, clusterOf(this), this.settings.podSecurity);
      this.settings.interception._check(errors, spec, namedCallees(this.dependencies.calls, this.namespace));
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  }
}

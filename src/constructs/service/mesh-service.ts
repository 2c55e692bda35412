/**
 * A service of the mesh: its versions, the Service that callers name, and what it calls.
 *
 * Names are explicit and derive from the service's own: `catalog` makes a Service `catalog` for all versions, and for each
 * version a Deployment, a headless Service, an autoscaler and a budget `catalog-v1`. The headless ones exist because an
 * EndpointSlice says which Service a pod belongs to, but not which labels it has; callers tell versions apart by them.
 */
import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { SERVICE_LABEL } from '../../contract';
import { CallOptions } from '../calls/call-options';
import { Dependencies } from '../calls/dependencies';
import { AppProtocol } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { DestinationInfo } from '../destinations/destination-info';
import { DESTINATION_OPTIONS, DestinationOptions, DestinationPolicies } from '../destinations/destination-options';
import { ExternalAuthorization } from '../destinations/external-authorization';
import { Jwt } from '../identity/jwt';
import { workloadIdentity, WorkloadIdentity } from '../identity/workload-identity';
import { tlsPort } from '../inbound/inbound-tls';
import { MeshedService, meshedDestination, versionCluster } from '../inbound/meshed-destination';
import { addPort, publishWeight } from '../inbound/services';
import { TlsOptions } from '../inbound/tls-options';
import { checkWeights, weightsOf } from '../inbound/version-weights';
import { VersionPlan } from '../capacity/version-plan';
import { DisruptionBudget } from '../kubernetes/disruption-budget';
import * as kplus from '../kubernetes/kplus';
import { Scaling } from '../kubernetes/scaling';
import { ServiceOptions } from '../kubernetes/service-options';
import { ProxyOptions } from '../mesh/mesh-props';
import { MeshSettings, mistakesOf, proxyOptionsOf } from '../mesh/mesh-settings';
import { pagePorts } from '../mesh/metrics-port';
import { requireChart } from '../mesh/chart-namespace';
import { noting, soundProps } from '../mesh/mistakes';
import { claimName } from '../mesh/names';
import { checkKinds } from '../mesh/prop-kinds';
import { requestsTo } from '../monitoring/burn-rates';
import { Slo } from '../monitoring/slo';
import { closesIdleAfterMs } from '../policies/proxy-quantities';
import { ValidationErrors } from '../props/validation-errors';
import { establishIdentity } from '../sidecar/identity-pod';
import { MeshSidecar } from '../sidecar/mesh-sidecar';
import { noteAddition } from '../synthesis/unchanged';
import { firstPort } from './app-container';
import { checkService, serviceStandIns, versionStandIns } from './checked-service';
import { ImportedService, ImportedServiceProps } from './imported-service';
import { MeshServiceProps, VERSION_PROPS, VersionProps } from './mesh-service-props';
import { MeshServiceVersion } from './mesh-service-version';
import { PodOptions, podOptionsOf } from './pod-options';
import { checkExposedService, ExposeServiceOptions, openService } from './open-service';
import { checkOutsideCallers, checkServiceType, isExternal } from './service-checks';
import { ServicePort, ServicePortOptions } from './service-port';
import { checkScaledRequests, checkVersion } from './version-checks';

/**
 * A service that is called through the mesh, and calls others through it. Its objects are in the namespace of its chart. For a chart
 * without a namespace the mesh assumes `default`, because the configuration of the proxy and the names of services need one.
 */
export class MeshService extends Destination {
  /**
   * A service of the mesh that another app synthesizes, to be called by the services of this one. Nothing of it is synthesized here.
   *
   * @param props its name and namespace, and what else callers must know of it
   */
  public static fromName(scope: Construct, id: string, props: ImportedServiceProps): ImportedService {
    return ImportedService._of(scope, id, props);
  }

  /**
   * Name of the service.
   */
  public readonly serviceName: string;

  /**
   * Port at which it is called.
   */
  public readonly port: number;

  /**
   * The Service for all versions, which load balancers and callers outside of the mesh use.
   */
  public readonly service: kplus.Service;

  /**
   * The account of its pods.
   */
  public readonly serviceAccount: kplus.IServiceAccount;

  private readonly namespace: string;
  private readonly portName: string;
  private readonly protocol?: AppProtocol;
  private readonly tls?: TlsOptions;
  private readonly jwt?: readonly Jwt[];
  private readonly externalAuthorization?: ExternalAuthorization;
  private hasOutsideClients: boolean;
  private readonly policies: DestinationPolicies;
  private readonly settings: MeshSettings;
  private readonly identity?: WorkloadIdentity;
  private readonly proxyOptions: ProxyOptions;
  private readonly dependencies: Dependencies;
  private readonly scaling: Scaling;
  private readonly budget: DisruptionBudget;
  private readonly pod: PodOptions;
  private readonly addedContainers: kplus.ContainerProps[] = [];
  private readonly destinationOptions: DestinationOptions;
  private readonly slo?: Slo;
  private readonly addedPorts: ServicePort[] = [];
  private readonly shares: { readonly version: MeshServiceVersion; readonly weight?: number }[] = [];

  constructor(scope: Construct, id: string, props: MeshServiceProps) {
    super(scope, id);
    requireChart(this, 'MeshService');
    const { props: sound, checked } = soundProps(this, mistakesOf(this), props, (each) => checkService(this, each), () => serviceStandIns(props));
    this.serviceName = checked.serviceName;
    this.namespace = checked.namespace;
    this.port = checked.port;
    this.portName = checked.portName;
    this.protocol = sound.protocol;
    this.tls = sound.tls;
    this.jwt = sound.jwt;
    this.externalAuthorization = sound.externalAuthorization;
    this.hasOutsideClients = isExternal(sound);
    this.destinationOptions = Object.fromEntries(Object.entries(sound).filter(([name]) => Object.hasOwn(DESTINATION_OPTIONS, name)));
    this.policies = checked.policies;
    this.slo = sound.slo;
    this.scaling = checked.scaling;
    this.budget = checked.budget;
    this.pod = podOptionsOf(sound);
    this.proxyOptions = proxyOptionsOf(sound);
    this.settings = checked.settings;

    claimName(this, this.namespace, this.serviceName, 'name');
    this.service = this.makeService('Service', this.serviceName, this.port, sound, this.tls);
    this.serviceAccount = sound.serviceAccount ?? new kplus.ServiceAccount(this, 'ServiceAccount', { metadata: { name: this.serviceName } });
    this.identity = workloadIdentity(this.settings.identity, this.namespace, this.serviceAccount.name);
    establishIdentity(this, this.identity, { service: `${this.namespace}/${this.serviceName}`, objectNamespace: Chart.of(this).namespace });
    this.dependencies = new Dependencies({
      construct: this,
      name: this.serviceName,
      namespace: this.namespace,
      account: () => this.serviceAccount,
      pods: () => ({ namespace: this.namespace, labels: { [SERVICE_LABEL]: this.serviceName } }),
      identity: this.identity,
      self: () => this,
    });
    if (this.externalAuthorization) {
      this.dependencies.ask(this.externalAuthorization);
    }
    this.monitor();
    this.makeVersion(checked.version, sound, checked.plan);
    this.node.addValidation({ validate: () => this.validateVersions() });
  }

  /**
   * All versions, the first one first.
   */
  public get versions(): MeshServiceVersion[] {
    return this.shares.map(({ version }) => version);
  }

  /**
   * The pods of the first version.
   */
  public get deployment(): kplus.Deployment {
    return this.versions[0].deployment;
  }

  /**
   * The sidecar of the first version.
   */
  public get sidecar(): MeshSidecar {
    return this.versions[0].sidecar;
  }

  /**
   * The autoscaler of the first version; none when the number of replicas is fixed.
   */
  public get autoscaler(): kplus.HorizontalPodAutoscaler | undefined {
    return this.versions[0].autoscaler;
  }

  /**
   * The budget for voluntary disruptions of the first version; none with `DisruptionBudget.none()`.
   */
  public get disruptionBudget(): kplus.k8s.KubePodDisruptionBudget | undefined {
    return this.versions[0].disruptionBudget;
  }

  /**
   * Adds a version that runs beside the others, with its own pods and its own share of the requests.
   *
   * @param version name of the version
   * @param props its containers, weight and scaling
   */
  public addVersion(version: string, props: VersionProps): MeshServiceVersion {
    const { props: sound, checked } = soundProps(
      this, this.settings.mistakes, props, (each) => this.checkAdded(version, each), () => versionStandIns(props),
    );
    return this.makeVersion(version, sound, checked);
  }

  /**
   * The ports that were added to the first one.
   */
  public get ports(): ServicePort[] {
    return [...this.addedPorts];
  }

  /**
   * Adds a port at which the service is called, besides `port`. Apps call it by the same names, and callers declare it by itself:
   * `web.calls(catalog.addPort('admin', { port: 9090 }))`. Of clients outside of the mesh, it takes those of the Service.
   *
   * @param name name of the port in the Services
   * @param options the port, where the app listens, and options for callers
   */
  public addPort(name: string, options: ServicePortOptions): ServicePort {
    const { settings, settings: { proxyPorts, limits } } = this;
    const port = ServicePort._of(this, name, options, {
      serviceName: this.serviceName,
      pagePorts: pagePorts(settings).map(({ number }) => number),
      options: this.destinationOptions,
      settings: this.settings,
      closesIdleAfterMs: closesIdleAfterMs(limits),
      added: this.addedPorts.length,
      others: [
        { port: this.port, name: this.portName, proxyPort: proxyPorts.inbound },
        ...(this.tls ? [{ ...tlsPort(this.tls), proxyPort: proxyPorts.inboundTls }] : []),
        ...this.addedPorts.map(({ _inbound }) => _inbound),
      ],
      info: ({ port: its, _inbound: { proxyPort }, _routes }, policies) => (
        this.infoOf({ policies, port: its, portName: name, proxyPort, routes: () => _routes })),
    });
    this.addedPorts.push(port);
    addPort(this.service, port._inbound);
    this.versions.forEach((version) => version._addPort(port._inbound));
    noteAddition();
    return port;
  }

  /**
   * Makes another Service for the pods of all versions, for callers outside of the mesh, for example a load balancer beside the service's own
   * cluster address. It has the service's `port`, and the port of `tls`.
   *
   * @param name name of the Service
   * @param options its type and what goes with it
   */
  public expose(name: string, options: ExposeServiceOptions = {}): kplus.Service {
    checkKinds(this, options, `expose(${name}).`);
    const errors = new ValidationErrors();
    checkExposedService(errors, name, options, this.serviceName);
    checkServiceType(errors, `expose(${name}).`, options, this.tls);
    checkOutsideCallers(errors, `expose(${name}).`, options, this.tls, this.settings);
    errors.throwIfAny(this);
    claimName(this, this.namespace, name, 'expose()');
    this.hasOutsideClients ||= isExternal(options);
    noteAddition();
    return this.makeService(`Service-${name}`, name, options.port ?? this.port, options, this.tls && { ...this.tls, nodePort: undefined });
  }

  /**
   * Adds a container to the pods of all versions, also of those that are added later. It has the same defaults as the others. Use `addContainer()` of
   * a version for the pods of that version only.
   *
   * @param container as in cdk8s-plus
   */
  public addContainer(container: kplus.ContainerProps): void {
    this.versions.forEach((version) => version.addContainer(container));
    this.addedContainers.push(container);
  }

  /**
   * Declares that all versions call a service. Their apps call it by name as before, for example `http://catalog`, and the sidecar
   * intercepts the request. Services may call each other in a circle.
   *
   * @param destination the service that they call
   * @param options options of the call
   */
  public calls(destination: Destination, options: CallOptions = {}): void {
    noting(this, this.settings.mistakes, () => this.dependencies.add(destination, options));
  }

  /** @internal */
  public _info(): DestinationInfo {
    return this.infoOf({ policies: this.policies, port: this.port, portName: this.portName, routes: () => this._routes });
  }

  /** A port of the service as callers see it. */
  private infoOf(port: Pick<MeshedService, 'policies' | 'port' | 'portName' | 'proxyPort' | 'routes'>): DestinationInfo {
    const { serviceName, namespace, settings, identity, jwt, externalAuthorization } = this;
    return meshedDestination({
      ...port, serviceName, namespace, chartNamespace: Chart.of(this).namespace, settings, identity, discovery: settings.discovery, jwt,
      externalAuthorization,
      versions: () => {
        const weights = weightsOf(this.shares);
        return this.versions.map(({ service }, index) => ({ service, weight: weights[index] }));
      },
    });
  }

  private monitor(): void {
    const { serviceName, namespace, slo, settings: { monitoring } } = this;
    monitoring._alert(this, serviceName, () => ({
      service: serviceName, namespace, slo, hasApp: true,
      requests: requestsTo(this.versions.map(({ service }) => versionCluster(namespace, service.name))),
    }));
  }

  private makeService(id: string, name: string, port: number, props: ServiceOptions, tls: TlsOptions | undefined): kplus.Service {
    const { serviceName, portName, protocol, settings: { proxyPorts } } = this;
    const ports = [{ port, name: portName, nodePort: props.nodePort }, ...(tls ? [tlsPort(tls)] : [])];
    return openService(this, id, { serviceName, ports, protocol, proxyPorts }, name, props);
  }

  private makeVersion(version: string, props: VersionProps, plan: VersionPlan): MeshServiceVersion {
    claimName(this, this.namespace, `${this.serviceName}-${version}`, 'version');
    const made = MeshServiceVersion._of(this, {
      serviceName: this.serviceName,
      version,
      containers: [...props.containers, ...this.addedContainers],
      pod: podOptionsOf(props, this.pod),
      plan,
      appPort: firstPort(props.containers[0])!,
      ports: [{ port: this.port, name: this.portName }],
      protocol: this.protocol,
      proxyPorts: this.settings.proxyPorts,
      tls: this.tls,
      hasOutsideClients: () => this.hasOutsideClients,
      morePorts: () => this.ports.map((port) => port._inbound),
      serviceAccount: this.serviceAccount,
      settings: this.settings,
      identity: this.identity,
      proxyOptions: this.proxyOptions,
      dependencies: this.dependencies,
      self: this,
      slo: this.slo,
    });
    this.shares.push({ version: made, weight: props.weight });
    publishWeight(made.service, () => (this.shares.length > 1 ? weightsOf(this.shares)[this.versions.indexOf(made)] : undefined));
    noteAddition();
    return made;
  }

  private checkAdded(version: string, props: VersionProps): VersionPlan {
    checkKinds(this, props, `addVersion(${version}).`);
    const errors = new ValidationErrors();
    const { serviceAccount, ...known } = props as VersionProps & Pick<MeshServiceProps, 'serviceAccount'>;
    if (serviceAccount !== undefined) {
      errors.add('serviceAccount', serviceAccount.name, `all versions have the account of '${this.serviceName}', by which others know them; leave it out`);
    }
    errors.unknownProps(known, VERSION_PROPS);
    if (this.versions.some((other) => other.version === version)) {
      errors.add('version', version, `'${this.serviceName}' has it already; choose another name`);
    }
    const plan = checkVersion(errors, version, props, {
      prefix: `addVersion(${version}).`,
      serviceName: this.serviceName, namespace: this.namespace, protocol: this.protocol, settings: this.settings,
      defaults: { scaling: this.scaling, disruptionBudget: this.budget },
    });
    errors.throwIfAny(this);
    return plan;
  }

  private validateVersions(): string[] {
    const errors = new ValidationErrors();
    checkWeights(errors, this.serviceName, this.shares);
    this.versions.forEach((version) => checkScaledRequests(errors, version));
    return errors.messages;
  }
}

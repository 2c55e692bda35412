/**
 * A service of the mesh that another app synthesizes, known by its name. Nothing of the other app is read here: what callers must know of it is said,
 * or follows from its name (docs/decisions/services-of-other-apps.md). `cdk8s-mesh check` compares both sides.
 */
import { Construct } from 'constructs';
import { checkPlainPort, checkPlainPortName, defaultPortName } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { DestinationInfo } from '../destinations/destination-info';
import { checkPolicies, DESTINATION_OPTIONS, DestinationOptions, DestinationPolicies, policiesOf } from '../destinations/destination-options';
import { checkReserved } from '../destinations/reserved-names';
import { checkTcpProps, isTcp } from '../destinations/tcp-checks';
import { MutualTls } from '../identity/mutual-tls';
import { workloadIdentity } from '../identity/workload-identity';
import { checkZones, meshedDestination, versionCluster } from '../inbound/meshed-destination';
import { MAX_WEIGHT } from '../inbound/version-weights';
import { namespaceOf } from '../mesh/chart-namespace';
import { Discovery } from '../mesh/discovery';
import { MeshSettings, meshSettings } from '../mesh/mesh-settings';
import { claimHostname } from '../mesh/names';
import { checkKinds } from '../mesh/prop-kinds';
import { closesIdleAfterMs } from '../policies/proxy-quantities';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { RouteTarget } from '../routes/route-target';

/**
 * Props of `MeshService.fromName`.
 */
export interface ImportedServiceProps extends DestinationOptions {
  /**
   * Name of the service.
   */
  readonly name: string;

  /**
   * Its namespace.
   *
   * @default - that of the chart, or `default`
   */
  readonly namespace?: string;

  /**
   * Port at which it is called.
   *
   * @default 80
   */
  readonly port?: number;

  /**
   * Name of that port.
   *
   * @default - that of the protocol: 'http', 'http2', 'grpc' or 'tcp'
   */
  readonly portName?: string;

  /**
   * Its versions with their weights, such as `{ v1: 90, v2: 10 }`. `cdk8s-mesh check` warns when the other app says other weights.
   *
   * @default - one part: the pods of all versions alike, whatever their weights
   */
  readonly versions?: { readonly [version: string]: number };

  /**
   * Name of the ServiceAccount that its pods run under, by which it proves who it is. It counts with an `identity`, which both apps must have
   * of the same trust domain.
   *
   * @default - the name of the service
   */
  readonly serviceAccountName?: string;

  /**
   * How it takes callers. It counts with an `identity`.
   *
   * @default - that of the nearest Mesh, or MutualTls.STRICT
   */
  readonly mutualTls?: MutualTls;

  /**
   * How callers discover its pods. With EndpointSlices this app writes a Role into its namespace; with DNS it writes nothing there.
   *
   * @default - that of the nearest Mesh, or Discovery.endpointSlices()
   */
  readonly discovery?: Discovery;
}

const PROPS = {
  ...DESTINATION_OPTIONS, name: true, namespace: true, port: true, portName: true, versions: true, serviceAccountName: true,
  mutualTls: true, discovery: true,
} as const satisfies Record<keyof ImportedServiceProps, true>;

/**
 * A service of the mesh that another app synthesizes. Created by `MeshService.fromName`.
 */
export class ImportedService extends Destination {
  /**
   * Made by `MeshService`.
   *
   * @internal
   */
  public static _of(scope: Construct, id: string, props: ImportedServiceProps): ImportedService {
    return new ImportedService(scope, id, props);
  }

  /**
   * Name of the service.
   */
  public readonly serviceName: string;

  /**
   * Port at which it is called.
   */
  public readonly port: number;

  private readonly namespace: string;
  private readonly portName: string;
  private readonly policies: DestinationPolicies;
  private readonly settings: MeshSettings;

  private constructor(scope: Construct, id: string, private readonly props: ImportedServiceProps) {
    super(scope, id);
    checkKinds(this, props);
    this.serviceName = props.name;
    this.namespace = props.namespace ?? namespaceOf(this);
    this.port = props.port ?? 80;
    this.portName = props.portName ?? defaultPortName(props.protocol);
    this.policies = policiesOf(props);
    this.settings = meshSettings(this, { discovery: props.discovery, mutualTls: props.mutualTls });

    const errors = new ValidationErrors();
    errors.unknownProps(props, PROPS);
    if (errors.name('name', this.serviceName, NAME_RULES.service)) {
      checkReserved(errors, 'name', this.serviceName, this.namespace);
    }
    errors.name('namespace', this.namespace, NAME_RULES.label);
    if (errors.port('port', this.port)) {
      checkPlainPort(errors, 'port', this.port, props.protocol);
    }
    if (errors.name('portName', this.portName, NAME_RULES.label)) {
      checkPlainPortName(errors, 'portName', props.portName, props.protocol);
    }
    checkVersions(errors, props.versions);
    if (props.serviceAccountName !== undefined) {
      errors.name('serviceAccountName', props.serviceAccountName, NAME_RULES.subdomain);
    }
    if (isTcp(props.protocol)) {
      checkTcpProps(errors, '', props);
    }
    checkPolicies(errors, '', this.policies, closesIdleAfterMs(this.settings.limits));
    this.settings.discovery._check(errors, 'discovery');
    checkZones(errors, 'loadBalancing', this.policies.loadBalancing, this.settings.discovery);
    if (this.settings.discovery._source === 'dns' && this.portName !== defaultPortName(props.protocol)) {
      errors.add('discovery', 'Discovery.dns()', `DNS does not tell at which port the sidecars take the requests of '${this.portName}'; use Discovery.endpointSlices()`);
    }
    errors.throwIfAny(this);
    claimHostname(this, this.namespace, this.serviceName, 'name');
    Object.keys(props.versions ?? {}).forEach((version) => new ImportedVersion(this, version, `${this.serviceName}-${version}`));
  }

  /**
   * One of its `versions`, to which routes can send requests.
   *
   * @param name name of the version
   */
  public version(name: string): RouteTarget {
    const found = this.node.tryFindChild(name);
    if (!(found instanceof ImportedVersion)) {
      const known = Object.keys(this.props.versions ?? {});
      throw new Error(`[${this.node.path}] 'version()' is "${name}": ${known.length === 0 ? '\'versions\' names none; add it there with its weight' : `'versions' names ${known.join(', ')}`}`);
    }
    return found;
  }

  /** @internal */
  public get _takesCallers(): boolean {
    return false;
  }

  /**
   * Name of the port, where it may be one beside the service's first, which this app can't know: two ports of one service must not share clusters.
   *
   * @internal
   */
  public get _otherPort(): string | undefined {
    return this.port !== 80 || this.portName !== defaultPortName(this.props.protocol) ? this.portName : undefined;
  }

  /** @internal */
  public _info(): DestinationInfo {
    const { serviceName, namespace, port, portName, settings, policies, props: { versions, serviceAccountName = serviceName } } = this;
    const parts = versions ? Object.entries(versions).map(([version, weight]) => ({ service: { name: `${serviceName}-${version}` }, weight }))
      : [{ service: { name: serviceName }, weight: 1 }];
    return meshedDestination({
      serviceName, namespace, chartNamespace: namespace, port, portName, isOther: this._otherPort !== undefined, settings,
      discovery: settings.discovery, policies,
      identity: workloadIdentity(settings.identity, namespace, serviceAccountName),
      routes: () => this._routes,
      versions: () => parts,
    });
  }
}

/** One version of a service of another app. */
class ImportedVersion extends RouteTarget {
  constructor(private readonly service: ImportedService, id: string, private readonly serviceName: string) {
    super(service, id);
  }

  /** @internal */
  public _destination(): RouteTarget {
    return this.service;
  }

  /** @internal */
  public _cluster(): string | undefined {
    return versionCluster(this.service._info().namespace, this.serviceName, this.service._otherPort);
  }
}

function checkVersions(errors: ValidationErrors, versions: ImportedServiceProps['versions']): void {
  if (versions === undefined) {
    return;
  }
  const entries = Object.entries(versions);
  if (entries.length === 0 || entries.every(([, weight]) => weight === 0)) {
    errors.add('versions', versions, 'no version would get a request; give at least one a weight above 0, or leave it out');
  }
  for (const [version, weight] of entries) {
    errors.name('versions', version, NAME_RULES.label);
    errors.weight(`versions['${version}']`, weight, MAX_WEIGHT);
  }
}

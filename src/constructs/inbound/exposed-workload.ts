/**
 * A workload made elsewhere, as a destination: the Services by which others call it. They are the same two that a version
 * of a `MeshService` has, with the same labels, so that callers and `cdk8s-mesh up` see no difference.
 */
import { ApiObject } from 'cdk8s';
import { Construct, IConstruct } from 'constructs';
import { EndpointSliceDiscovery } from '../../contract';
import { checkPlainPort, checkPlainPortName, defaultPortName } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { DestinationInfo } from '../destinations/destination-info';
import { checkPolicies, DESTINATION_OPTIONS, DestinationOptions, DestinationPolicies, policiesOf } from '../destinations/destination-options';
import { checkReserved } from '../destinations/reserved-names';
import { checkPassThrough, checkTcpProps, isTcp } from '../destinations/tcp-checks';
import { ExternalAuthorization } from '../destinations/external-authorization';
import { Jwt } from '../identity/jwt';
import { checkJwts } from '../identity/jwt-checks';
import * as kplus from '../kubernetes/kplus';
import { Discovery } from '../mesh/discovery';
import { checkKinds } from '../mesh/prop-kinds';
import { closesIdleAfterMs } from '../policies/proxy-quantities';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { ExposedVersion } from './exposed-version';
import { checkTls, tlsPort } from './inbound-tls';
import { checkZones, meshedDestination } from './meshed-destination';
import { publishWeight, serviceForAll, serviceForVersion } from './services';
import { TlsOptions } from './tls-options';
import { checkWeights, MAX_WEIGHT, weightsOf } from './version-weights';
import { WorkloadInfo } from './workload-info';

/**
 * Options of `MeshSidecar.expose`.
 */
export interface ExposeOptions extends DestinationOptions {
  /**
   * Port that callers use.
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
   * TLS for clients outside of the mesh, on a separate port. Callers in the mesh use `port`, without TLS.
   *
   * @default - no TLS
   */
  readonly tls?: TlsOptions;

  /**
   * Issuers of tokens (JWT), 1 to 16. Each request has to carry a good token of one of them, besides being of a declared caller; `allow` of a call
   * can ask for claims. The health checks of callers need none.
   *
   * @default - tokens are not looked at
   */
  readonly jwt?: Jwt[];

  /**
   * A service that is asked about each request that `jwt` and the identity of its caller let pass, before anything of it goes on.
   *
   * @default - none
   */
  readonly externalAuthorization?: ExternalAuthorization;

  /**
   * The Service of the name `serviceName` that there is already, for example of a Helm chart. It stays as it is, so requests of callers outside of
   * the mesh go where its `targetPort` leads: past the sidecar, unless that is the sidecar's port (`proxyPorts.inbound`).
   *
   * @default - a Service is created
   */
  readonly existingService?: IConstruct;

  /**
   * Weight of this workload: its share of the service's requests, relative to those of other versions (`MeshSidecar.exposeAsVersionOf`).
   *
   * @default - what the others leave of 100
   */
  readonly weight?: number;

  /**
   * How callers discover its pods.
   *
   * @default - that of the nearest Mesh, or Discovery.endpointSlices()
   */
  readonly discovery?: Discovery;
}

const OPTIONS = {
  ...DESTINATION_OPTIONS, port: true, portName: true, tls: true, jwt: true, externalAuthorization: true, existingService: true,
  weight: true, discovery: true,
} as const satisfies Record<keyof ExposeOptions, true>;
const VERSION_OPTIONS = { weight: true } as const satisfies Record<keyof ExposedVersionOptions, true>;

/**
 * Options of `MeshSidecar.exposeAsVersionOf`.
 */
export interface ExposedVersionOptions {
  /**
   * Weight of the version: its share of the service's requests, relative to the other versions. A version with weight 0 gets none.
   *
   * @default 0
   */
  readonly weight?: number;
}

/** Everything that a choice of options has, with its defaults. */
interface Resolved {
  readonly port: number;
  readonly portName: string;
  readonly tls?: TlsOptions;
  readonly discovery: Discovery;
  readonly policies: DestinationPolicies;
  readonly jwt?: readonly Jwt[];
  readonly externalAuthorization?: ExternalAuthorization;
  readonly weight?: number;
  /** Whether its Service was made by others. */
  readonly hasService: boolean;
}

/**
 * A workload of your own that can be called. Created by `MeshSidecar.expose`.
 */
export class ExposedWorkload extends Destination {
  /**
   * Made by `MeshSidecar`, which may know of mistakes already.
   *
   * @internal
   */
  public static _of(scope: Construct, errors: ValidationErrors, workload: WorkloadInfo, options: ExposeOptions): ExposedWorkload {
    const { port = 80, portName = defaultPortName(options.protocol), tls, discovery = workload.settings.discovery } = options;
    checkKinds(scope, options, 'expose.');
    errors.unknownProps(options, OPTIONS, 'expose.');
    checkReserved(errors, 'serviceName', workload.serviceName, workload.namespace);
    if (options.existingService !== undefined) {
      checkExisting(errors, workload.serviceName, options);
    }
    if (options.weight !== undefined) {
      errors.weight('expose.weight', options.weight, MAX_WEIGHT);
    }
    if (errors.port('expose.port', port)) {
      checkPlainPort(errors, 'expose.port', port, options.protocol);
    }
    if (errors.name('expose.portName', portName, NAME_RULES.label)) {
      checkPlainPortName(errors, 'expose.portName', options.portName, options.protocol);
    }
    checkPlainPort(errors, 'appPort', workload.appPort, options.protocol);
    checkPlainPortName(errors, 'workload.containers.ports.name', workload.appPortName, options.protocol);
    checkVersionName(errors, workload);
    if (tls !== undefined) {
      checkTls(errors, 'expose.tls', tls, { port, name: portName }, workload.namespace);
      if (tls.nodePort !== undefined) {
        errors.add('expose.tls.nodePort', tls.nodePort, 'the Service of an exposed workload is of the type ClusterIP, which has none; leave it out');
      }
    }
    if (isTcp(options.protocol)) {
      checkTcpProps(errors, 'expose.', options);
      checkPassThrough(errors, 'expose.protocol', options.protocol, workload.settings);
    }
    const policies = policiesOf(options);
    checkPolicies(errors, 'expose.', policies, closesIdleAfterMs(workload.settings.limits));
    if (options.jwt) {
      checkJwts(errors, 'expose.jwt', options.jwt, workload.namespace);
    }
    options.externalAuthorization?._check(errors, 'expose.externalAuthorization');
    discovery._check(errors, 'expose.discovery');
    checkZones(errors, 'expose.loadBalancing', policies.loadBalancing, discovery);
    errors.throwIfAny(scope);
    return new ExposedWorkload(scope, workload, {
      port, portName, tls, discovery, policies, jwt: options.jwt, externalAuthorization: options.externalAuthorization, weight: options.weight,
      hasService: options.existingService !== undefined,
    });
  }

  /**
   * Name of the service, which callers use as its host name.
   */
  public readonly serviceName: string;

  /**
   * Port that callers use.
   */
  public readonly port: number;

  /**
   * The Service that load balancers and callers outside of the mesh use; none when there was one already (`existingService`).
   */
  public readonly service?: kplus.Service;

  private readonly shares: { readonly version: ExposedVersion; readonly weight?: number }[] = [];

  private constructor(scope: Construct, private readonly workload: WorkloadInfo, private readonly options: Resolved) {
    super(scope, 'Exposed');
    this.serviceName = workload.serviceName;
    this.port = options.port;
    const info = {
      serviceName: this.serviceName, namespace: workload.objectNamespace, proxyPorts: workload.settings.proxyPorts,
      ports: [{ port: options.port, name: options.portName }], protocol: options.policies.protocol,
    };
    if (!options.hasService) {
      this.service = serviceForAll(this, 'Service', { ...info, ports: [...info.ports, ...(options.tls ? [tlsPort(options.tls)] : [])] });
    }
    this.addShare(workload, options.weight);
    this.node.addValidation({ validate: () => this.validateWeights() });
  }

  /**
   * Its versions: the workload that was exposed first, and those that were exposed as versions of it.
   */
  public get versions(): ExposedVersion[] {
    return this.shares.map(({ version }) => version);
  }

  /**
   * The headless Service of the first version. Callers in the mesh discover the endpoints from it.
   */
  public get headlessService(): kplus.Service {
    return this.versions[0].service;
  }

  /**
   * Adds another workload, whose sidecar may know of mistakes already.
   *
   * @internal
   */
  public _addVersion(scope: Construct, errors: ValidationErrors, workload: WorkloadInfo, options: ExposedVersionOptions): ExposedVersion {
    checkKinds(scope, options, 'exposeAsVersionOf.');
    errors.unknownProps(options, VERSION_OPTIONS, 'exposeAsVersionOf.');
    if (options.weight !== undefined) {
      errors.weight('exposeAsVersionOf.weight', options.weight, MAX_WEIGHT);
    }
    const { serviceName, workload: { namespace, settings: { proxyPorts } } } = this;
    if (workload.serviceName !== serviceName) {
      errors.add('serviceName', workload.serviceName, `it is a version of '${serviceName}'; give its MeshSidecar that 'serviceName'`);
    }
    if (workload.namespace !== namespace) {
      errors.add('workload.metadata.namespace', workload.namespace, `'${serviceName}' is in namespace '${namespace}', and a Service finds pods of its own only`);
    }
    if (this.versions.some(({ version }) => version === workload.version)) {
      errors.add('version', workload.version, `'${serviceName}' has it already; give the MeshSidecar another 'version'`);
    }
    if (workload.settings.proxyPorts.inbound !== proxyPorts.inbound) {
      errors.add('proxyPorts.inbound', workload.settings.proxyPorts.inbound, `that of the first version is ${proxyPorts.inbound}, and the Service '${serviceName}' leads to one port; use the same`);
    }
    if (this._tls && workload.settings.proxyPorts.inboundTls !== proxyPorts.inboundTls) {
      errors.add('proxyPorts.inboundTls', workload.settings.proxyPorts.inboundTls, `that of the first version is ${proxyPorts.inboundTls}, and the Service '${serviceName}' leads to one port; use the same`);
    }
    checkVersionName(errors, workload);
    errors.throwIfAny(scope);
    return this.addShare(workload, options.weight);
  }

  private addShare(workload: WorkloadInfo, weight: number | undefined): ExposedVersion {
    const { version, identity, namespace, objectNamespace, settings: { proxyPorts } } = workload;
    const { serviceName, options: { port, portName, policies: { protocol } } } = this;
    const made = ExposedVersion._of(this, {
      version, namespace, identity, self: this,
      makeService: (scope) => serviceForVersion(scope, 'HeadlessService', {
        serviceName, version, namespace: objectNamespace, proxyPorts, protocol, ports: [{ port, name: portName }],
      }),
    });
    this.shares.push({ version: made, weight });
    publishWeight(made.service, () => (this.shares.length > 1 ? weightsOf(this.shares)[this.versions.indexOf(made)] : undefined));
    return made;
  }

  private validateWeights(): string[] {
    const errors = new ValidationErrors();
    checkWeights(errors, this.serviceName, this.shares);
    return errors.messages;
  }

  /**
   * How clients from outside come by TLS.
   *
   * @internal
   */
  public get _tls(): TlsOptions | undefined {
    return this.options.tls;
  }

  /**
   * Where the pods of a version are found, however callers find them.
   *
   * @internal
   */
  public _podsOf(version: string): EndpointSliceDiscovery {
    const { workload: { namespace }, options: { portName } } = this;
    return { type: 'endpointSlice', namespace, service: `${this.serviceName}-${version}`, portName };
  }

  /**
   * Who is asked about its requests.
   *
   * @internal
   */
  public get _externalAuthorization(): ExternalAuthorization | undefined { return this.options.externalAuthorization; }

  /** @internal */
  public _info(): DestinationInfo {
    const { workload: { namespace, chartNamespace, settings, identity }, serviceName, port } = this;
    const { portName, discovery, policies, jwt, externalAuthorization } = this.options;
    return meshedDestination({
      serviceName, namespace, chartNamespace, port, portName, settings, identity, discovery, policies, jwt, externalAuthorization,
      routes: () => this._routes,
      versions: () => {
        const weights = this.shares.length === 1 ? [1] : weightsOf(this.shares);
        return this.versions.map(({ service, _identity }, index) => ({ service, weight: weights[index], identity: _identity }));
      },
    });
  }
}

mark(ExposedWorkload);

/** What keeps a workload from being exposed. The caller adds to it, and throws. @param isOfService it is that of a MeshService */
export function checkExposable(
  method: string, { serviceName, appPort }: Pick<WorkloadInfo, 'serviceName' | 'appPort'>, isOfService: boolean, isExposed: boolean,
): ValidationErrors {
  const errors = new ValidationErrors();
  if (isOfService) {
    errors.add(method, serviceName, 'this is the sidecar of a MeshService, which can be called itself');
  } else if (isExposed) {
    errors.add(method, serviceName, 'it is exposed already; give what the first expose() returned to all that call it');
  } else if (appPort === undefined) {
    errors.add('appPort', appPort, 'a workload that takes no requests can\'t be exposed; name the port that its app listens on');
  }
  return errors;
}

/** The name of a version's Service is that of its service and its own. */
function checkVersionName(errors: ValidationErrors, { serviceName, version }: WorkloadInfo): void {
  const headless = `${serviceName}-${version}`;
  const { longest } = NAME_RULES.service;
  if (headless.length > longest) {
    errors.add('serviceName', serviceName, `with the version '${version}', its Service '${headless}' has ${headless.length} characters, `
      + `and may have ${longest}: shorten 'serviceName' or 'version' by ${headless.length - longest}`);
  }
}

/** The Service that callers outside of the mesh go on using. */
function checkExisting(errors: ValidationErrors, serviceName: string, { existingService, tls }: ExposeOptions): void {
  const object = Construct.isConstruct(existingService) && existingService.node.findAll().find((each) => ApiObject.isApiObject(each));
  if (!object || !ApiObject.isApiObject(object) || object.kind !== 'Service') {
    errors.add('expose.existingService', Construct.isConstruct(existingService) ? existingService.node.path : existingService, 'give a Service, of cdk8s-plus or as an ApiObject');
  } else if (object.name !== serviceName) {
    errors.add('expose.existingService', object.name, `callers call '${serviceName}'; give the Service of that name, or the MeshSidecar 'serviceName: "${object.name}"'`);
  }
  if (tls !== undefined) {
    errors.add('expose.tls', tls.secret.name, 'an existing Service stays as it is and gets no port for it; leave out one of the two');
  }
}

/**
 * A workload made elsewhere, as a destination: the Services by which others call it. They are the same two that a version
 * of a `MeshService` has, with the same labels, so that callers and `cdk8s-mesh up` see no difference.
 */
import { Construct } from 'constructs';
import { EndpointSliceDiscovery } from '../../contract';
import { checkPlainPort, checkPlainPortName, defaultPortName } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { DestinationInfo } from '../destinations/destination-info';
import { checkPolicies, DESTINATION_OPTIONS, DestinationOptions, DestinationPolicies, policiesOf } from '../destinations/destination-options';
import { checkReserved } from '../destinations/reserved-names';
import { Jwt } from '../identity/jwt';
import { checkJwts } from '../identity/jwt-checks';
import { WorkloadIdentity } from '../identity/workload-identity';
import * as kplus from '../kubernetes/kplus';
import { Discovery } from '../mesh/discovery';
import { MeshSettings } from '../mesh/mesh-settings';
import { checkKinds } from '../mesh/prop-kinds';
import { closesIdleAfterMs } from '../policies/proxy-quantities';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { checkTls, tlsPort } from './inbound-tls';
import { checkZones, meshedDestination } from './meshed-destination';
import { serviceForAll, serviceForVersion } from './services';
import { TlsOptions } from './tls-options';

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
   * @default - that of the protocol: 'http', 'http2' or 'grpc'
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
   * How callers discover its pods.
   *
   * @default - that of the nearest Mesh, or Discovery.endpointSlices()
   */
  readonly discovery?: Discovery;
}

const OPTIONS = {
  ...DESTINATION_OPTIONS, port: true, portName: true, tls: true, jwt: true, discovery: true,
} as const satisfies Record<keyof ExposeOptions, true>;

/** What its sidecar knows of a workload. */
interface WorkloadInfo {
  readonly serviceName: string;
  readonly version: string;
  /** Port of the app. */
  readonly appPort?: number;
  /** Name that a container gives that port. */
  readonly appPortName?: string;
  readonly namespace: string;
  /** Namespace that the workload's objects name; absent when they name none. */
  readonly chartNamespace?: string;
  /** Namespace to write into objects beside the sidecar. */
  readonly objectNamespace?: string;
  readonly settings: MeshSettings;
  readonly identity?: WorkloadIdentity;
}

/** Everything that a choice of options has, with its defaults. */
interface Resolved {
  readonly port: number;
  readonly portName: string;
  readonly tls?: TlsOptions;
  readonly discovery: Discovery;
  readonly policies: DestinationPolicies;
  readonly jwt?: readonly Jwt[];
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
    if (errors.port('expose.port', port)) {
      checkPlainPort(errors, 'expose.port', port, options.protocol);
    }
    if (errors.name('expose.portName', portName, NAME_RULES.label)) {
      checkPlainPortName(errors, 'expose.portName', options.portName, options.protocol);
    }
    checkPlainPort(errors, 'appPort', workload.appPort, options.protocol);
    checkPlainPortName(errors, 'workload.containers.ports.name', workload.appPortName, options.protocol);
    const headless = `${workload.serviceName}-${workload.version}`;
    if (headless.length > NAME_RULES.service.longest) {
      errors.add('serviceName', workload.serviceName, `with the version '${workload.version}', its Service '${headless}' has ${headless.length} characters, `
        + `and may have ${NAME_RULES.service.longest}: shorten 'serviceName' or 'version' by ${headless.length - NAME_RULES.service.longest}`);
    }
    if (tls !== undefined) {
      checkTls(errors, 'expose.tls', tls, { port, name: portName }, workload.namespace);
      if (tls.nodePort !== undefined) {
        errors.add('expose.tls.nodePort', tls.nodePort, 'the Service of an exposed workload is of the type ClusterIP, which has none; leave it out');
      }
    }
    const policies = policiesOf(options);
    checkPolicies(errors, 'expose.', policies, closesIdleAfterMs(workload.settings.limits));
    if (options.jwt) {
      checkJwts(errors, 'expose.jwt', options.jwt, workload.namespace);
    }
    discovery._check(errors, 'expose.discovery');
    checkZones(errors, 'expose.loadBalancing', policies.loadBalancing, discovery);
    errors.throwIfAny(scope);
    return new ExposedWorkload(scope, workload, { port, portName, tls, discovery, policies, jwt: options.jwt });
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
   * The Service that load balancers and callers outside of the mesh use.
   */
  public readonly service: kplus.Service;

  /**
   * The headless Service. Callers in the mesh discover the endpoints from it.
   */
  public readonly headlessService: kplus.Service;

  private constructor(scope: Construct, private readonly workload: WorkloadInfo, private readonly options: Resolved) {
    super(scope, 'Exposed');
    this.serviceName = workload.serviceName;
    this.port = options.port;
    const info = {
      serviceName: this.serviceName, namespace: workload.objectNamespace, proxyPorts: workload.settings.proxyPorts,
      ports: [{ port: options.port, name: options.portName }], protocol: options.policies.protocol,
    };
    this.service = serviceForAll(this, 'Service', { ...info, ports: [...info.ports, ...(options.tls ? [tlsPort(options.tls)] : [])] });
    this.headlessService = serviceForVersion(this, 'HeadlessService', { ...info, version: workload.version });
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
   * Where its pods are found, however callers find them.
   *
   * @internal
   */
  public get _pods(): EndpointSliceDiscovery {
    const { workload: { namespace }, options: { portName } } = this;
    return { type: 'endpointSlice', namespace, service: this.headlessService.name, portName };
  }

  /** @internal */
  public _info(): DestinationInfo {
    const { workload: { namespace, chartNamespace, settings, identity }, options: { portName, discovery, policies, jwt }, serviceName, port } = this;
    return meshedDestination({
      serviceName, namespace, chartNamespace, port, portName, settings, identity, discovery, policies, jwt,
      routes: () => this._routes,
      versions: () => [{ service: this.headlessService, weight: 1 }],
    });
  }
}

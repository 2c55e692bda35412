/**
 * A port of a service beside its first one, as a destination: apps call it by the same names at another port, and callers declare it by itself, so
 * that each port has its own policies and lets in its own callers.
 */
import { Construct } from 'constructs';
import { checkPlainPort, checkPlainPortName, factsOf } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { DestinationInfo } from '../destinations/destination-info';
import { checkPolicies, DESTINATION_OPTIONS, DestinationOptions, DestinationPolicies, policiesOf } from '../destinations/destination-options';
import { checkPassThrough, checkTcpProps, isTcp } from '../destinations/tcp-checks';
import { InboundPort } from '../inbound/inbound-ports';
import { MeshSettings } from '../mesh/mesh-settings';
import { checkKinds } from '../mesh/prop-kinds';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';

/**
 * Options of `MeshService.addPort`. Options for callers that are left out are those of the service, but for `protocol`.
 */
export interface ServicePortOptions extends DestinationOptions {
  /**
   * Port that callers use.
   */
  readonly port: number;

  /**
   * Port that the app listens on.
   *
   * @default - `port`
   */
  readonly targetPort?: number;

  /**
   * Port of the sidecar for the requests of this port, 1024 to 65535. When it changes, requests fail until all pods have it.
   *
   * @default - 15101 for the first port that is added, 15102 for the second, and so on
   */
  readonly proxyPort?: number;
}

const OPTIONS = { ...DESTINATION_OPTIONS, port: true, targetPort: true, proxyPort: true } as const satisfies Record<keyof ServicePortOptions, true>;

/** The first port of sidecars for ports that are added. */
const FIRST_PROXY_PORT = 15_101;
const FIRST_UNPRIVILEGED_PORT = 1_024;

/** What its service decides for a port. */
interface PortContext {
  readonly serviceName: string;
  /** Where its sidecars have health and metrics. */
  readonly pagePorts: readonly number[];
  /** How its sidecars let callers in. */
  readonly settings: Pick<MeshSettings, 'identity' | 'mutualTls'>;
  /** What callers do where the port says nothing. */
  readonly options: DestinationOptions;
  readonly closesIdleAfterMs: number;
  /** How many ports were added before. */
  readonly added: number;
  /** Ports and names that are taken, by what has them. */
  readonly others: readonly { readonly port: number; readonly name: string; readonly proxyPort: number }[];
  /** The port as callers see it. */
  info(port: ServicePort, policies: DestinationPolicies): DestinationInfo;
}

/**
 * A port of a `MeshService` beside its first one. Created by `MeshService.addPort`.
 */
export class ServicePort extends Destination {
  /**
   * Made by `MeshService`.
   *
   * @internal
   */
  public static _of(scope: Construct, name: string, options: ServicePortOptions, context: PortContext): ServicePort {
    const prefix = `addPort(${name}).`;
    checkKinds(scope, options, prefix);
    const errors = new ValidationErrors();
    errors.unknownProps(options, OPTIONS, prefix);
    const { port, targetPort = port, proxyPort = FIRST_PROXY_PORT + context.added, protocol } = options;
    if (errors.name('addPort()', name, NAME_RULES.label)) {
      checkPlainPortName(errors, 'addPort()', name, protocol);
    }
    if (errors.port(`${prefix}port`, port)) {
      checkPlainPort(errors, `${prefix}port`, port, protocol);
    }
    if (targetPort !== port) {
      errors.port(`${prefix}targetPort`, targetPort);
    }
    errors.wholeNumber(`${prefix}proxyPort`, proxyPort, FIRST_UNPRIVILEGED_PORT, 65_535);
    for (const other of context.others) {
      if (other.name === name) errors.add('addPort()', name, `'${context.serviceName}' has a port of this name; choose another`);
      if (other.port === port) errors.add(`${prefix}port`, port, `'${context.serviceName}' is called at it already, as '${other.name}'; choose another`);
      if (other.proxyPort === proxyPort) errors.add(`${prefix}proxyPort`, proxyPort, `the sidecar takes the requests of '${other.name}' there; choose another`);
    }
    if (context.pagePorts.includes(proxyPort)) {
      errors.add(`${prefix}proxyPort`, proxyPort, 'the sidecar takes this port for health and metrics; choose another');
    }
    // What looks at requests is nothing for a port of TCP, and the times of connections nothing for another. A health check is of one protocol.
    const inherits = isTcp(protocol) === isTcp(context.options.protocol);
    const healthCheck = factsOf(protocol) === factsOf(context.options.protocol) ? context.options.healthCheck : undefined;
    const policies = policiesOf({ ...(inherits ? { ...context.options, healthCheck, protocol: undefined } : {}), ...options });
    if (isTcp(protocol)) {
      checkTcpProps(errors, prefix, options);
      checkPassThrough(errors, `${prefix}protocol`, protocol, context.settings);
    }
    checkPolicies(errors, prefix, policies, context.closesIdleAfterMs);
    errors.throwIfAny(scope);
    return new ServicePort(scope, name, { ...options, targetPort, proxyPort }, policies, context);
  }

  /**
   * Name of the port in the Services.
   */
  public readonly portName: string;

  /**
   * Port at which it is called.
   */
  public readonly port: number;

  private constructor(
    scope: Construct, name: string, private readonly options: Required<Pick<ServicePortOptions, 'port' | 'targetPort' | 'proxyPort'>> & ServicePortOptions,
    private readonly policies: DestinationPolicies, private readonly context: PortContext,
  ) {
    super(scope, `Port-${name}`);
    this.portName = name;
    this.port = options.port;
  }

  /**
   * The port as sidecars take it.
   *
   * @internal
   */
  public get _inbound(): InboundPort {
    const { port, targetPort, proxyPort, protocol } = this.options;
    return { name: this.portName, port, targetPort, proxyPort, protocol, called: this };
  }

  /** @internal */
  public _info(): DestinationInfo {
    return this.context.info(this, this.policies);
  }
}

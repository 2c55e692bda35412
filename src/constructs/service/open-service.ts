/** The Services of a mesh service that callers outside of the mesh use: its own, and others for the same pods. */
import { Construct } from 'constructs';
import { CalledPorts, serviceForAll } from '../inbound/services';
import * as kplus from '../kubernetes/kplus';
import { setInServiceSpec } from '../kubernetes/patches';
import { SERVICE_OPTIONS, ServiceOptions } from '../kubernetes/service-options';
import { ServiceType } from '../kubernetes/service-type';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';

/**
 * Options of `MeshService.expose`.
 */
export interface ExposeServiceOptions extends ServiceOptions {
  /**
   * Port of the Service.
   *
   * @default - that of the service
   */
  readonly port?: number;
}

const OPTIONS = { ...SERVICE_OPTIONS, port: true } as const satisfies Record<keyof ExposeServiceOptions, true>;

/** Makes a Service for all versions. */
export function openService(scope: Construct, id: string, info: CalledPorts, name: string, options: ServiceOptions): kplus.Service {
  const type = options.type ?? ServiceType.CLUSTER_IP;
  const service = serviceForAll(scope, id, info, {
    metadata: { name, annotations: { ...options.serviceAnnotations } },
    type: type === ServiceType.HEADLESS ? kplus.ServiceType.CLUSTER_IP : type as unknown as kplus.ServiceType,
    clusterIP: type === ServiceType.HEADLESS ? 'None' : undefined,
    loadBalancerSourceRanges: options.loadBalancerSourceRanges,
  });
  setInServiceSpec(service, {
    externalTrafficPolicy: options.externalTrafficPolicy,
    internalTrafficPolicy: options.internalTrafficPolicy,
    ...options.sessionAffinity?._toKube(),
  });
  return service;
}

/** Checks what a Service beside the first one has of its own. */
export function checkExposedService(errors: ValidationErrors, name: string, options: ExposeServiceOptions, serviceName: string): void {
  errors.unknownProps(options, OPTIONS, `expose(${name}).`);
  if (errors.name('expose()', name, NAME_RULES.service) && name === serviceName) {
    errors.add('expose()', name, 'this is the name of the service, which has its Service already; choose another, or set its \'type\' in the props of the MeshService');
  }
  if (options.port !== undefined) {
    errors.port(`expose(${name}).port`, options.port);
  }
}

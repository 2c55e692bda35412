/** What can be said of the Service of a service together. */
import { TlsOptions } from '../inbound/tls-options';
import { ServiceOptions } from '../kubernetes/service-options';
import { ServiceType } from '../kubernetes/service-type';
import { MeshSettings } from '../mesh/mesh-settings';
import { ValidationErrors } from '../props/validation-errors';

/** Whether clients from outside of the cluster come to the Service. */
export function isExternal({ type }: ServiceOptions): boolean {
  return type === ServiceType.NODE_PORT || type === ServiceType.LOAD_BALANCER;
}

/** Clients of a node's port or a load balancer have no identity. */
export function checkOutsideCallers(
  errors: ValidationErrors, prefix: string, props: ServiceOptions, tls: TlsOptions | undefined, { identity, mutualTls }: MeshSettings,
): void {
  if (isExternal(props) && !tls && !identity._isNone && !mutualTls._takesPlain) {
    errors.add(`${prefix}type`, props.type, 'clients from outside have no identity, and MutualTls.STRICT refuses them; use a Gateway, \'tls\', or MutualTls.STRICT.allowPlain() with their networks');
  }
}

/** Props that only some types of Service have. */
export function checkServiceType(errors: ValidationErrors, prefix: string, props: ServiceOptions, tls: TlsOptions | undefined): void {
  const type = props.type ?? ServiceType.CLUSTER_IP;
  const external = type === ServiceType.NODE_PORT || type === ServiceType.LOAD_BALANCER;
  for (const [prop, nodePort] of Object.entries({ [`${prefix}nodePort`]: props.nodePort, ...(prefix === '' && { 'tls.nodePort': tls?.nodePort }) })) {
    if (nodePort !== undefined && errors.port(prop, nodePort) && !external) {
      errors.add(prop, nodePort, `a Service of type ${type} has none; use the type NODE_PORT or LOAD_BALANCER, or leave it out`);
    }
  }
  if (props.externalTrafficPolicy !== undefined && !external) {
    errors.add(`${prefix}externalTrafficPolicy`, props.externalTrafficPolicy, `a Service of type ${type} takes nothing from outside; use the type NODE_PORT or LOAD_BALANCER, or leave it out`);
  }
  if (props.loadBalancerSourceRanges !== undefined && type !== ServiceType.LOAD_BALANCER) {
    errors.add(`${prefix}loadBalancerSourceRanges`, props.loadBalancerSourceRanges, `a Service of type ${type} has no load balancer; use the type LOAD_BALANCER, or leave it out`);
  }
  props.sessionAffinity?._check(errors, `${prefix}sessionAffinity`);
  if (type === ServiceType.HEADLESS) {
    for (const prop of ['sessionAffinity', 'internalTrafficPolicy'] as const) {
      if (props[prop] !== undefined) {
        errors.add(`${prefix}${prop}`, props[prop], 'a headless Service has no virtual address for it to work on; choose another type, or leave it out');
      }
    }
  }
}

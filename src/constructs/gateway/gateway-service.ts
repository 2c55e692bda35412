/** The Service by which clients reach a gateway, and what can be wrong with it. */
import { Construct } from 'constructs';
import { AppProtocol, defaultPortName, factsOf } from '../destinations/app-protocol';
import { isTls } from '../destinations/tcp-checks';
import { servingLabels } from '../inbound/services';
import * as kplus from '../kubernetes/kplus';
import { writeLean } from '../kubernetes/lean-manifest';
import { declareProtocols, setInServiceSpec } from '../kubernetes/patches';
import { ServiceType, TrafficPolicy } from '../kubernetes/service-type';
import { ProxyPorts } from '../mesh/proxy-ports';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { GatewayProps, GatewayServiceProps } from './gateway-props';

/** Version of all gateways: there is one Deployment of each. */
export const GATEWAY_VERSION = 'v1';

const HTTPS_PORT = 'https';

/** Name of the port without TLS. */
export function plainPortName({ protocol }: Pick<GatewayProps, 'protocol'>): string {
  return defaultPortName(protocol);
}

/** The longest name of a class: those of load balancers are qualified names. */
const CLASS = NAME_RULES.qualified;

/** The ports with their defaults. */
export function portsOf({ protocol, port = isTls(protocol) ? 443 : 80, httpsPort = 443 }: GatewayServiceProps & Pick<GatewayProps, 'protocol'>): { readonly port: number; readonly httpsPort: number } {
  return { port, httpsPort };
}

export function isExternal({ type = ServiceType.LOAD_BALANCER }: GatewayServiceProps): boolean {
  return type === ServiceType.LOAD_BALANCER || type === ServiceType.NODE_PORT;
}

/** What a Service is made of. */
interface ServiceInfo {
  readonly name: string;
  readonly proxyPorts: Required<ProxyPorts>;
  readonly hasTls: boolean;
}

export function gatewayService(scope: Construct, id: string, { name, proxyPorts, hasTls }: ServiceInfo, props: GatewayProps): kplus.Service {
  const { port, httpsPort } = portsOf(props);
  const type = props.type ?? ServiceType.LOAD_BALANCER;
  const service = new kplus.Service(scope, id, {
    metadata: { name, annotations: { ...props.serviceAnnotations } },
    type: type as unknown as kplus.ServiceType,
    loadBalancerSourceRanges: props.loadBalancerSourceRanges,
    ports: [
      { port, name: plainPortName(props), targetPort: proxyPorts.inbound, nodePort: props.nodePort },
      ...(hasTls ? [{ port: httpsPort, name: HTTPS_PORT, targetPort: proxyPorts.inboundTls, nodePort: props.httpsNodePort }] : []),
    ],
  });
  Object.entries(servingLabels(name, GATEWAY_VERSION)).forEach(([key, value]) => service.selectLabel(key, value));
  declareProtocols(service, [factsOf(props.protocol).appProtocol, ...(hasTls ? [HTTPS_PORT] : [])]);
  setInServiceSpec(service, {
    externalTrafficPolicy: props.externalTrafficPolicy ?? (isExternal(props) ? TrafficPolicy.LOCAL : undefined),
    loadBalancerClass: props.loadBalancerClass,
  });
  writeLean(service);
  return service;
}

/** The protocol of clients without TLS. */
export function checkProtocol(errors: ValidationErrors, props: GatewayProps): void {
  const { protocol, httpsRedirect } = props;
  if (protocol === undefined || protocol === AppProtocol.HTTP) {
    return;
  }
  if (protocol === AppProtocol.TCP) {
    errors.add('protocol', protocol, 'a gateway sends requests by their host and path, which TCP has none of; give the service a Service of the type LOAD_BALANCER, '
      + 'or, if its clients speak TLS, use AppProtocol.TLS');
  } else if (protocol === AppProtocol.TLS) {
    checkTlsGateway(errors, props);
  } else if (!Object.values(AppProtocol).includes(protocol)) {
    errors.add('protocol', protocol, 'use AppProtocol.HTTP, HTTP2, GRPC or TLS');
  } else if (httpsRedirect) {
    errors.add('httpsRedirect', httpsRedirect, `clients of ${factsOf(protocol).title} without TLS don't follow redirects; leave it out, or leave out 'protocol': by TLS, clients can speak HTTP/2 anyway`);
  }
}

/** What needs a request, and what ends TLS. */
const OF_REQUESTS = [
  'tls', 'minimumTlsVersion', 'httpsRedirect', 'hsts', 'forwarded', 'jwt', 'allow', 'authorization', 'externalAuthorization', 'cors', 'errorPages',
  'encodedSlashes', 'mergeSlashes', 'slo',
] as const satisfies readonly (keyof GatewayProps)[];

function checkTlsGateway(errors: ValidationErrors, props: GatewayProps): void {
  for (const prop of OF_REQUESTS) {
    const value = props[prop];
    if (value !== undefined) {
      errors.add(prop, typeof value === 'object' ? {} : value, 'with AppProtocol.TLS, clients\' TLS passes through, and the gateway reads nothing but the host name; leave it out, '
        + 'or use another gateway');
    }
  }
  if (props.clients?.rateLimit !== undefined) {
    errors.add('clients.rateLimit', {}, 'it counts requests, which TLS hides; use \'maxConnections\'');
  }
}

/** Props that only some types of Service have, and ports that clash. */
export function checkService(errors: ValidationErrors, props: GatewayServiceProps & Pick<GatewayProps, 'protocol'>, hasTls: boolean): void {
  const { type = ServiceType.LOAD_BALANCER, nodePort, httpsNodePort, externalTrafficPolicy, loadBalancerClass, loadBalancerSourceRanges } = props;
  const { port, httpsPort } = portsOf(props);
  if (type === ServiceType.HEADLESS) {
    errors.add('type', type, 'clients from outside need an address; use LOAD_BALANCER, NODE_PORT or CLUSTER_IP');
  }
  const sound = [errors.port('port', port), errors.port('httpsPort', httpsPort)].every(Boolean);
  if (sound && port === httpsPort && !isTls(props.protocol)) {
    errors.add('httpsPort', httpsPort, '\'port\' is the same; give HTTP and HTTPS a port each');
  }
  for (const [prop, value] of [['httpsPort', props.httpsPort], ['httpsNodePort', httpsNodePort]] as const) {
    if (value !== undefined && !hasTls) {
      errors.add(prop, value, 'there is no HTTPS without a certificate; give one with \'tls\', or leave this out');
    }
  }
  for (const [prop, value] of [['nodePort', nodePort], ['httpsNodePort', httpsNodePort]] as const) {
    if (value !== undefined && errors.port(prop, value) && !isExternal(props)) {
      errors.add(prop, value, `a Service of type ${type} has none; use the type NODE_PORT or LOAD_BALANCER, or leave it out`);
    }
  }
  if (nodePort !== undefined && nodePort === httpsNodePort) {
    errors.add('httpsNodePort', httpsNodePort, '\'nodePort\' is the same; give HTTP and HTTPS a port each');
  }
  if (externalTrafficPolicy !== undefined && !isExternal(props)) {
    errors.add('externalTrafficPolicy', externalTrafficPolicy, `a Service of type ${type} takes nothing from outside; use the type NODE_PORT or LOAD_BALANCER, or leave it out`);
  }
  if (loadBalancerClass !== undefined) {
    errors.name('loadBalancerClass', loadBalancerClass, CLASS);
  }
  for (const [prop, value] of [['loadBalancerClass', loadBalancerClass], ['loadBalancerSourceRanges', loadBalancerSourceRanges]] as const) {
    if (value !== undefined && type !== ServiceType.LOAD_BALANCER) {
      errors.add(prop, value, `a Service of type ${type} has no load balancer; use the type LOAD_BALANCER, or leave it out`);
    }
  }
}

/** What a Gateway of the standard channel can't say of a gateway. What runs it (pods, limits of memory, logs) is the implementation's own. */
import { isTls } from '../destinations/tcp-checks';
import { GATEWAY_PROPS, GatewayProps } from '../gateway/gateway-props';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { Route } from '../routes/route';
import { checkCors, checkRoute, countMatches, MOST_MATCHES, MOST_RULES } from './export-checks';
import { GatewayExportOptions } from './gateway-export-options';
import { listeners, MOST_LISTENERS } from './gateway-listeners';

const PROP = 'GatewayApi.exportGateway';
const OPTIONS = { gatewayClassName: true, ignoreUnsupported: true } as const satisfies Record<keyof GatewayExportOptions, true>;

/** Props that change what clients get, and that it can't express. */
const UNSUPPORTED = [
  'type', 'nodePort', 'httpsNodePort', 'externalTrafficPolicy', 'loadBalancerClass', 'loadBalancerSourceRanges', 'serviceAnnotations',
  'minimumTlsVersion', 'hsts', 'forwarded', 'proxyProtocol', 'clients', 'errorPages', 'encodedSlashes', 'mergeSlashes', 'limits', 'identity',
  'jwt', 'allow', 'externalAuthorization',
] as const satisfies readonly (keyof GatewayProps)[];

/** Checks the options by themselves. */
export function checkOptions(errors: ValidationErrors, options: GatewayExportOptions): void {
  errors.unknownProps(options, OPTIONS, `${PROP}.`);
  errors.name(`${PROP}.gatewayClassName`, options.gatewayClassName, NAME_RULES.subdomain);
  const { ignoreUnsupported: ignored = [] } = options;
  if (!Array.isArray(ignored)) {
    errors.add(`${PROP}.ignoreUnsupported`, ignored, 'list names of props of the gateway, such as [\'clients\']');
    return;
  }
  for (const prop of ignored.filter((each) => !Object.hasOwn(GATEWAY_PROPS, each))) {
    errors.add(`${PROP}.ignoreUnsupported`, prop, 'a gateway has no such prop; use the names of its props, such as \'clients\'');
  }
}

/** Everything that can't be expressed there. */
export function checkGateway(
  errors: ValidationErrors, props: GatewayProps, routes: ReadonlyMap<string, readonly Route[]>, ignored: readonly string[] = [],
): void {
  if (isTls(props.protocol)) {
    errors.add(PROP, props.protocol, 'TLS that passes through needs a TLSRoute, which the standard channel of the Gateway API (v1.4) has none of; write that by hand');
    return;
  }
  const unsaid = [...UNSUPPORTED.filter((prop) => props[prop] !== undefined), ...(props.httpsRedirect && !props.tls ? ['httpsRedirect'] : [])];
  for (const prop of unsaid.filter((each) => !ignored.includes(each))) {
    errors.add(PROP, prop, 'the standard channel of the Gateway API (v1.4) can\'t express this prop; tell the implementation in its own way, and name it in \'ignoreUnsupported\'');
  }
  checkCors(errors, PROP, props.cors);
  const count = listeners([...routes.keys()], props).length;
  if (count > MOST_LISTENERS) {
    errors.add(PROP, count, `a Gateway has at most ${MOST_LISTENERS} listeners, and each host takes one for HTTPS, and one for HTTP unless that is redirected; use several gateways`);
  }
  for (const [host, ofHost] of routes) {
    ofHost.forEach((route) => checkRoute(errors, route));
    if (ofHost.length > MOST_RULES || countMatches(ofHost) > MOST_MATCHES) {
      errors.add(PROP, host, `a route of the Gateway API has at most ${MOST_RULES} rules and ${MOST_MATCHES} alternatives, and this host has more; use fewer routes`);
    }
  }
}

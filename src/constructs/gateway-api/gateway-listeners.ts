/**
 * The listeners of a Gateway: one for each host and protocol. Requests that no route of their host takes get 404 and not a route of a host with a
 * wildcard: that is what the isolation of listeners is for.
 */
import { certificatesFor } from '../gateway/certificate-checks';
import { redirectsToHttps } from '../gateway/edge-config';
import { GatewayProps } from '../gateway/gateway-props';
import { ANY_HOST } from '../gateway/route-checks';
import { Part } from './http-route';

/** Most listeners of a Gateway. */
export const MOST_LISTENERS = 64;
/** The listener of requests that are redirected. */
export const REDIRECTED = 'http';

/** Whether there is something to redirect to. */
export function redirects(props: GatewayProps): boolean {
  return props.tls !== undefined && redirectsToHttps(props);
}

/** Names of the listeners of a host. */
export function listenersOf(host: string, props: GatewayProps): string[] {
  return [...(redirects(props) ? [] : [`http${suffixOf(host)}`]), ...(props.tls ? [`https${suffixOf(host)}`] : [])];
}

/** Every listener. */
export function listeners(hosts: readonly string[], props: GatewayProps): Part[] {
  const { tls, port = 80, httpsPort = 443 } = props;
  const plain = redirects(props) ? [{ name: REDIRECTED, protocol: 'HTTP', port }]
    : hosts.map((host) => ({ name: `http${suffixOf(host)}`, protocol: 'HTTP', port, ...hostnameOf(host) }));
  const secured = !tls ? [] : hosts.map((host) => ({
    name: `https${suffixOf(host)}`,
    protocol: 'HTTPS',
    port: httpsPort,
    ...hostnameOf(host),
    tls: { mode: 'Terminate', certificateRefs: certificatesFor(host, tls).map(({ _secretName: name }) => ({ kind: 'Secret', name })) },
  }));
  return [...plain, ...secured];
}

/** What a host adds to names of objects and listeners. No two hosts add the same: a host by itself follows a dot, the others a dash. */
export function suffixOf(host: string): string {
  return host === ANY_HOST ? '-any' : host.startsWith('*.') ? `-below${host.slice(1)}` : `.${host}`;
}

function hostnameOf(host: string): Part {
  return host === ANY_HOST ? {} : { hostname: host };
}

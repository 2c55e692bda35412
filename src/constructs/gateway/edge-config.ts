/** What the listeners of a gateway have of the edge. What a default says already is left out. */
import {
  BrowserConfig, CertificateConfig, ClientsConfig, DEFAULT_ERROR_PAGE, DEFAULT_FORWARDED, DEFAULT_HSTS,
  DEFAULT_HTTPS_REDIRECT, DEFAULT_TLS, EdgeConfig, ForwardedConfig, TLS_DIR, TlsConfig,
} from '../../contract';
import { factsOf } from '../destinations/app-protocol';
import { toConfig } from '../props/quantities';
import { corsConfig } from '../routes/cors';
import { ErrorPage, HstsOptions } from './browser-options';
import { ClientOptions, ForwardedOptions } from './client-options';
import { CLIENT_QUANTITIES, FORWARDED_QUANTITIES } from './edge-quantities';
import { GatewayCertificate } from './gateway-certificate';
import { GatewayProps } from './gateway-props';

const DAY_SECONDS = 86_400;
/** Of `hsts`, when nothing is said: what lists of browsers ask for. */
export const DEFAULT_HSTS_SECONDS = 365 * DAY_SECONDS;

/** Whether requests by HTTP are redirected. */
export function redirectsToHttps({ httpsRedirect, tls, protocol }: GatewayProps): boolean {
  return httpsRedirect ?? (tls !== undefined && factsOf(protocol).wire === undefined);
}

/** What both listeners have. */
export function edgeConfig(props: GatewayProps): EdgeConfig {
  const { forwarded, proxyProtocol, clients, cors, errorPages } = props;
  return {
    forwarded: forwardedConfig(forwarded),
    ...(proxyProtocol && { proxyProtocol: { from: [...proxyProtocol.from] } }),
    ...(clients && { clients: clientsConfig(clients) }),
    ...(cors && { cors: corsConfig(cors) }),
    ...(errorPages && errorPages.length > 0 && { errorPages: errorPages.map(errorPageConfig) }),
  };
}

/** What the listener for HTTP has besides. Without TLS, a trusted proxy may speak it to browsers. */
export function plainConfig(props: GatewayProps): BrowserConfig {
  const port = props.httpsPort ?? DEFAULT_HTTPS_REDIRECT.port;
  return {
    ...(redirectsToHttps(props) && { httpsRedirect: port === DEFAULT_HTTPS_REDIRECT.port ? {} : { port } }),
    ...(props.hsts && hasTrustedHops(props) && { hsts: hstsConfig(props.hsts) }),
  };
}

/** What the listener for HTTPS has besides. */
export function tlsConfig({ tls = [], minimumTlsVersion, hsts }: GatewayProps): BrowserConfig & { readonly tls: TlsConfig } {
  return {
    tls: {
      certificates: tls.map(certificateConfig),
      ...(minimumTlsVersion !== undefined && minimumTlsVersion !== DEFAULT_TLS.minimumVersion && { minimumVersion: minimumTlsVersion as TlsConfig['minimumVersion'] }),
    },
    ...(hsts && { hsts: hstsConfig(hsts) }),
  };
}

/** Where the proxy finds what a Secret holds. */
export function certificateFolder(secret: string): string {
  return `${TLS_DIR}/${secret}`;
}

/** Whether a proxy in front is trusted. */
export function hasTrustedHops({ forwarded }: GatewayProps): boolean {
  return (forwarded?.trustedHops ?? 0) > 0;
}

function certificateConfig({ _secretName, _options: { hosts } }: GatewayCertificate): CertificateConfig {
  const folder = certificateFolder(_secretName);
  return { certificateFile: `${folder}/tls.crt`, keyFile: `${folder}/tls.key`, ...(hosts && { hosts: [...hosts] }) };
}

function forwardedConfig({ xForwardedFor, rfc7239, ...numbers }: ForwardedOptions = {}): ForwardedConfig {
  const { trustedHops = DEFAULT_FORWARDED.trustedHops } = toConfig<typeof numbers, ForwardedConfig>(numbers, FORWARDED_QUANTITIES);
  return {
    ...(trustedHops !== DEFAULT_FORWARDED.trustedHops && { trustedHops }),
    ...(xForwardedFor !== undefined && (xForwardedFor as string) !== DEFAULT_FORWARDED.xForwardedFor && { xForwardedFor }),
    ...(rfc7239 && { rfc7239 }),
  };
}

function clientsConfig({ allow, deny, rateLimit, ...numbers }: ClientOptions): ClientsConfig {
  const rate = rateLimit?._toConfig();
  return {
    ...(allow && { allow: [...allow] }),
    ...(deny && { deny: [...deny] }),
    ...(rate && { rateLimit: rate }),
    ...toConfig<typeof numbers, ClientsConfig>(numbers, CLIENT_QUANTITIES),
  };
}

function hstsConfig({ maxAge, includeSubdomains, preload }: HstsOptions): NonNullable<BrowserConfig['hsts']> {
  return {
    maxAgeSeconds: maxAge?.toSeconds() ?? DEFAULT_HSTS_SECONDS,
    ...(includeSubdomains !== undefined && includeSubdomains !== DEFAULT_HSTS.includeSubdomains && { includeSubdomains }),
    ...(preload !== undefined && preload !== DEFAULT_HSTS.preload && { preload }),
  };
}

function errorPageConfig({ statuses, contentType, body }: ErrorPage): NonNullable<BrowserConfig['errorPages']>[number] {
  return {
    statuses: [...statuses],
    ...(contentType !== undefined && contentType !== DEFAULT_ERROR_PAGE.contentType && { contentType }),
    body,
  };
}

/** What can be wrong with what a gateway says of its clients and to browsers. */
import { parseCidr } from '../../contract';
import { checkSeconds, checkValues } from '../props/quantities';
import { isList, isText, ListRule } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { isA, refusalOfCopy } from '../synthesis/copies';
import { RateLimit } from '../policies/rate-limit';
import { checkCors } from '../routes/cors';
import { ErrorPage, HstsOptions } from './browser-options';
import { ClientOptions, ForwardedOptions, ProxyProtocolOptions, XForwardedFor } from './client-options';
import { DEFAULT_HSTS_SECONDS, hasTrustedHops } from './edge-config';
import {
  BROWSER_LISTS, CLIENT_LISTS, CLIENT_QUANTITIES, ERROR_PAGE_LISTS, ERROR_PAGE_TEXTS, FORWARDED_QUANTITIES,
  PROXY_PROTOCOL_LISTS,
} from './edge-quantities';
import { GatewayProps } from './gateway-props';

const FORWARDED = { trustedHops: true, xForwardedFor: true, rfc7239: true } as const satisfies Record<keyof ForwardedOptions, true>;
const PROXY_PROTOCOL = { from: true } as const satisfies Record<keyof ProxyProtocolOptions, true>;
const CLIENTS = {
  allow: true, deny: true, rateLimit: true, maxConnections: true, maxAddresses: true,
} as const satisfies Record<keyof ClientOptions, true>;
const HSTS = { maxAge: true, includeSubdomains: true, preload: true } as const satisfies Record<keyof HstsOptions, true>;
const ERROR_PAGE = { statuses: true, contentType: true, body: true } as const satisfies Record<keyof ErrorPage, true>;

/** Characters of a page. */
const LONGEST_PAGE = 16_384;

/** Checks all that is said of the edge but certificates. */
export function checkEdge(errors: ValidationErrors, props: GatewayProps): void {
  const { forwarded, proxyProtocol, clients, cors, errorPages, hsts } = props;
  if (forwarded) {
    checkForwarded(errors, forwarded);
  }
  if (proxyProtocol) {
    errors.unknownProps(proxyProtocol, PROXY_PROTOCOL, 'proxyProtocol.');
    checkNetworks(errors, 'proxyProtocol.from', proxyProtocol.from, PROXY_PROTOCOL_LISTS.from,
      'name the networks of the load balancers, such as [\'10.0.0.0/8\']: who is trusted to name any address is yours to say');
  }
  if (clients) {
    checkClients(errors, clients, hasTrustedHops(props));
  }
  if (cors) {
    checkCors(errors, 'cors', cors);
  }
  if (errorPages) {
    checkErrorPages(errors, errorPages);
  }
  if (hsts) {
    checkHsts(errors, hsts, props);
  }
}

function checkForwarded(errors: ValidationErrors, forwarded: ForwardedOptions): void {
  errors.unknownProps(forwarded, FORWARDED, 'forwarded.');
  checkValues(errors, 'forwarded', forwarded, FORWARDED_QUANTITIES);
  errors.booleans(forwarded, ['rfc7239'], 'forwarded.');
  if (forwarded.xForwardedFor !== undefined && !Object.values(XForwardedFor).includes(forwarded.xForwardedFor)) {
    errors.add('forwarded.xForwardedFor', forwarded.xForwardedFor, `use one of ${Object.keys(XForwardedFor).map((name) => `XForwardedFor.${name}`).join(', ')}`);
  }
}

function checkClients(errors: ValidationErrors, clients: ClientOptions, hops: boolean): void {
  errors.unknownProps(clients, CLIENTS, 'clients.');
  const { allow, deny, rateLimit, maxConnections } = clients;
  for (const [name, list] of [['allow', allow], ['deny', deny]] as const) {
    if (list !== undefined) {
      checkNetworks(errors, `clients.${name}`, list, CLIENT_LISTS[name], 'name networks, such as [\'203.0.113.0/24\'], or leave it out');
    }
  }
  if (rateLimit !== undefined && !isA(RateLimit, rateLimit)) {
    errors.add('clients.rateLimit', rateLimit, refusalOfCopy(RateLimit, rateLimit) ?? 'make it with RateLimit.perSecond(10), for example');
  } else {
    rateLimit?._check(errors, 'clients.rateLimit');
  }
  checkValues(errors, 'clients', clients, CLIENT_QUANTITIES);
  if (maxConnections !== undefined && hops) {
    errors.add('clients.maxConnections', maxConnections, 'with \'forwarded.trustedHops\', connections are those of proxies and carry requests of many clients; leave it out, or use \'rateLimit\'');
  }
  if (allow === undefined && deny === undefined && maxConnections === undefined && rateLimit?._toConfig() === undefined) {
    errors.add('clients', clients, 'it limits nothing; give it \'allow\', \'deny\', \'rateLimit\' or \'maxConnections\', or leave it out');
  }
}

function checkNetworks(errors: ValidationErrors, prop: string, networks: readonly string[], rule: ListRule, remedy: string): void {
  if (!isList(rule, networks)) {
    errors.add(prop, networks, Array.isArray(networks) && networks.length > rule.most ? `use at most ${rule.most}` : remedy);
    return;
  }
  networks.forEach((network, index) => {
    if (typeof network !== 'string' || !parseCidr(network)) {
      errors.add(`${prop}[${index}]`, network, 'use an IP address and the number of bits that count, such as 10.0.0.0/8');
    }
  });
}

function checkHsts(errors: ValidationErrors, hsts: HstsOptions, props: GatewayProps): void {
  errors.unknownProps(hsts, HSTS, 'hsts.');
  if (!props.tls?.length && !hasTrustedHops(props)) {
    errors.add('hsts', hsts, 'browsers take it by HTTPS only; give the gateway a certificate with \'tls\', or trust the proxy in front that has one with \'forwarded.trustedHops\'');
  }
  errors.booleans(hsts, ['includeSubdomains', 'preload'], 'hsts.');
  const sound = checkSeconds(errors, 'hsts.maxAge', hsts.maxAge);
  if (sound && hsts.preload && (!hsts.includeSubdomains || (hsts.maxAge?.toSeconds() ?? DEFAULT_HSTS_SECONDS) < DEFAULT_HSTS_SECONDS)) {
    errors.add('hsts.preload', true, 'lists of browsers take hosts with \'includeSubdomains\' and a \'maxAge\' of at least 365 days only; set both, or leave it out');
  }
}

function checkErrorPages(errors: ValidationErrors, pages: readonly ErrorPage[]): void {
  if (!isList(BROWSER_LISTS.errorPages, pages)) {
    errors.add('errorPages', pages, `list ${BROWSER_LISTS.errorPages.least} to ${BROWSER_LISTS.errorPages.most}, such as { statuses: [503], body: '<h1>Back soon</h1>' }`);
    return;
  }
  const seen = new Set<number>();
  pages.forEach((page, index) => {
    const prop = `errorPages[${index}]`;
    errors.unknownProps(page, ERROR_PAGE, `${prop}.`);
    if (!isList(ERROR_PAGE_LISTS.statuses, page.statuses)) {
      errors.add(`${prop}.statuses`, page.statuses, `list ${ERROR_PAGE_LISTS.statuses.least} to ${ERROR_PAGE_LISTS.statuses.most}, such as [502, 503, 504]`);
    } else {
      page.statuses.forEach((status) => {
        if (errors.wholeNumber(`${prop}.statuses`, status, 400, 599) && seen.has(status)) {
          errors.add(`${prop}.statuses`, status, 'there is a page for this status already; keep one');
        }
        seen.add(status);
      });
    }
    if (typeof page.body !== 'string' || page.body.length > LONGEST_PAGE) {
      errors.add(`${prop}.body`, typeof page.body === 'string' ? `${page.body.length} characters` : page.body, `use a text of up to ${LONGEST_PAGE} characters`);
    }
    if (page.contentType !== undefined && !isText(ERROR_PAGE_TEXTS.contentType, page.contentType)) {
      errors.add(`${prop}.contentType`, page.contentType, 'use a media type, such as application/json');
    }
  });
}

/**
 * How documents and proxies of different releases understand each other. An image and a document are never replaced at the same
 * moment: pods of two releases run side by side in a rollout, and a roll back brings an old image to a new document.
 *
 * An older document has nothing that a newer proxy doesn't know. A newer document may have, and says so by its `minor`. What is
 * unknown then is left out when the rest does no harm without it, and refuses the document when it would. What is
 * unknown in a document that isn't newer is an error, as ever.
 */
import type { ProxyConfig } from './proxy-config';

/**
 * The minor version of the form that this release writes and knows. It rises by one with the first change after a release: a
 * field, a member of an enumeration or of a union, or a wider bound.
 */
export const CONTRACT_MINOR = 1;

/**
 * Parts that a proxy must not run without, or with half of what they say: each decides what is let through. Documents that
 * have one name it in `requires`; a proxy that doesn't know the name refuses them, even one that is older than the part. Nothing
 * unknown in such a part is left out. By name: where it is, `*` for each member of a list.
 */
export const REQUIRED_PARTS: Readonly<Record<string, readonly string[]>> = {
  admission: ['/listeners/*/admission'],
  authorization: ['/listeners/*/authorization'],
  clients: ['/listeners/*/clients'],
  externalAuthorization: ['/listeners/*/externalAuthorization'],
  forwarded: ['/listeners/*/forwarded'],
  httpsRedirect: ['/listeners/*/httpsRedirect'],
  jwt: ['/listeners/*/jwt'],
  metricsMutualTls: ['/admin/metricsMutualTls'],
  mutualTls: ['/identity', '/listeners/*/mutualTls', '/clusters/*/mutualTls', '/clusters/*/discovery/endpoints/*/mutualTls'],
  protocol: ['/listeners/*/protocol', '/clusters/*/protocol'],
  proxyProtocol: ['/listeners/*/proxyProtocol', '/clusters/*/proxyProtocol'],
  readServerName: ['/listeners/*/tcp/readServerName'],
  routes: ['path', ...['matches', 'requestHeaders', 'responseHeaders', 'rewrite', 'redirect', 'respond'].map((part) => `routes/*/${part}`)]
    .map((part) => `/listeners/*/${part}`),
  routeCors: ['/listeners/*/routes/*/cors'],
  tls: ['/listeners/*/tls'],
  upstreamTls: ['/clusters/*/tls'],
};

/**
 * Parts that a proxy does without when they are of an unknown kind: of a `type`, or with a member of an enumeration, that it doesn't
 * know. Its default is safe, and traffic that is balanced in another way is better than none. An unknown kind of
 * anything else refuses the document.
 */
export const DISPENSABLE_PARTS: readonly string[] = [
  '/accessLog',
  '/clusters/*/dynamicWeights',
  '/clusters/*/healthCheck',
  '/clusters/*/loadBalancing',
  '/clusters/*/outlierDetection',
  '/listeners/*/routes/*/accessLog',
  '/listeners/*/routes/*/faults/*',
  '/listeners/*/routes/*/hash/*',
  '/listeners/*/routes/*/retry/methods',
  '/listeners/*/routes/*/retry/on/*',
  '/localCluster',
];

/** Parts with conditions: without one, they would do more than they are meant to. An unknown field takes the whole part away. */
export const CONDITIONAL_PARTS: readonly string[] = ['/listeners/*/routes/*/faults/*'];

/** The required parts that a document has, by name. */
export function requirementsOf(document: Omit<ProxyConfig, 'requires'>, parts = REQUIRED_PARTS): string[] {
  return Object.keys(parts).filter((name) => parts[name]!.some((part) => has(document, part.slice(1).split('/')))).sort();
}

function has(value: unknown, path: readonly string[]): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return value !== undefined;
  if (step === '*') return Array.isArray(value) && value.some((member) => has(member, rest));
  return typeof value === 'object' && value !== null && has((value as Readonly<Record<string, unknown>>)[step], rest);
}

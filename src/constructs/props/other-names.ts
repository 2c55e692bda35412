/**
 * What props are called in Istio, Envoy and Kubernetes, for people who write them from memory. Here are only names that `nearest` finds no prop
 * for. A name is looked up only where the prop that it stands for exists.
 */

/** By the other name: the prop here, and what to do. */
const OTHER_NAMES: Readonly<Record<string, readonly [prop: string, remedy: string]>> = {
  attempts: ['maxRetries', 'use \'maxRetries\''],
  authorizationPolicy: ['authorization', 'use \'authorization\''],
  authority: ['host', 'use \'host\''],
  circuitBreaker: ['outlierDetection', 'use \'connections\' for limits, and \'outlierDetection\' for pods that fail'],
  hosts: ['hostname', 'use \'hostname\', for one name'],
  image: ['containers', 'use \'containers\', such as [{ image: \'ghcr.io/acme/web:1\', portNumber: 8080 }]'],
  mirror: ['routes', 'use \'routes\', such as [Route.always().mirror(shadow)]'],
  mtls: ['mutualTls', 'use \'mutualTls\''],
  peerAuthentication: ['mutualTls', 'use \'mutualTls\''],
  redirect: ['routes', 'use \'routes\', such as [Route.when(Match.pathPrefix(\'/old\')).redirect({ pathPrefix: \'/new\' })]'],
  redirectCode: ['status', 'use \'status\''],
  replicas: ['scaling', 'use \'scaling\', such as Scaling.replicas(3)'],
  resolution: ['endpoints', 'use \'endpoints\', such as ExternalEndpoints.dns(\'api.example.com\')'],
  retries: ['retry', 'use \'retry\', such as Retry.idempotent({ maxRetries: 2 })'],
  retryOn: ['maxRetries', 'Retry.idempotent() and Retry.allMethods() say what is retried'],
  rewrite: ['routes', 'use \'routes\', such as [Route.always().rewritePathPrefix(\'/v2\')]'],
  subsets: ['version', 'add versions with addVersion()'],
  trafficPolicy: ['outlierDetection', 'use \'loadBalancing\', \'connections\' and \'outlierDetection\''],
  uri: ['path', 'use \'path\', or \'pathPrefix\''],
};

/** What to do about a prop that is one of other meshes. */
export function ofOtherMeshes(prop: string, known: Readonly<Record<string, true>>): string | undefined {
  const [here, remedy] = Object.hasOwn(OTHER_NAMES, prop) ? OTHER_NAMES[prop] : ['', ''];
  return Object.hasOwn(known, here) ? remedy : undefined;
}

/** The proxies of the mesh on this machine, for commands and pages that look at it while it runs. */
import type { MeshProxy, ProxySource } from '../live';
import { httpGet } from './http-get';
import type { Pod } from './pod';
import type { RunProxy } from './run-record';

const TIMEOUT_MS = 2_000;

/** Pods whose proxies run. Those that have not been ready yet are left out. */
export function liveProxies(mesh: { readonly pods: readonly Pod[] }): ProxySource {
  return { proxies: () => Promise.resolve(runProxiesOf(mesh.pods).map(proxyAt)) };
}

/** Where the proxies of these pods are. */
export function runProxiesOf(pods: readonly Pod[]): RunProxy[] {
  return pods.filter(({ state }) => state !== 'starting' && state !== 'ended')
    .map(({ namespace, name, address, adminAddress }) => ({ namespace, pod: name, address, admin: adminAddress }));
}

/** A proxy whose admin pages are read over a socket. */
export function proxyAt({ namespace, pod, address, admin }: RunProxy): MeshProxy {
  return {
    id: `${namespace}/${pod}`,
    namespace, pod, address,
    get: async (path) => {
      const { status, body } = await httpGet(admin, path, TIMEOUT_MS);
      if (status !== 200) throw new Error(`${path} of ${pod} answered ${status}: ${body.trim().split('\n', 1)[0]}`);
      return body;
    },
  };
}

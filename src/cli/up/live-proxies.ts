/** The proxies of the mesh on this machine, for whoever looks at it while it runs. */
import type { MeshProxy, ProxySource } from '../live';
import { httpGet } from './http-get';
import type { LocalMesh } from './local-mesh';
import type { Pod } from './pod';

const TIMEOUT_MS = 2_000;

/** Pods whose proxies run. Those that have not been ready yet are left out. */
export function liveProxies(mesh: Pick<LocalMesh, 'pods'>): ProxySource {
  return { proxies: () => Promise.resolve(mesh.pods.filter(({ state }) => state !== 'starting' && state !== 'ended').map(proxyOf)) };
}

function proxyOf({ namespace, name, address, adminAddress }: Pod): MeshProxy {
  return {
    id: `${namespace}/${name}`,
    namespace, address,
    pod: name,
    get: async (path) => {
      const { status, body } = await httpGet(adminAddress, path, TIMEOUT_MS);
      if (status !== 200) throw new Error(`${path} of ${name} answered ${status}`);
      return body;
    },
  };
}

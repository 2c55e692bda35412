/** Proxies whose admin pages can be read, wherever they run: on this machine, or in a cluster. */

export interface MeshProxy {
  /** Namespace and name of the pod: `shop/web-7d9`. */
  readonly id: string;
  readonly namespace: string;
  readonly pod: string;
  /** The pod's address, by which other proxies know it. */
  readonly address: string;
  /** The image of the proxy, in a cluster. */
  readonly image?: string;
  /** Reads an admin page, such as `/metrics`. Fails when there is no answer with status 200. */
  get(path: string): Promise<string>;
}

/** Where the proxies of a mesh are found. */
export interface ProxySource {
  /** Those that are there now. Fails when that can't be found out. */
  proxies(): Promise<readonly MeshProxy[]>;
}

/** Releases of Kubernetes by their minor number. */

/** The oldest one that the mesh is for: native sidecars and the `sleep` action are on. */
const OLDEST_MINOR = 30;
/** What nobody has heard of is a typing error. */
const LATEST_MINOR = 99;

/** The minor number of `1.33` or `v1.33`; undefined for what is no release that the mesh is for. */
export function minorOf(release: string): number | undefined {
  const [, digits] = /^v?1\.(\d{2})$/.exec(String(release)) ?? [];
  const minor = Number(digits);
  return digits !== undefined && minor >= OLDEST_MINOR && minor <= LATEST_MINOR ? minor : undefined;
}

export const OLDEST_KUBERNETES = `1.${OLDEST_MINOR}`;

/**
 * Which names are taken in each namespace of a cluster. Names of Services are chosen by people, and the names of versions
 * derive from them (`catalog` with a version `v1` and a service `catalog-v1` want the same Service), so clashes between
 * constructs that know nothing of each other are found here and reported by validation, all at once.
 */
import { IConstruct } from 'constructs';

/** Claims by `namespace/name`, of each cluster. */
const claims = new WeakMap<IConstruct, Map<string, IConstruct>>();

/** Claims a name for a construct; a second claim makes the app's validation fail. */
export function claimName(cluster: IConstruct, namespace: string, name: string, prop: string, claimant: IConstruct): void {
  let taken = claims.get(cluster);
  if (!taken) {
    claims.set(cluster, (taken = new Map()));
  }
  const key = `${namespace}/${name}`;
  const owner = taken.get(key);
  if (owner) {
    claimant.node.addValidation({
      validate: () => [`'${prop}' makes "${name}", which '${owner.node.path}' already is in namespace "${namespace}": choose another name, or another namespace`],
    });
  } else {
    taken.set(key, claimant);
  }
}

/**
 * Which names are taken in each namespace of a cluster. Names of Services are chosen by people, and the names of versions
 * derive from them (`catalog` with a version `v1` and a service `catalog-v1` want the same Service), so clashes between
 * constructs that don't know each other are found here and reported by validation, all at once.
 *
 * Two ways: constructs of the mesh claim the names that all of theirs derive from, which tells a clash between them in one
 * sentence and not once for every object. What else has an object of the same kind and name is found by one walk over the
 * app's objects, at validation, since it may be created at any time. The walk looks at each construct once.
 */
import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { identityOf } from '../kubernetes/manifests';
import { PerApp } from '../synthesis/copies';
import { clusterOf, constructsOf, isOfOneMesh } from './mesh-settings';

/** What a construct of the mesh said when it claimed its first name. */
interface Claimant {
  readonly construct: IConstruct;
  /** The prop to change for other names. */
  readonly prop: string;
  /** Those who had one of its names before it, which is told already. */
  readonly lostTo: Set<IConstruct>;
}

/** An object, and the construct of the mesh that it is part of, if any. */
interface OwnedObject {
  readonly object: ApiObject;
  readonly cluster: string;
  readonly owner?: Claimant;
}

/** A name that a construct has. */
interface Claim {
  readonly owner: IConstruct;
  /** It is the host name of something outside, which others of that kind may have as well: a caller tells them apart, or is refused. */
  readonly outside: boolean;
}

/** The names of one cluster. */
interface ClusterNames {
  /** Claims by `namespace/name`. */
  readonly claims: Map<string, Claim[]>;
  readonly claimants: Map<IConstruct, Claimant>;
}

/** The names of each cluster of an app. */
const NAMES = new PerApp('names', (root) => {
  const clusters = new Map<string, ClusterNames>();
  root.node.addValidation({ validate: () => sharedNames(root, clusters) });
  return clusters;
});

/** Claims a name for a construct; a second claim in its cluster makes the app's validation fail. */
export function claimName(construct: IConstruct, namespace: string, name: string, prop: string): void {
  claim(construct, namespace, name, prop, false);
}

/** Claims a host name of something outside of the mesh, which no Service of its namespace may have. */
export function claimHostname(construct: IConstruct, namespace: string, hostname: string, prop = 'hostname'): void {
  claim(construct, namespace, hostname, prop, true);
}

function claim(construct: IConstruct, namespace: string, name: string, prop: string, outside: boolean): void {
  const { claims, claimants } = namesOf(construct);
  const claimant = claimants.get(construct) ?? { construct, prop, lostTo: new Set() };
  claimants.set(construct, claimant);
  const key = `${namespace}/${name}`;
  const claimed = claims.get(key) ?? [];
  claims.set(key, claimed);
  const owner = claimed.find((other) => !(other.outside && outside))?.owner;
  if (owner) {
    claimant.lostTo.add(owner);
    construct.node.addValidation({
      validate: () => [`'${prop}' makes "${name}", which '${owner.node.path}' already is in namespace "${namespace}": choose another name, or another namespace${
        isOfOneMesh(construct, owner) ? '' : '; or, if the two are for different clusters, say so with \'cluster\' of their Meshes'}`],
    });
  } else {
    claimed.push({ owner: construct, outside });
  }
}

function namesOf(construct: IConstruct): ClusterNames {
  const clusters = NAMES.of(construct);
  const cluster = clusterOf(construct);
  const names = clusters.get(cluster) ?? { claims: new Map(), claimants: new Map() };
  clusters.set(cluster, names);
  return names;
}

/** Objects of the mesh that share cluster, kind, namespace and name with another object. */
function sharedNames(root: IConstruct, clusters: ReadonlyMap<string, ClusterNames>): string[] {
  const groups = new Map<string, OwnedObject[]>();
  for (const owned of objectsOf(root, clusters)) {
    const { apiGroup, kind } = owned.object;
    const { name, namespace } = identityOf(owned.object);
    const key = [owned.cluster, apiGroup, kind, namespace, name].join('/');
    const group = groups.get(key);
    if (group) {
      group.push(owned);
    } else {
      groups.set(key, [owned]);
    }
  }
  return [...groups.values()].filter((group) => group.length > 1).flatMap(tellShared);
}

/** One sentence for each object that has the name of the first one that is ours. */
function tellShared(group: OwnedObject[]): string[] {
  const ours = group.find(({ owner }) => owner);
  if (!ours) {
    return [];
  }
  const { object, owner } = ours as Required<OwnedObject>;
  const { name, namespace } = identityOf(object);
  return group
    .filter((other) => other !== ours && !(other.owner && (other.owner.lostTo.has(owner.construct) || owner.lostTo.has(other.owner.construct))))
    .map((other) => `two objects would be ${object.kind} "${name}" in namespace "${namespace}": that of '${pathOf(object)}' and that of '${pathOf(other.object)}'. `
      + `Change the '${owner.prop}' of '${owner.construct.node.path}', or give the other object another name`);
}

/** The objects of an app in the order of the tree. What is inside of a construct of the mesh is its own. */
function* objectsOf(root: IConstruct, clusters: ReadonlyMap<string, ClusterNames>): Generator<OwnedObject> {
  const owners = new Map<IConstruct, Claimant>();
  for (const { construct, cluster } of constructsOf(root)) {
    const { scope } = construct.node;
    const owner = clusters.get(cluster)?.claimants.get(construct) ?? (scope && owners.get(scope));
    if (owner) {
      owners.set(construct, owner);
    }
    if (ApiObject.isApiObject(construct)) {
      yield { object: construct, cluster, owner };
    }
  }
}

/** The path of an object as people know it: that of the cdk8s-plus construct that it belongs to, if there is one. */
function pathOf({ node }: ApiObject): string {
  return node.id === 'Resource' || node.id === 'Default' ? node.scope!.node.path : node.path;
}

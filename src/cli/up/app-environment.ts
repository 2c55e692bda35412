/**
 * The environment of an app that runs on this machine in place of a container: the container's own variables as far as
 * their values are in the files, where to listen, and where this pod's sidecar listens for each service that it calls.
 * In a cluster the app calls `http://catalog`; here that name resolves to nothing, so the user's program gets CATALOG_URL.
 */
import type { Callee } from '../model/callees';
import type { Workload } from '../model/model';
import { inText, SocketAddress, PodNetwork } from './network';

/** What the downward API knows of a pod. */
export interface PodInfo {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Values of the container's `env`; those that live in the cluster alone (Secrets) are left out. */
export function containerEnvironment(workload: Workload, pod: PodInfo): Record<string, string> {
  const values: Record<string, string> = {};
  for (const variable of workload.app?.env ?? []) {
    if (variable.type === 'value') values[variable.name] = expand(variable.value, values);
    else if (variable.type === 'field') {
      const value = fieldValue(variable.path, pod);
      if (value !== undefined) values[variable.name] = value;
    }
  }
  return values;
}

/**
 * `CATALOG_URL` for each callee, after the name that the app calls in a cluster: `http://catalog`, `http://catalog.back`,
 * `http://api.stripe.com`. Further ports of a callee are `CATALOG_<PORT>_URL`. Where names differ only in what a variable can't hold
 * (`shop-cart` and `shop.cart`), the second callee goes by the next of its names that is free.
 */
export function calleeEnvironment(callees: readonly Callee[], workload: Workload, network: Pick<PodNetwork, 'outbound'>): Record<string, string> {
  const values: Record<string, string> = {};
  const bases = new Map<string, string>();
  for (const callee of callees) {
    const { listener } = callee;
    if (listener.address === undefined) continue;
    const url = `http://${inText(network.outbound({ address: listener.address, port: listener.port }))}`;
    const names = namesOf(callee, workload);
    const known = bases.get(names[0]!);
    if (known !== undefined) {
      values[`${known}_${listener.port}_URL`] = url;
      continue;
    }
    const taken = new Set(bases.values());
    const base = names.map(variableName).find((name) => !taken.has(name));
    if (base === undefined) continue;
    bases.set(names[0]!, base);
    values[`${base}_URL`] = url;
  }
  return values;
}

/** The names that the app can call a callee by, the usual one first. */
function namesOf({ listener, service, namespace }: Callee, workload: Workload): readonly string[] {
  if (listener.hostnames && listener.hostnames.length > 0) return listener.hostnames;
  return [namespace !== undefined && namespace !== workload.namespace ? `${service}.${namespace}` : service];
}

/** Where the app is to listen. */
export function listenEnvironment({ address, port }: SocketAddress): Record<string, string> {
  return { HOST: address, PORT: String(port) };
}

/** `shop-cart` as `SHOP_CART`, `3scale.net` as `_3SCALE_NET`: what shells take for a name. */
function variableName(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]+/g, '_').replace(/^(?=\d)/, '_');
}

/** `$(NAME)` stands for a variable defined earlier, `$$` for a dollar sign, as in Kubernetes. */
function expand(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)/g, (whole, name: string | undefined) =>
    (name === undefined ? '$' : Object.hasOwn(values, name) ? values[name]! : whole));
}

function fieldValue(path: string, pod: PodInfo): string | undefined {
  const label = /^metadata\.labels\['(.+)'\]$/.exec(path)?.[1];
  if (label !== undefined) return Object.hasOwn(pod.labels, label) ? pod.labels[label] : undefined;
  switch (path) {
    case 'metadata.name': return pod.name;
    case 'metadata.namespace': return pod.namespace;
    case 'metadata.uid': return pod.uid;
    case 'status.podIP':
    case 'status.podIPs':
    case 'status.hostIP': return pod.ip;
    case 'spec.nodeName': return 'localhost';
    default: return undefined;
  }
}

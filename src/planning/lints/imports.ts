/** Calls to services that another app synthesizes, where the YAML of both is at hand: whether they are what their callers were told. */
import type { ClusterInfo, ServiceInfo } from './info';
import { ofCalls, ofTargets, Remark, Rule } from './rule';
import { serviceOfName } from './objects';

const missing: Rule = {
  name: 'imported-service',
  severity: 'error',
  about: 'A call leads to a Service, or to a port of one, that is in none of the folders that `cdk8s-mesh check` was given, when these are several.',
  find: ({ services = [], complete, ...subject }) => ofTargets(({ cluster }): Remark | undefined => {
    const called = complete ? locationOf(cluster) : undefined;
    if (!called) return undefined;
    const beside = services.filter(({ namespace }) => namespace === called.namespace);
    const service = beside.find(({ name }) => name === called.name);
    if (!service) {
      const names = beside.filter(({ name }) => name.startsWith(called.name.slice(0, 3))).map(({ name }) => name);
      return {
        message: `there is no Service '${called.name}' in namespace '${called.namespace}'`,
        remedy: `${names.length > 0 ? `there is ${names.slice(0, 4).join(', ')}; ` : ''}say the name, namespace and versions that its own app says, or check the YAML of that app, too`,
      };
    }
    const { portName } = cluster.discovery;
    const ports = service.ports.map(({ name = '' }) => name);
    return portName === undefined || ports.includes(portName) ? undefined : {
      message: `the Service '${called.name}' in namespace '${called.namespace}' has no port '${portName}'`,
      remedy: `it has ${ports.map((name) => `'${name}'`).join(', ')}; say that as 'portName'`,
    };
  })({ services, ...subject }),
};

const weights: Rule = {
  name: 'imported-weights',
  severity: 'warning',
  about: 'A caller splits requests over the versions of a service by other weights than the app of that service says.',
  find: ({ services = [], complete, ...subject }) => ofCalls(({ targets, route }): Remark | undefined => {
    // A route with conditions, or to a part of the versions, splits as it likes.
    if (!complete || route.matches) return undefined;
    const shares = targets.filter(({ level }) => level === 0).map(({ cluster, share }) => {
      const called = locationOf(cluster);
      const found = services.find(({ name, namespace }) => name === called?.name && namespace === called.namespace);
      return { name: called?.name, share, weight: found?.weight };
    });
    const sum = shares.reduce((all, { weight }) => all + (weight ?? NaN), 0);
    if (!(sum > 0) || shares.every(({ share, weight }) => Math.abs(share - weight! / sum) < 0.005)) return undefined;
    const percent = (part: number) => `${Math.round(part * 1_000) / 10} %`;
    return {
      message: shares.map(({ name, share, weight }) => `${name} gets ${percent(share)}, and its app says ${percent(weight! / sum)}`).join('; '),
      remedy: 'say the weights of its app in \'versions\', or have that app change them',
    };
  })({ services, ...subject }),
};

/** The Service that a cluster leads to, as far as it is one of Kubernetes. */
function locationOf({ discovery: { type, service, namespace, hostname = '' } }: ClusterInfo): Pick<ServiceInfo, 'name' | 'namespace'> | undefined {
  if (type === 'endpointSlice' && service !== undefined && namespace !== undefined) return { name: service, namespace };
  return type === 'dns' ? serviceOfName(hostname) : undefined;
}

export const IMPORT_RULES: readonly Rule[] = [missing, weights];

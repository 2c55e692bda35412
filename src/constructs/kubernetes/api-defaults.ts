/**
 * What the API server fills in by itself, and is therefore not written: most lines of a pod that nobody has chosen are such defaults of cdk8s-plus.
 * A field is left out only when it has just the value that it would get (https://github.com/kubernetes/kubernetes, pkg/apis, defaults.go), or
 * the one that its absence means. What readers of a review look for stays though it is a default, such as the type of a Service that has an address
 * and `terminationGracePeriodSeconds`. Two kinds of defaults stay as well, since client-side `kubectl apply` would say `configured` each time: those
 * in a list that is replaced as a whole (`projected.sources`), and those beside which Kubernetes keeps no other field (`strategy.type`).
 */
import { isDeepStrictEqual } from 'node:util';
import { pullPolicy } from './pull-policy';

type Fields = Readonly<Record<string, unknown>>;

/** The default of a field: a value, that of each item of a list, or one that follows from the other fields. */
type Defaults = { readonly [name: string]: string | number | boolean | Defaults | readonly [Defaults] | ((fields: Fields) => unknown) };

const PROBE: Defaults = { failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1, httpGet: { scheme: 'HTTP' } };

const CONTAINER: Defaults = {
  imagePullPolicy: ({ image }) => (typeof image === 'string' ? pullPolicy(image) : undefined),
  ports: [{ protocol: 'TCP' }],
  livenessProbe: PROBE,
  readinessProbe: PROBE,
  startupProbe: PROBE,
  securityContext: { privileged: false },
};

const POD: Defaults = {
  containers: [CONTAINER],
  initContainers: [CONTAINER],
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  securityContext: { fsGroupChangePolicy: 'Always' },
  setHostnameAsFQDN: false,
};

/** The rules of an autoscaler that has some; without any, it would go by older ones. */
const SCALING: Defaults = {
  scaleUp: {
    selectPolicy: 'Max',
    stabilizationWindowSeconds: 0,
    policies: () => [{ type: 'Percent', value: 100, periodSeconds: 15 }, { type: 'Pods', value: 4, periodSeconds: 15 }],
  },
  scaleDown: { selectPolicy: 'Max', policies: () => [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
};

const BY_KIND: Readonly<Record<string, Defaults>> = {
  ConfigMap: { immutable: false },
  Deployment: {
    spec: { progressDeadlineSeconds: 600, strategy: { rollingUpdate: { maxSurge: '25%' } }, template: { spec: POD } },
  },
  HorizontalPodAutoscaler: { spec: { behavior: SCALING } },
  Service: { spec: { ports: [{ protocol: 'TCP' }], type: ({ clusterIP }) => (clusterIP === 'None' ? 'ClusterIP' : undefined) } },
};

/** An object without the defaults of its kind. */
export function withoutDefaults(manifest: Fields): Fields {
  const defaults = BY_KIND[String(manifest['kind'])];
  if (!defaults) return manifest;
  return manifest['kind'] === 'Deployment' ? withoutInherited(without(manifest, defaults) as Fields) : without(manifest, defaults) as Fields;
}

/** Of a security context, what containers have from their pod when they don't say it. */
const INHERITED = ['runAsNonRoot', 'seccompProfile'];

interface Container extends Fields {
  readonly securityContext?: Fields;
}

interface Pod extends Container {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

/** A Deployment whose containers don't repeat what its pods say. */
function withoutInherited(deployment: Fields): Fields {
  const spec = deployment['spec'] as Fields & { readonly template?: Fields & { readonly spec?: Pod } } | undefined;
  const pod = spec?.template?.spec;
  // A patch has taken it away.
  if (!pod) return deployment;
  const own = (container: Container): Container => {
    const { securityContext, ...others } = container;
    if (!securityContext) return container;
    const isSaid = ([name, value]: [string, unknown]): boolean => !INHERITED.includes(name) || !isDeepStrictEqual(value, pod.securityContext?.[name]);
    const said = Object.entries(securityContext).filter(isSaid);
    return { ...others, ...(said.length > 0 && { securityContext: Object.fromEntries(said) }) };
  };
  const { containers, initContainers } = pod;
  const lean = { ...pod, ...(containers && { containers: containers.map(own) }), ...(initContainers && { initContainers: initContainers.map(own) }) };
  return { ...deployment, spec: { ...spec, template: { ...spec.template, spec: lean } } };
}

function without(value: unknown, defaults: Defaults): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Fields;
  return Object.fromEntries(Object.entries(fields).flatMap(([name, below]): [string, unknown][] => {
    if (!Object.hasOwn(defaults, name)) return [[name, below]];
    const known = defaults[name]!;
    if (typeof known === 'function') return isDeepStrictEqual(below, known(fields)) ? [] : [[name, below]];
    if (typeof known !== 'object') return below === known ? [] : [[name, below]];
    if (Array.isArray(known)) return [[name, Array.isArray(below) ? below.map((item) => without(item, (known as readonly [Defaults])[0])) : below]];
    const left = without(below, known as Defaults);
    const isEmptied = isEmpty(left) && !isEmpty(below);
    return isEmptied ? [] : [[name, left]];
  }));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

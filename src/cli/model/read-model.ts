/**
 * From Kubernetes objects to what `up` runs. A workload belongs to the mesh when its pods have the sidecar container with
 * the ConfigMap that holds its document; the document is checked by the proxy's own validator, so that what is refused
 * here is what the sidecar would refuse in the cluster.
 */
import { CONFIG_KEY, CONFIG_VOLUME, DEFAULT_SHUTDOWN, isOfGateway, ProxyConfig, SIDECAR_CONTAINER, TLS_VOLUME } from '../../contract';
import { decodeConfig, describeErrors } from '../../proxy/config/decode';
import { DEFAULT_GRACE_SECONDS, managedReplicas } from '../../planning/lints/objects';
import { UserError } from '../command-line/errors';
import { boundZones } from './bound-zones';
import type { Field } from './field';
import type { Manifest } from './manifests';
import type { ContainerSpec, EnvVariable, MeshModel, ServiceSpec, Workload } from './model';

/** Kinds with a pod template, and how many pods one of them starts when it doesn't say. */
const WORKLOADS: Readonly<Record<string, (body: Field) => number | undefined>> = {
  Deployment: (body) => body.get('spec').get('replicas').optionalInteger(),
  StatefulSet: (body) => body.get('spec').get('replicas').optionalInteger(),
  Rollout: (body) => body.get('spec').get('replicas').optionalInteger(),
  DaemonSet: () => 1,
  Job: (body) => body.get('spec').get('parallelism').optionalInteger(),
  CronJob: (body) => (body.get('spec').get('suspend').boolean(false) ? 0 : body.get('spec').get('jobTemplate').get('spec').get('parallelism').optionalInteger()),
};

/** Picks out the mesh. Everything that is wrong is reported together. */
export function readModel(manifests: readonly Manifest[], sources: string): MeshModel {
  const errors: string[] = [];
  const collect = <T>(kinds: (kind: string) => boolean, read: (manifest: Manifest) => T): T[] => manifests
    .filter(({ kind }) => kinds(kind))
    .flatMap((manifest) => {
      try {
        return [read(manifest)];
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        errors.push(error.message);
        return [];
      }
    });

  const configMaps = new Map(collect((kind) => kind === 'ConfigMap', (manifest) =>
    [`${manifest.namespace}/${manifest.name}`, manifest.body.get('data').texts()] as const));
  const secrets = new Map(collect((kind) => kind === 'Secret', readSecret));
  const scaling = new Map(collect((kind) => kind === 'HorizontalPodAutoscaler', readAutoscaler));
  const outside: string[] = [];
  const workloads = collect((kind) => Object.hasOwn(WORKLOADS, kind), (manifest) =>
    readWorkload(manifest, configMaps, scaling.get(`${manifest.kind}/${manifest.namespace}/${manifest.name}`), outside))
    .filter((workload) => workload !== undefined);
  const services = collect((kind) => kind === 'Service', readService);

  if (errors.length > 0) throw new UserError(errors.join('\n'));
  if (workloads.length === 0) throw new UserError(noMesh(sources, manifests.length, outside));
  return { workloads, services, secrets, configMaps, outside };
}

function noMesh(sources: string, objects: number, outside: readonly string[]): string {
  const found = outside.length > 0 ? `the workloads there (${outside.slice(0, 3).join(', ')}${outside.length > 3 ? ', ...' : ''}) have no container '${SIDECAR_CONTAINER}'`
    : objects === 0 ? 'there is no Kubernetes object'
      : `its ${objects} ${objects === 1 ? 'object is' : 'objects are'} no Deployment, StatefulSet, DaemonSet, Job, CronJob or Rollout`;
  return `no mesh in ${sources}: ${found}. A mesh is what MeshService or MeshSidecar synthesized`;
}

/** Its `data` is in base64; `stringData` goes before it, as in the API server. */
function readSecret({ namespace, name, body }: Manifest): readonly [string, Readonly<Record<string, string>>] {
  const data = Object.entries(body.get('data').texts()).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()] as const);
  return [`${namespace}/${name}`, { ...Object.fromEntries(data), ...body.get('stringData').texts() }];
}

function readAutoscaler({ namespace, body }: Manifest): readonly [string, number] {
  const target = body.get('spec').get('scaleTargetRef');
  return [`${target.get('kind').text()}/${namespace}/${target.get('name').text()}`, body.get('spec').get('minReplicas').optionalInteger() ?? 1];
}

function readWorkload(
  manifest: Manifest,
  configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>,
  minReplicas: number | undefined,
  outside: string[],
): Workload | undefined {
  const { kind, name, namespace, where, body } = manifest;
  const template = (kind === 'CronJob' ? body.get('spec').get('jobTemplate') : body).get('spec').get('template');
  const pod = template.get('spec');
  const initContainers = pod.get('initContainers').list();
  const containers = pod.get('containers').list();
  const sidecar = [...initContainers, ...containers].find((container) => container.get('name').text() === SIDECAR_CONTAINER);
  if (!sidecar) {
    outside.push(`${kind} '${name}'`);
    return undefined;
  }
  const apps = containers.filter((container) => container.get('name').text() !== SIDECAR_CONTAINER);
  const [app] = apps;
  const [configMap, config] = readConfig(manifest, pod, configMaps);
  if (!app && !config.listeners.some(isOfGateway)) {
    throw new UserError(`${where}: ${kind} '${name}' has the sidecar but no container of its own; add the app's container`);
  }
  const lookUp = (map: string, key: string): string | undefined => {
    const data = configMaps.get(`${namespace}/${map}`) ?? {};
    return Object.hasOwn(data, key) ? data[key] : undefined;
  };
  const tlsSecret = volumeOf(pod, TLS_VOLUME)?.get('secret').get('secretName').optionalText();
  return {
    kind, name, namespace, where, config, configMap,
    ...(tlsSecret !== undefined && { tlsSecret }),
    labels: template.get('metadata').get('labels').texts(),
    replicas: WORKLOADS[kind]!(body) ?? minReplicas ?? managedReplicas(body.get('metadata').get('annotations').texts())?.min ?? 1,
    service: config.node.service,
    version: config.node.version,
    ...(app && { app: readContainer(app, lookUp) }),
    containers: [...apps, sidecar].map((container) => readContainer(container, lookUp)),
    preStopPath: sidecar.get('lifecycle').get('preStop').get('httpGet').get('path').optionalText(),
    preStopMs: app ? (app.get('lifecycle').get('preStop').get('sleep').get('seconds').optionalInteger() ?? 0) * 1000
      : config.shutdown?.endpointPropagationMs ?? DEFAULT_SHUTDOWN.endpointPropagationMs,
    graceMs: (pod.get('terminationGracePeriodSeconds').optionalInteger() ?? DEFAULT_GRACE_SECONDS) * 1000,
    zones: boundZones(pod),
  };
}

function volumeOf(pod: Field, name: string): Field | undefined {
  return pod.get('volumes').list().find((candidate) => candidate.get('name').text() === name);
}

function readConfig(
  { kind, name, namespace, where }: Manifest,
  pod: Field,
  configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>,
): readonly [configMap: string, config: ProxyConfig] {
  const subject = `${where}: ${kind} '${name}'`;
  const map = volumeOf(pod, CONFIG_VOLUME)?.get('configMap').get('name').optionalText();
  if (map === undefined) {
    throw new UserError(`${subject} has the container '${SIDECAR_CONTAINER}' but no volume '${CONFIG_VOLUME}' of a ConfigMap; synthesize it again`);
  }
  const data = configMaps.get(`${namespace}/${map}`);
  if (!data) {
    throw new UserError(`${subject} reads its configuration from ConfigMap '${map}' in namespace '${namespace}', which is in none of the files; name the file that holds it too`);
  }
  const text = data[CONFIG_KEY];
  if (text === undefined) throw new UserError(`${subject}: ConfigMap '${map}' has no key '${CONFIG_KEY}'; synthesize it again`);
  const decoded = decodeConfig(text);
  if (!decoded.ok) {
    const errors = describeErrors(decoded.errors).map((error) => `  ${error}`);
    throw new UserError([`${subject}: the proxy would refuse '${CONFIG_KEY}' of ConfigMap '${map}':`, ...errors].join('\n'));
  }
  if (decoded.ignored.length > 0) {
    throw new UserError(`${subject}: ConfigMap '${map}' comes from a newer cdk8s-mesh, and this command doesn't know ${decoded.ignored.slice(0, 3).join(', ')}; `
      + 'run the command of the version that synthesized it');
  }
  return [map, JSON.parse(text) as ProxyConfig];
}

function readContainer(container: Field, lookUp: (map: string, key: string) => string | undefined): ContainerSpec {
  return {
    name: container.get('name').text(),
    ports: container.get('ports').list().map((port) => ({ name: port.get('name').optionalText(), port: port.get('containerPort').integer() })),
    env: container.get('env').list().map((variable) => readVariable(variable, lookUp)),
  };
}

function readVariable(variable: Field, lookUp: (map: string, key: string) => string | undefined): EnvVariable {
  const name = variable.get('name').text();
  const source = variable.get('valueFrom');
  if (!source.present) {
    const value = variable.get('value');
    return { name, type: 'value', value: value.present ? value.anyText() : '' };
  }
  const path = source.get('fieldRef').get('fieldPath').optionalText();
  if (path !== undefined) return { name, type: 'field', path };
  const reference = source.get('configMapKeyRef');
  if (reference.present) {
    const map = reference.get('name').text();
    const key = reference.get('key').text();
    const value = lookUp(map, key);
    return value === undefined ? { name, type: 'unavailable', reason: `key '${key}' of ConfigMap '${map}'` } : { name, type: 'value', value };
  }
  return { name, type: 'unavailable', reason: source.names()[0] ?? 'valueFrom' };
}

function readService({ name, namespace, where, body }: Manifest): ServiceSpec {
  const spec = body.get('spec');
  return {
    name, namespace, where,
    type: spec.get('type').optionalText() ?? 'ClusterIP',
    selector: spec.get('selector').texts(),
    publishNotReady: spec.get('publishNotReadyAddresses').boolean(false),
    ports: spec.get('ports').list().map((port) => {
      const number = port.get('port').integer();
      const target = port.get('targetPort');
      return {
        name: port.get('name').optionalText(), port: number, target: target.present ? target.integerOrText() : number,
        appProtocol: port.get('appProtocol').optionalText(),
      };
    }),
  };
}

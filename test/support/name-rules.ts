/** Holds every name in a manifest against the rule of the field that it is in. */
import { isIP } from 'node:net';
import { isName, NAME_RULES } from '../../src/constructs/props/name-rules';
import type { Manifest } from './manifests';

type Rule = keyof typeof NAME_RULES | 'ip' | 'range' | 'port';

/** Fields by the end of their path; `*` stands for an item of a list, `~` for the names of a map. The longest end that fits counts. */
const FIELDS: Record<string, Rule> = {
  'metadata.name': 'subdomain',
  'Service.metadata.name': 'service',
  'metadata.namespace': 'label',
  'metadata.labels.~': 'qualified',
  'metadata.labels.*': 'labelValue',
  'metadata.annotations.~': 'qualified',
  'matchLabels.~': 'qualified',
  'matchLabels.*': 'labelValue',
  'matchLabelKeys.*': 'qualified',
  'Service.spec.selector.~': 'qualified',
  'Service.spec.selector.*': 'labelValue',
  'topologyKey': 'qualified',
  'Service.spec.ports.*.name': 'label',
  'Service.spec.ports.*.port': 'port',
  'Service.spec.ports.*.nodePort': 'port',
  'Service.spec.ports.*.targetPort': 'port',
  'Service.spec.ports.*.appProtocol': 'qualified',
  'loadBalancerSourceRanges.*': 'range',
  'containers.*.name': 'label',
  'initContainers.*.name': 'label',
  'container': 'label',
  'containerName': 'label',
  'ontainers.*.image': 'image',
  'ontainers.*.ports.*.name': 'containerPort',
  'ontainers.*.ports.*.containerPort': 'port',
  'ontainers.*.env.*.name': 'variable',
  'ontainers.*.volumeMounts.*.name': 'label',
  'httpGet.port': 'port',
  'podMetricsEndpoints.*.port': 'port',
  'tcpSocket.port': 'port',
  'volumes.*.name': 'label',
  'volumes.*.secret.secretName': 'subdomain',
  'volumes.*.configMap.name': 'subdomain',
  'sources.*.secret.name': 'subdomain',
  'sources.*.configMap.name': 'subdomain',
  'items.*.key': 'dataKey',
  'serviceAccountName': 'subdomain',
  'serviceName': 'subdomain',
  'hostAliases.*.ip': 'ip',
  'hostAliases.*.hostnames.*': 'subdomain',
  'roleRef.name': 'subdomain',
  'subjects.*.name': 'subdomain',
  'subjects.*.namespace': 'label',
  'scaleTargetRef.name': 'subdomain',
  'ConfigMap.data.~': 'dataKey',
  'metric.name': 'qualified',
  'resource.name': 'qualified',
  'containerResource.name': 'qualified',
};

/** Words at the end of a field's name by which it is known to be a name. */
const LIKE_A_NAME = /(?:^|\.)(?:name|\w+Name|namespace|hostname|hostnames\.\*|port|\w+Port|image|key|topologyKey|container|~)$/;
/** What looks like one, and has a fixed set of values, or is a name of Prometheus, whose rules `promtool` checks. */
const NOT_NAMES = /(?:\.resources\.(?:limits|requests)\.~|\.sysctls\.\*\.name|\.groups\.\*\.name|\.rules\.\*\.(?:labels|annotations)\.~)$/;

/** Every name that breaks its rule, and every field that looks like a name and has no rule here. */
export function nameMistakes(manifest: Manifest): string[] {
  return [...fieldsOf(manifest, manifest.kind)].flatMap(([path, value]) => {
    const [field] = Object.keys(FIELDS).filter((end) => path.endsWith(end)).sort((a, b) => b.length - a.length);
    if (field === undefined) {
      return LIKE_A_NAME.test(path) && !NOT_NAMES.test(path) ? [`${path} has no rule, and is ${JSON.stringify(value)}`] : [];
    }
    return fits(FIELDS[field]!, value) ? [] : [`${path} is ${JSON.stringify(value)}, which is no ${FIELDS[field]!}`];
  });
}

/** Fields whose value is a map with names for keys. */
const MAP = /(?:labels|annotations|matchLabels|nodeSelector|limits|requests|^ConfigMap\.data|^Service\.spec\.selector)$/;

function fits(rule: Rule, value: unknown): boolean {
  switch (rule) {
    case 'ip': return isIP(String(value)) !== 0;
    case 'range': return isIP(String(value).split('/')[0]!) !== 0;
    case 'port': return typeof value === 'string' ? isName(NAME_RULES.containerPort, value) : Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
    default: return isName(NAME_RULES[rule], value);
  }
}

function* fieldsOf(value: unknown, path: string): Generator<[string, unknown]> {
  if (Array.isArray(value)) {
    for (const item of value) yield* fieldsOf(item, `${path}.*`);
  } else if (typeof value === 'object' && value !== null) {
    const isMap = MAP.test(path);
    for (const [key, item] of Object.entries(value)) {
      if (isMap) yield [`${path}.~`, key];
      yield* fieldsOf(item, isMap ? `${path}.*` : `${path}.${key}`);
    }
  } else {
    yield [path, value];
  }
}

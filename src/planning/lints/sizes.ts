/**
 * Objects that are too large for a cluster, or for the way in which most people apply them (../object-size.ts).
 */
import { ANNOTATIONS_LIMIT, CONFIG_MAP_LIMIT } from '../object-size';
import { Problem, Rule, titleOf } from './rule';

/** Part of the limit from which on one is told, so that there is time before a deployment fails. */
const NEAR = 0.8;

const apply: Rule = {
  name: 'apply-size',
  severity: 'warning',
  about: 'An object has more than four fifths of the bytes that client-side `kubectl apply` takes, which notes the whole object in an annotation. '
    + 'Server-side apply doesn\'t.',
  find: ({ workloads }) => workloads.flatMap((workload) => (workload.objects ?? [])
    .filter(({ jsonBytes, dataBytes = 0 }) => jsonBytes > NEAR * ANNOTATIONS_LIMIT && dataBytes <= CONFIG_MAP_LIMIT)
    .map(({ kind, name, jsonBytes }): Problem => ({
      workload,
      where: titleOf(workload),
      message: `${kind} '${name}' has ${jsonBytes} bytes of JSON, ${Math.floor(jsonBytes / ANNOTATIONS_LIMIT * 100)} % of the ${ANNOTATIONS_LIMIT} that client-side kubectl apply takes`,
      remedy: `apply it with --server-side, or have ${workload.service} call fewer services`,
    }))),
};

const store: Rule = {
  name: 'store-size',
  severity: 'error',
  about: 'A ConfigMap has more data than Kubernetes stores.',
  find: ({ workloads }) => workloads.flatMap((workload) => (workload.objects ?? [])
    .filter(({ dataBytes = 0 }) => dataBytes > CONFIG_MAP_LIMIT)
    .map(({ kind, name, dataBytes }): Problem => ({
      workload,
      where: titleOf(workload),
      message: `${kind} '${name}' has ${dataBytes} bytes of data, more than the ${CONFIG_MAP_LIMIT} that Kubernetes stores`,
      remedy: `have ${workload.service} call fewer services, or divide it into several`,
    }))),
};

export const SIZE_RULES: readonly Rule[] = [apply, store];

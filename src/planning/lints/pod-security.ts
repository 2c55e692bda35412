/** Namespaces that refuse pods with too many privileges. Kubernetes accepts the Deployment all the same, and refuses its pods one by one. */
import { Problem, Rule, titleOf } from './rule';

const refused: Rule = {
  name: 'pod-security',
  severity: 'error',
  about: 'A Namespace in the files enforces a Pod Security Standard that refuses the pods. Synthesis reports such pods as errors of their construct, so this rule can\'t be turned off there.',
  find: ({ workloads }) => workloads.flatMap((workload): Problem[] => (workload.refusals ?? []).map(({ level, field, value, remedy }) => ({
    workload,
    where: titleOf(workload),
    message: `namespace '${workload.namespace}' refuses these pods: '${field}' is ${JSON.stringify(value)}, against the ${level} Pod Security Standard`,
    remedy,
  }))),
};

export const POD_SECURITY_RULES: readonly Rule[] = [refused];

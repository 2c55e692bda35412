/** Namespaces that let pods in only if those give up privileges. The Deployment is accepted all the same, and its pods are refused one by one. */
import { Problem, Rule, titleOf } from './rule';

const refused: Rule = {
  name: 'pod-security',
  severity: 'error',
  about: 'A namespace of the files enforces a Pod Security Standard that refuses the pods. Synthesis refuses them as props of the construct, so there it can\'t be left out.',
  find: ({ workloads }) => workloads.flatMap((workload): Problem[] => (workload.refusals ?? []).map(({ level, field, value, remedy }) => ({
    workload,
    where: titleOf(workload),
    message: `namespace '${workload.namespace}' refuses these pods: '${field}' is ${JSON.stringify(value)}, against the ${level} Pod Security Standard`,
    remedy,
  }))),
};

export const POD_SECURITY_RULES: readonly Rule[] = [refused];

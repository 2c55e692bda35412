/**
 * Lints: every rule, and what they find in a mesh. They are pure arithmetic over {@link MeshInfo}, fed by the constructs at
 * synth and by `cdk8s-mesh check` from YAML.
 */
import { ADMISSION_RULES } from './admission';
import { callsOf, groupBy } from './calls';
import { EJECTION_RULES } from './ejection';
import { ENDPOINT_RULES } from './endpoints';
import { IDENTITY_RULES } from './identities';
import type { MeshInfo, WorkloadInfo } from './info';
import { FALLBACK_RULES } from './fallbacks';
import { FAULT_RULES } from './faults';
import { GATEWAY_RULES } from './gateways';
import { IMPORT_RULES } from './imports';
import { LIMIT_RULES } from './limits';
import { NETWORK_POLICY_RULES } from './network-policies';
import { POD_SECURITY_RULES } from './pod-security';
import { OBJECTIVE_RULES } from './objectives';
import { PROTOCOL_RULES } from './protocols';
import { QUESTION_RULES } from './questions';
import { RETRY_RULES } from './retries';
import { ROUTE_ORDER_RULES } from './route-order';
import { ROUTE_SESSION_RULES } from './route-sessions';
import type { Finding, Rule } from './rule';
import { SCALING_RULES } from './scaling';
import { SIZE_RULES } from './sizes';
import { SLOW_START_RULES } from './slow-start';
import { STOPPING_RULES } from './stopping';
import { TIMEOUT_RULES } from './timeouts';
import { WAIT_RULES } from './waits';
import { WEIGHT_RULES } from './weights';

export type { MeshInfo, Range, ServiceInfo, WorkloadInfo } from './info';
export type { Finding, Rule } from './rule';

/** Every rule, by what it is about. */
export const RULES: readonly Rule[] = [
  ...EJECTION_RULES, ...TIMEOUT_RULES, ...WAIT_RULES, ...RETRY_RULES, ...ENDPOINT_RULES, ...FALLBACK_RULES, ...ADMISSION_RULES, ...FAULT_RULES,
  ...SLOW_START_RULES, ...SCALING_RULES, ...OBJECTIVE_RULES, ...STOPPING_RULES, ...IDENTITY_RULES, ...QUESTION_RULES,
  ...NETWORK_POLICY_RULES, ...POD_SECURITY_RULES, ...PROTOCOL_RULES, ...LIMIT_RULES, ...SIZE_RULES,
  ...WEIGHT_RULES, ...ROUTE_ORDER_RULES, ...ROUTE_SESSION_RULES, ...GATEWAY_RULES, ...IMPORT_RULES,
];

function sortKey({ namespace, service, version }: WorkloadInfo): string {
  return `${namespace}/${service}/${version}`;
}

/** Places that are named before the others are counted. */
const NAMED_PLACES = 3;

/** Findings of one rule that say the same of several places, as one: they have one cause, such as a policy that all callers share. */
export function grouped(findings: readonly Finding[]): Finding[] {
  const alike = groupBy(findings, ({ rule, severity, message, remedy }) => [rule, severity, message, remedy].join('\n'));
  return [...alike.values()].map((group) => {
    const places = [...new Set(group.map(({ where }) => where))];
    const more = places.length - NAMED_PLACES;
    return { ...group[0]!, where: places.slice(0, NAMED_PLACES).join(', ') + (more > 0 ? ` and ${more} more` : '') };
  });
}

/** What is wrong in a mesh, errors first. What several versions of a caller do alike is said once. */
export function lint(info: MeshInfo): Finding[] {
  // Sorted, so that the same one of several like findings is told, whatever the order of the caller.
  const workloads = [...info.workloads].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const subject = { ...info, workloads, calls: callsOf({ workloads }) };
  const found = new Map<string, Finding>();
  for (const rule of RULES) {
    for (const problem of rule.find(subject)) {
      const key = [rule.name, problem.workload.namespace, problem.where, problem.message].join('\n');
      if (!found.has(key)) found.set(key, { rule: rule.name, severity: rule.severity, ...problem });
    }
  }
  const findings = [...found.values()];
  return [...findings.filter(({ severity }) => severity === 'error'), ...findings.filter(({ severity }) => severity === 'warning')];
}

/**
 * Runs the lints at synthesis, when all services and calls are known: one validation for all workloads of a cluster. cdk8s
 * knows errors only, so a warning is a line on standard error, once.
 */
import { IConstruct } from 'constructs';
import { Finding, lint, MeshFacts, RULES, WorkloadFacts } from '../planning/lints';
import { LintOptions } from './lint-options';
import { Mistakes } from './mistakes';
import { networkPoliciesIn } from './network-policies';
import { checkQuantity } from './quantities';
import { noteAddition, untilAddition } from './unchanged';

/** A workload whose facts are complete at synthesis. */
export interface LintedWorkload {
  readonly options: LintOptions;
  /** Undefined of a workload whose own mistakes are told already: its document would be refused. */
  facts(): WorkloadFacts | undefined;
}

const clusters = new WeakMap<IConstruct, LintedWorkload[]>();

/** Has a workload checked together with all others of its cluster. */
export function lintWith(cluster: IConstruct, workload: LintedWorkload): void {
  noteAddition();
  const known = clusters.get(cluster);
  if (known) {
    known.push(workload);
    return;
  }
  const workloads = [workload];
  const told = new Set<string>();
  clusters.set(cluster, workloads);
  const withoutPolicies = untilAddition(() => findErrors(workloads, told));
  cluster.node.addValidation({
    validate: () => {
      // Policies are made elsewhere, at any time, and nobody says so here.
      const policies = networkPoliciesIn(cluster);
      return policies.length > 0 ? findErrors(workloads, told, policies) : withoutPolicies();
    },
  });
}

function findErrors(workloads: readonly LintedWorkload[], told: Set<string>, policies?: MeshFacts['policies']): string[] {
  const options = new Map(workloads.flatMap((workload): [WorkloadFacts, LintOptions][] => {
    const facts = workload.facts();
    return facts ? [[facts, workload.options]] : [];
  }));
  const errors: string[] = [];
  for (const finding of lint({ workloads: [...options.keys()], policies })) {
    const { off = [], strict = false } = options.get(finding.workload)!;
    const text = textOf(finding);
    if (off.includes(finding.rule)) {
      continue;
    }
    if (strict || finding.severity === 'error') {
      errors.push(text);
    } else if (!told.has(text)) {
      told.add(text);
      process.stderr.write(`cdk8s-mesh: warning: ${text}\n`);
    }
  }
  return errors;
}

function textOf({ rule, where, message, remedy }: Finding): string {
  return `${where}: ${message}; ${remedy} (${rule})`;
}

const OPTIONS = { off: true, strict: true, zones: true, requestsPerSecond: true, latency: true } as const satisfies Record<keyof LintOptions, true>;

/** Checks the options themselves. */
export function checkLintOptions(mistakes: Mistakes, prop: string, options: LintOptions): void {
  mistakes.unknownProps(options, OPTIONS, `${prop}.`);
  const names = RULES.map(({ name }) => name);
  for (const name of options.off ?? []) {
    if (!names.includes(name)) {
      mistakes.add(`${prop}.off`, name, `there is no such rule; use any of ${names.join(', ')}`);
    }
  }
  if (options.zones !== undefined) {
    mistakes.wholeNumber(`${prop}.zones`, options.zones, 1);
  }
  for (const [service, rate] of Object.entries(options.requestsPerSecond ?? {})) {
    if (!(Number.isFinite(rate) && rate >= 0)) {
      mistakes.add(`${prop}.requestsPerSecond['${service}']`, rate, 'use a number of at least 0');
    }
  }
  for (const [service, latency] of Object.entries(options.latency ?? {})) {
    checkQuantity(mistakes, `${prop}.latency['${service}']`, latency, { unit: 'time', min: 1 });
  }
}

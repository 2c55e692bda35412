/**
 * What a lint is: a rule that finds policies which can't do what they say, and shows the arithmetic.
 */
import type { Call, Target } from './calls';
import type { MeshInfo, WorkloadInfo } from './info';

/** `error`: something can't work. `warning`: something does nothing, or less than its author may think. */
export type Severity = 'error' | 'warning';

/** What a rule looks at. */
export interface Subject extends MeshInfo {
  readonly calls: readonly Call[];
}

/** Where a rule is broken. */
export interface Problem {
  /** Whose settings say whether the rule holds. */
  readonly workload: WorkloadInfo;
  /** `web -> catalog v2`, or `catalog v2`. */
  readonly where: string;
  /** What is so, with the numbers. */
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
}

export interface Rule {
  readonly name: string;
  readonly severity: Severity;
  /** One sentence for the page about rules. */
  readonly about: string;
  readonly find: (subject: Subject) => Problem[];
}

/** A broken rule. */
export interface Finding extends Problem {
  readonly rule: string;
  readonly severity: Severity;
}

/** What a rule says of a place that is known. */
export type Remark = Pick<Problem, 'message' | 'remedy'>;

/** A rule that looks at calls one by one. */
export function ofCalls(judge: (call: Call) => Remark | undefined): Rule['find'] {
  return ({ calls }) => calls.flatMap((call) => {
    const remark = judge(call);
    return remark ? [{ workload: call.caller, where: call.title, ...remark }] : [];
  });
}

/** A rule that looks at what calls lead to, one by one. */
export function ofTargets(judge: (target: Target, call: Call) => Remark | undefined): Rule['find'] {
  return ({ calls }) => calls.flatMap((call) => call.targets.flatMap((target) => {
    const remark = judge(target, call);
    return remark ? [{ workload: call.caller, where: target.title, ...remark }] : [];
  }));
}

/** A rule that looks at workloads one by one. */
export function ofWorkloads(judge: (workload: WorkloadInfo) => Remark | undefined): Rule['find'] {
  return ({ workloads }) => workloads.flatMap((workload) => {
    const remark = judge(workload);
    return remark ? [{ workload, where: titleOf(workload), ...remark }] : [];
  });
}

/** `1 endpoint`, `3 endpoints`. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** A number with two decimals at most; a very large one with three digits. */
export function short(value: number): string {
  return value >= 1e9 ? value.toPrecision(3) : String(Math.round(value * 100) / 100);
}

/** `catalog v2`. */
export function titleOf({ service, version }: WorkloadInfo): string {
  return `${service} ${version}`;
}

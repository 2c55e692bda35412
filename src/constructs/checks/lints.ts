/**
 * Runs the lints at synthesis, when all services and calls are known: one validation for all workloads of a cluster. cdk8s
 * knows errors only, so a warning is a line on standard error, once.
 */
import { IConstruct } from 'constructs';
import { ProxyConfig, withDefaults } from '../../contract';
import { Finding, grouped, lint, WorkloadInfo } from '../../planning/lints';
import { TieFinder } from '../../routing';
import { forgetManifests, oncePerSynthesis } from '../kubernetes/manifests';
import { LintOptions } from '../mesh/lint-options';
import { clusterOf } from '../mesh/mesh-settings';
import { PerApp } from '../synthesis/copies';
import { noteAddition } from '../synthesis/unchanged';
import { LintObjects } from './lint-objects';
import { networkPoliciesIn, podInfo } from './network-policies';

/** A workload, and what its sidecar says of it. The rest is in its objects. */
export interface LintedWorkload {
  readonly workload: IConstruct;
  readonly service: string;
  readonly namespace: string;
  readonly version: string;
  readonly options: LintOptions;
  document(): ProxyConfig;
  /** How large its objects are. */
  sizes(): WorkloadInfo['objects'];
}

/** The workloads of each cluster of an app. */
const WORKLOADS = new PerApp('lints', (root) => {
  const clusters = new Map<string, LintedWorkload[]>();
  const told = new Set<string>();
  let isJudging = false;
  /** Whether anything else is wrong: what can't be synthesized isn't linted, and has no document that could be looked at. */
  const isBroken = (): boolean => {
    isJudging = true;
    try {
      return root.node.findAll().some(({ node }) => node.validate().length > 0);
    } finally {
      isJudging = false;
    }
  };
  const findErrors = oncePerSynthesis(root, () => {
    if (isBroken()) {
      return undefined;
    }
    return [...clusters].flatMap(([cluster, workloads]) => errorsOf(root, cluster, workloads, told));
  });
  root.node.addValidation({
    validate: () => {
      if (isJudging) {
        return [];
      }
      const errors = findErrors();
      if (errors?.length !== 0) {
        forgetManifests(root);
      }
      return errors ?? [];
    },
  });
  return clusters;
});

/** Has a workload checked together with all others of its cluster. */
export function lintWith(construct: IConstruct, workload: LintedWorkload): void {
  noteAddition();
  const clusters = WORKLOADS.of(construct);
  const cluster = clusterOf(construct);
  const workloads = clusters.get(cluster);
  if (workloads) {
    workloads.push(workload);
  } else {
    clusters.set(cluster, [workload]);
  }
}

/** What fails the synthesis. Warnings are printed, each once. */
function errorsOf(root: IConstruct, cluster: string, workloads: readonly LintedWorkload[], told: Set<string>): string[] {
  const objects = new LintObjects(root, cluster);
  const info = infoOf(objects, workloads);
  const options = new Map(info.map((each, index) => [each, workloads[index].options]));
  const errors: string[] = [];
  const services = objects.servicesOf(workloads.map(({ document }) => document()));
  const mesh = { workloads: info, policies: networkPoliciesIn(root, cluster), services, servedMetrics: objects.servedMetrics };
  const found = lint(mesh).flatMap((finding): Finding[] => {
    const { off = [], strict = false } = options.get(finding.workload)!;
    return off.includes(finding.rule) ? [] : [strict ? { ...finding, severity: 'error' } : finding];
  });
  for (const finding of grouped(found)) {
    const text = textOf(finding);
    if (finding.severity === 'error') {
      errors.push(text);
    } else if (!told.has(text)) {
      told.add(text);
      process.stderr.write(`cdk8s-mesh: warning: ${text}\n`);
    }
  }
  return errors;
}

function infoOf(objects: LintObjects, workloads: readonly LintedWorkload[]): WorkloadInfo[] {
  const seen = workloads.map(({ workload, document, sizes: _, ...own }) => ({ ...own, document: document(), ...objects.podsOf(workload) }));
  const ties = new TieFinder();
  const clusters = objects.clustersOf(seen.map(({ writtenNamespace: namespace, labels, document }) => ({ namespace, labels, document })));
  return seen.map(({ service, namespace, version, labels: _, writtenNamespace, options, document, ...pods }, index): WorkloadInfo => ({
    ...pods,
    pod: podInfo(workloads[index].workload, writtenNamespace),
    objects: workloads[index].sizes(),
    service, namespace, version,
    clusters: clusters[index],
    zones: options.zones,
    requestsPerSecond: expectedOf(options.requestsPerSecond, service, namespace),
    latencyMs: expectedOf(options.latency, service, namespace)?.toMilliseconds(),
    ties: ties.of(document.listeners),
    document: withDefaults(document),
    stated: document,
  }));
}

/** What is expected of a service, which may be named with its namespace. */
function expectedOf<T>(expected: { readonly [service: string]: T } = {}, service: string, namespace: string): T | undefined {
  const name = [service, `${service}.${namespace}`].find((each) => Object.hasOwn(expected, each));
  return name === undefined ? undefined : expected[name];
}

function textOf({ rule, where, message, remedy }: Finding): string {
  return `${where}: ${message}; ${remedy} (${rule})`;
}

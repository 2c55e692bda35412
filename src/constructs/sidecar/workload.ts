/**
 * Which workloads a sidecar can be attached to.
 */
import { Construct } from 'constructs';
import { SIDECAR_CONTAINER } from '../../contract';
import * as kplus from '../kubernetes/kplus';
import { isKnownWorkload, PodSpecManifest } from '../kubernetes/patches';
import { ValidationErrors } from '../props/validation-errors';

const OS_LABEL = 'kubernetes.io/os';
const WINDOWS = 'windows';

/** Checks that it is a workload of cdk8s-plus with a network of its own and no sidecar yet. */
export function checkWorkload(errors: ValidationErrors, workload: kplus.Workload | undefined): void {
  if (!(workload instanceof kplus.Workload) || !isKnownWorkload(workload)) {
    errors.add('workload', Construct.isConstruct(workload) ? workload.node.path : workload, isOfAnotherCopy(workload)
      ? 'it comes from another copy of cdk8s-plus-28 than this package uses; have one only (npm ls cdk8s-plus-28 shows where they are)'
      : 'give a Deployment, StatefulSet, DaemonSet, Job or CronJob of cdk8s-plus');
    return;
  }
  if (workload.initContainers.some(({ name }) => name === SIDECAR_CONTAINER)) {
    errors.add('workload', workload.node.path, 'it has a sidecar already; attach one only');
  }
  if (workload.hostNetwork) {
    errors.add('workload', workload.node.path, 'it uses the network of its node (hostNetwork), where a sidecar\'s ports and names are not its own; switch that off');
  }
}

/** Checks a pod as it will be written: names that it has twice, and where it runs. */
export function checkPod(errors: ValidationErrors, spec: PodSpecManifest): void {
  const names = new Set<string>();
  for (const [prop, containers] of Object.entries({ initContainers: spec.initContainers ?? [], containers: spec.containers })) {
    for (const { name } of containers) {
      if (names.has(name)) {
        errors.add(`${prop}.name`, name, name === SIDECAR_CONTAINER
          ? 'this is the name of the sidecar; choose another' : 'two containers of the pod have this name; give each its own');
      }
      names.add(name);
    }
  }
  const volumes = (spec.volumes ?? []) as { readonly name: string }[];
  for (const { name } of volumes.filter((volume, index) => volumes.findIndex((other) => other.name === volume.name) < index)) {
    errors.add('workload.volumes', name, 'this is the name of a volume of the sidecar; choose another');
  }
  checkPlace(errors, spec);
}

/** A sidecar runs on Linux, in a network of its own. */
function checkPlace(errors: ValidationErrors, { hostNetwork, nodeSelector = {}, os, affinity }: PodSpecManifest): void {
  if (hostNetwork) {
    errors.add('hostNetwork', true, 'on the network of its node a sidecar\'s ports and names are not its own; switch it off');
  }
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const places: [string, boolean][] = [
    [`nodeSelector['${OS_LABEL}']`, nodeSelector[OS_LABEL] === WINDOWS],
    ['os.name', os?.name === WINDOWS],
    ['affinity.nodeAffinity', terms.length > 0 && terms.every(({ matchExpressions = [] }) => matchExpressions.some(({ key, operator, values = [] }) => (
      key === OS_LABEL && operator === 'In' && values.length > 0 && values.every((value) => value === WINDOWS))))],
  ];
  for (const [prop] of places.filter(([, isWindows]) => isWindows)) {
    errors.add(prop, WINDOWS, 'the sidecar runs on Linux only; leave this workload out of the mesh, and let others call it by an ExternalService');
  }
}

/** Whether a construct has the name of a class of cdk8s-plus, and is none of it. */
function isOfAnotherCopy(workload: unknown): boolean {
  const name = Construct.isConstruct(workload) ? workload.constructor.name : '';
  const own = (kplus as unknown as Record<string, { readonly prototype?: object } | undefined>)[name];
  return own?.prototype !== undefined && !Object.prototype.isPrototypeOf.call(own.prototype, workload as object);
}

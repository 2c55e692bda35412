/**
 * Which workloads a sidecar can be attached to.
 */
import { Construct } from 'constructs';
import { SIDECAR_CONTAINER } from '../../contract';
import * as kplus from '../kubernetes/kplus';
import { isKnownWorkload } from '../kubernetes/patches';
import { ValidationErrors } from '../props/validation-errors';

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

/** Checks that containers of a pod have names of their own. */
export function checkContainerNames(errors: ValidationErrors, { containers }: kplus.Workload): void {
  const names = new Set<string>();
  for (const { name } of containers) {
    if (names.has(name) || name === SIDECAR_CONTAINER) {
      errors.add('containers.name', name, names.has(name)
        ? 'two containers of the pod have this name; give each its own' : 'this is the name of the sidecar; choose another');
    }
    names.add(name);
  }
}

/** Whether a construct has the name of a class of cdk8s-plus, and is none of it. */
function isOfAnotherCopy(workload: unknown): boolean {
  const name = Construct.isConstruct(workload) ? workload.constructor.name : '';
  const own = (kplus as unknown as Record<string, { readonly prototype?: object } | undefined>)[name];
  return own?.prototype !== undefined && !Object.prototype.isPrototypeOf.call(own.prototype, workload as object);
}

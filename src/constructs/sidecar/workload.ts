/**
 * Which workloads a sidecar can be attached to.
 */
import { ApiObject } from 'cdk8s';
import { Construct, IConstruct } from 'constructs';
import { SIDECAR_CONTAINER } from '../../contract';
import { AttachedWorkload, attachedObject, attachedPlus } from '../kubernetes/attached-workload';
import * as kplus from '../kubernetes/kplus';
import { isKnownWorkload, PodSpecManifest, podTemplateOf } from '../kubernetes/patches';
import { ValidationErrors } from '../props/validation-errors';

const OS_LABEL = 'kubernetes.io/os';
const WINDOWS = 'windows';

/** Checks that something can have a sidecar, and has none yet. Undefined when it can't. */
export function checkWorkload(errors: ValidationErrors, given: IConstruct | undefined): AttachedWorkload | undefined {
  const workload = ApiObject.isApiObject(given) && given.node.scope instanceof kplus.Workload ? given.node.scope : given;
  const shown = Construct.isConstruct(workload) ? workload.node.path : workload;
  const object = workload instanceof kplus.Resource ? ApiObject.of(workload) : workload;
  if (!ApiObject.isApiObject(object)) {
    errors.add('workload', shown, isOfAnotherCopy(workload)
      ? 'it comes from another copy of cdk8s-plus-28 than this package uses; have one only (npm ls cdk8s-plus-28 shows where they are)'
      : hasObjects(workload) ? 'it holds several objects; give one of them, such as MeshSidecar.findWorkload(chart, \'Deployment\', \'web\')' : NOT_A_WORKLOAD);
    return undefined;
  }
  if (!isKnownWorkload(object)) {
    errors.add('workload', shown, `a ${object.kind} of ${object.apiVersion} has no pod template that is known here; ${NOT_A_WORKLOAD}`);
    return undefined;
  }
  const before = errors.messages.length;
  if (workload instanceof kplus.Workload) {
    checkAttachable(errors, workload.node.path, workload.initContainers, workload.hostNetwork ?? false);
    return errors.messages.length > before ? undefined : attachedPlus(workload);
  }
  try {
    checkTemplate(errors, object.node.path, object);
    return errors.messages.length > before ? undefined : attachedObject(object);
  } catch (error) {
    errors.add('workload', object.node.path, `its pod template can't be read: ${(error as Error).message}`);
    return undefined;
  }
}

const NOT_A_WORKLOAD = 'give a Deployment, StatefulSet, DaemonSet, Job or CronJob, of cdk8s-plus or as an ApiObject, or a Rollout of Argo';

/** The object of a workload in an app, by kind and name. Throws with what is there when it is none, or several. */
export function findWorkload(scope: IConstruct, kind: string, name: string): ApiObject {
  const objects = scope.node.findAll().filter((construct): construct is ApiObject => ApiObject.isApiObject(construct) && isKnownWorkload(construct));
  const found = objects.filter((object) => object.kind === kind && object.name === name);
  if (found.length === 1) {
    return found[0];
  }
  const list = (some: readonly ApiObject[]): string => some.map((object) => `${object.kind} '${object.name}'${found.length > 1 ? ` (${object.node.path})` : ''}`).join(', ');
  throw new Error(`[${scope.node.path}] 'findWorkload()' found ${found.length === 0 ? 'no' : 'several'} ${kind} '${name}': `
    + (found.length > 1 ? `${list(found)}; search below one of them only` : objects.length === 0 ? 'there is no workload here' : `there is ${list(objects)}`));
}

/** What keeps the pods of an object from having a sidecar. */
function checkTemplate(errors: ValidationErrors, path: string, object: ApiObject): void {
  const manifest = object.toJson() as { readonly spec?: { readonly workloadRef?: { readonly name?: string } } };
  const { spec } = podTemplateOf(object.kind, manifest);
  if (spec.containers.length === 0) {
    const { workloadRef } = manifest.spec ?? {};
    errors.add('workload', path, workloadRef ? `its pods are those of '${workloadRef.name}' (workloadRef); give that workload` : 'its pod template has no containers; give a workload with an app');
  }
  checkAttachable(errors, path, spec.initContainers ?? [], spec.hostNetwork ?? false);
}

function checkAttachable(errors: ValidationErrors, path: string, initContainers: readonly { readonly name: string }[], hostNetwork: boolean): void {
  if (initContainers.some(({ name }) => name === SIDECAR_CONTAINER)) {
    errors.add('workload', path, 'it has a sidecar already; attach one only');
  }
  if (hostNetwork) {
    errors.add('workload', path, 'it uses the network of its node (hostNetwork), where a sidecar\'s ports and names are not its own; switch that off');
  }
}

function hasObjects(construct: unknown): boolean {
  return Construct.isConstruct(construct) && construct.node.findAll().some((each) => ApiObject.isApiObject(each));
}

/** Checks a pod as it will be written: names that it has twice, and where it runs. */
export function checkNamesAndPlace(errors: ValidationErrors, spec: PodSpecManifest): void {
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

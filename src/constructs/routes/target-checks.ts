/** What can be wrong with where a route sends requests, and copies of them. */
import { MirrorConfig } from '../../contract';
import { checkQuantities, Quantities } from '../props/quantities';
import { isList } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { isA, refusalOfCopy } from '../synthesis/copies';
import { MirrorOptions, RouteTargetOptions } from './route-options';
import { RouteSpec } from './route-spec';
import { RouteTarget } from './route-target';

export const MIRROR_QUANTITIES: Quantities<MirrorOptions, MirrorConfig> = {
  // #region generated quantities of MirrorConfig: percent, maxBodyBytes
  percent: { field: 'percent', unit: 'fraction', min: 0, max: 100 },
  maxBodySize: { field: 'maxBodyBytes', unit: 'size', min: 0, max: 1_048_576 },
  // #endregion
};
const MIRRORS = {
  // #region generated lists of RouteConfig: mirror
  mirror: { least: 0, most: 4 },
  // #endregion
};
const TARGET_OPTIONS = { weight: true } as const satisfies Record<keyof RouteTargetOptions, true>;

/** Most that a weight in the proxy's document can be. */
export const MAX_WEIGHT = 1_000_000;

/** Checks what `to()` got. */
export function checkTargets(errors: ValidationErrors, prop: string, targets: RouteSpec['targets']): void {
  const seen = new Set<RouteTarget>();
  let sum = 0;
  for (const { target, options } of targets) {
    if (!checkTarget(errors, `${prop}.to`, target)) {
      continue;
    }
    if (seen.has(target)) {
      errors.add(`${prop}.to`, target.node.path, 'it is a target already; name it once, with the sum of the weights');
    } else if (seen.has(target._destination())) {
      errors.add(`${prop}.to`, target.node.path, 'its service is a target already, which means all of its versions; name the versions one by one');
    } else if ([...seen].some((other) => other._destination() === target)) {
      errors.add(`${prop}.to`, target.node.path, 'one of its versions is a target already, and it means all of them; name the versions one by one');
    }
    seen.add(target);
    if (typeof options !== 'object' || options === null) {
      errors.add(`${prop}.to(${target.node.id})`, options, 'use an object, such as { weight: 5 }');
      continue;
    }
    errors.unknownProps(options, TARGET_OPTIONS, `${prop}.to(${target.node.id}).`);
    if (options.weight !== undefined) {
      errors.weight(`${prop}.to(${target.node.id}).weight`, options.weight, MAX_WEIGHT);
    }
    sum += options.weight ?? 1;
  }
  checkWeightsTogether(errors, prop, targets);
  if (seen.size > 0 && sum === 0) {
    errors.add(`${prop}.to`, 0, 'all weights are 0, so no target would get a request; give at least one a weight above 0');
  }
}

/** A target without a weight has 1, which beside a stated 10 is hardly what its author means. */
function checkWeightsTogether(errors: ValidationErrors, prop: string, targets: RouteSpec['targets']): void {
  const unstated = targets.filter(({ options }) => options?.weight === undefined);
  if (unstated.length > 0 && unstated.length < targets.length) {
    errors.add(`${prop}.to`, unstated.map(({ target }) => target?.node?.path).join(', '),
      'weights of some targets are stated and of others not; give each target a weight, or none');
  }
}

/**
 * Checks what `mirror()` got.
 *
 * @param receiver what all of the requests themselves are sent to, when it is one
 */
export function checkMirrors(errors: ValidationErrors, prop: string, mirrors: RouteSpec['mirrors'], receiver: RouteTarget | undefined): void {
  const seen = new Set<RouteTarget>();
  for (const { target, options } of mirrors) {
    if (!checkTarget(errors, `${prop}.mirror`, target)) {
      continue;
    }
    if (seen.has(target)) {
      errors.add(`${prop}.mirror`, target.node.path, 'it gets copies already; name it once');
    } else if (target === receiver) {
      errors.add(`${prop}.mirror`, target.node.path, 'it gets the requests themselves, and copies of them would only add to its load; name another target, such as one of its versions');
    }
    seen.add(target);
    checkQuantities(errors, `${prop}.mirror(${target.node.id})`, options, MIRROR_QUANTITIES);
  }
  if (!isList(MIRRORS.mirror, mirrors)) {
    errors.add(`${prop}.mirror`, mirrors.length, `use at most ${MIRRORS.mirror.most}`);
  }
}

function checkTarget(errors: ValidationErrors, prop: string, target: unknown): target is RouteTarget {
  if (isA(RouteTarget, target)) {
    return true;
  }
  const isSidecar = typeof (target as { expose?: unknown } | undefined)?.expose === 'function';
  errors.add(prop, target, refusalOfCopy(RouteTarget, target) ?? (isSidecar ? 'call the expose() of the MeshSidecar first, and give what that returns'
    : 'give a MeshService, one of its versions, an ExternalService, or what MeshSidecar.expose() returns'));
  return false;
}

/**
 * How requests are shared over the versions of a service. The first version takes what the others leave of 100, unless it has a weight of its own;
 * then weights are relative to each other.
 */
import { ValidationErrors } from '../props/validation-errors';

/** Most that a weight in the proxy's document can be. */
export const MAX_WEIGHT = 1_000_000;

/** What the first version's share is filled up to. */
const FULL_WEIGHT = 100;

/** A version, and the weight that it was given. */
interface Share {
  readonly version: { readonly version: string };
  readonly weight?: number;
}

/** The weights of all versions, in their order. */
export function weightsOf([first, ...others]: readonly Share[]): number[] {
  const rest = others.map(({ weight }) => weight ?? 0);
  return [first.weight ?? Math.max(0, FULL_WEIGHT - rest.reduce((sum, weight) => sum + weight, 0)), ...rest];
}

/** Notes weights that leave the first version, or all of them, nothing. */
export function checkWeights(errors: ValidationErrors, serviceName: string, shares: readonly Share[]): void {
  const weights = weightsOf(shares);
  const others = weights.slice(1).reduce((sum, weight) => sum + weight, 0);
  if (shares[0].weight === undefined && others > FULL_WEIGHT) {
    errors.add('weight', others,
      `together the added versions take more than ${FULL_WEIGHT} and leave nothing for '${shares[0].version.version}'; lower them, or give it a weight of its own`);
  }
  if (weights.every((weight) => weight === 0)) {
    errors.add('weight', 0, `no version of '${serviceName}' would get a request; give at least one a weight above 0`);
  }
}

/** Conditions of the claims that a verified token makes. */
import type { ClaimMatch } from '../contract';

/** Verified claims: texts by name. A claim that is a list has several. */
export type Claims = ReadonlyMap<string, readonly string[]>;

export class ClaimConditions {
  private readonly conditions: readonly { readonly name: string; readonly values: ReadonlySet<string> }[];

  constructor(matches: readonly ClaimMatch[]) {
    this.conditions = matches.map(({ name, values }) => ({ name, values: new Set(values) }));
  }

  /** Whether each condition holds: one of its values is one of the claim's. */
  hold(claims: Claims): boolean {
    for (let i = 0; i < this.conditions.length; i++) {
      const { name, values } = this.conditions[i]!;
      const claim = claims.get(name);
      if (claim === undefined || !hasOneOf(claim, values)) return false;
    }
    return true;
  }
}

function hasOneOf(claim: readonly string[], values: ReadonlySet<string>): boolean {
  for (let i = 0; i < claim.length; i++) if (values.has(claim[i]!)) return true;
  return false;
}

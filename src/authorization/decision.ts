/** What comes of a request. Decisions are made when rules are compiled, and are frozen: deciding only finds one. */

/** Why nobody lets a request in. */
export type DenialCause =
  /** Its caller has no verified identity, and no rule is for plain requests. */
  | 'no_identity'
  /** No rule is for its caller. */
  | 'unknown_caller'
  /** There are rules for its caller, but none for such a request. */
  | 'no_match';

export interface Allowed {
  readonly allowed: true;
  /** Index of the rule that lets it in; of several, the one with the most specific match, in the order of routes. */
  readonly rule: number;
  /** Its name. */
  readonly name: string;
}

export interface Denied {
  readonly allowed: false;
  readonly cause: DenialCause;
}

export type Decision = Allowed | Denied;

const denied = (cause: DenialCause): Denied => Object.freeze({ allowed: false, cause });

export const NO_IDENTITY = denied('no_identity');
export const UNKNOWN_CALLER = denied('unknown_caller');
export const NO_MATCH = denied('no_match');

export function allowedBy(rule: number, name: string): Allowed {
  return Object.freeze({ allowed: true, rule, name });
}

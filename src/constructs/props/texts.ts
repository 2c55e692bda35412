/**
 * Texts and lists that the proxy's document bounds. The rules are generated from the contract (scripts/settings.mjs), so that the constructs
 * take what the proxy takes.
 */

/** What a text must look like, and how long it may be. */
export interface TextRule {
  readonly form: RegExp;
  readonly longest: number;
}

/** How many items a list may have. */
export interface ListRule {
  readonly least: number;
  readonly most: number;
}

/** Whether a value is a text that keeps a rule. */
export function isText({ form, longest }: TextRule, value: unknown): value is string {
  return typeof value === 'string' && value.length <= longest && form.test(value);
}

/** Whether a value is a list that keeps a rule. */
export function isList({ least, most }: ListRule, value: unknown): boolean {
  return Array.isArray(value) && value.length >= least && value.length <= most;
}

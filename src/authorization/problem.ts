/** A part of a rule that can't be used. */
export class RuleProblem {
  /**
   * @param rule index of the rule
   * @param field as in `matches/0/path/value`; empty for the rule itself
   * @param message what is wrong, the value got, and what to do
   */
  constructor(readonly rule: number, readonly field: string, readonly message: string) {}
}

/** Why a regular expression is not taken. */

export class RegexProblem {
  /**
   * @param message what is wrong and what to do
   * @param at index of the character where it is
   */
  constructor(readonly message: string, readonly at: number) {}
}

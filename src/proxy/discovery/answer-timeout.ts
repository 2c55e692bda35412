/**
 * How long an answer of the API server is waited for. Short at first: what hangs mostly hangs for good, such as a connection that was
 * begun while the server went away, and another try is answered at once. Longer after each failure: a server that is slow is not
 * helped by being asked again and again. Jittered, so that proxies that hang together don't ask together.
 */

/** The first wait, and the longest. */
export const FIRST_ANSWER_MS = 2_000;
export const LONGEST_ANSWER_MS = 30_000;

/** Most that chance takes off a wait. */
const JITTER = 0.25;

/** @param failures in a row, before this try */
export function answerTimeoutMs(failures: number, random: () => number): number {
  return Math.min(LONGEST_ANSWER_MS, FIRST_ANSWER_MS * 2 ** failures) * (1 - JITTER * random());
}

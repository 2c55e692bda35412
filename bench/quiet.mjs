/**
 * Measuring on a machine that others use too. Before a measurement it is waited for a moment in which they do little, and one
 * in which they did much meanwhile is done again. What is judged is their CPU time and never the result, so nothing is
 * chosen that looks good. All the time that this costs comes out of one budget; when that is spent, what comes is taken.
 */
import { othersMeter } from './machine.mjs';

const LOOK_MS = 300;
/** Part of the machine's CPU time that others may use before, and during a measurement. */
const QUIET_BEFORE = 0.1;
const QUIET_DURING = 0.04;
/** One measurement may use up only so much of the budget. */
const LONGEST_WAIT_MS = 15_000;
const MOST_TRIES = 3;

export function quietMoments(budgetMinutes) {
  let leftMs = budgetMinutes * 60_000;
  let repeated = 0;
  const kept = [];
  const spend = (since) => { leftMs -= performance.now() - since; };

  const waitForQuiet = async () => {
    const until = performance.now() + LONGEST_WAIT_MS;
    while (leftMs > 0 && performance.now() < until) {
      const [meter, since] = [othersMeter(), performance.now()];
      await new Promise((done) => { setTimeout(done, LOOK_MS); });
      if (meter.read().othersPart <= QUIET_BEFORE) return;
      spend(since);
    }
  };
  return {
    /** Resolves to what `measure` does, once it was quiet. */
    async measure(measure) {
      for (let tries = 1; ; tries++) {
        await waitForQuiet();
        const [meter, since] = [othersMeter(), performance.now()];
        const measured = await measure();
        const { othersPart } = meter.read();
        if (othersPart <= QUIET_DURING || leftMs <= 0 || tries === MOST_TRIES) {
          kept.push(othersPart);
          return measured;
        }
        spend(since);
        repeated++;
      }
    },
    /** What others used during the measurements that count, and how many were done again. */
    report: () => ({ othersPart: kept.reduce((sum, part) => sum + part, 0) / kept.length, repeated }),
  };
}

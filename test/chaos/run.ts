/** Runs a scenario: opens its world, lets clients call, does the harm, waits until every request has ended, and judges. */
import { ALWAYS, failedOf, Observation } from './bars';
import { Load } from './load';
import { chanceOf } from './message';
import type { Scenario } from './scenario';
import type { Subject } from './subjects/subject';
import { percentile, recoveredIn } from './timeline';
import { pause } from './world/world';
import { seededRandom } from '../support/random';

export interface RunOptions {
  readonly subject: Subject;
  readonly seed: number;
  /** What times are multiplied by: 1, or less for a short run. */
  readonly pace: number;
}

/** What came of a scenario. */
export interface Result {
  readonly scenario: string;
  readonly subject: string;
  readonly seed: number;
  readonly requests: number;
  /** Failed requests, those that may be sent again and others. */
  readonly failedIdempotent: number;
  readonly failedOthers: number;
  /** Requests that may not be executed twice, and were. */
  readonly twice: number;
  /** From the fault to the end of the last window with a failure; 0 when none failed, Infinity when the run ended in one. */
  readonly recoveredMs: number;
  readonly p99BeforeMs: number;
  readonly p99AfterMs: number;
  readonly peakMemory: number;
  readonly notes: readonly string[];
  /** The bars that were broken, and how. */
  readonly broken: readonly string[];
}

/** Clients call for so long before the fault. */
const WARM_UP_MS = 3_000;

export async function run(scenario: Scenario, { subject, seed, pace }: RunOptions): Promise<Result> {
  const random = seededRandom(Math.floor(chanceOf(scenario.name, `scenario ${seed}`) * 2 ** 32));
  // On a machine that others use, a process may take too long to start; what is judged begins after that.
  const world = await scenario.open(subject).catch(() => scenario.open(subject));
  try {
    const load = new Load({
      random: seededRandom(Math.floor(random() * 2 ** 32)), rate: scenario.rate, protocol: world.protocol, host: world.host, prefix: `${seed}-`, target: () => world.target(),
    });
    let faultMs: number;
    try {
      await pause(WARM_UP_MS * pace);
      faultMs = load.now;
      await scenario.inflict({ world, random, pause: (ms) => pause(ms * pace) });
    } finally {
      await load.stop();
    }
    const { sent } = load;
    const { faulty, severed } = world;
    const observation: Observation = {
      sent, ledger: world.ledger(), faultMs, faulty, severed, peakMemory: world.peakMemory(), problems: world.problems(),
    };
    const failed = failedOf(sent);
    return {
      scenario: scenario.name,
      subject: subject.name,
      seed,
      requests: sent.length,
      failedIdempotent: failed.filter(({ idempotent }) => idempotent).length,
      failedOthers: failed.filter(({ idempotent }) => !idempotent).length,
      twice: sent.filter(({ id, idempotent }) => !idempotent && observation.ledger.executions(id).length > 1).length,
      recoveredMs: recoveredIn(sent, faultMs),
      p99BeforeMs: percentile(sent.filter(({ dueMs }) => dueMs < faultMs), 0.99),
      p99AfterMs: percentile(sent.filter(({ dueMs }) => dueMs >= faultMs), 0.99),
      peakMemory: observation.peakMemory,
      notes: [...world.notes],
      broken: [...ALWAYS, ...scenario.bars].filter((bar) => pace >= 1 || !bar.takesWholeRun).flatMap((bar) => {
        const how = bar.broken(observation);
        return how === undefined ? [] : [`${bar.name}: ${how}`];
      }),
    };
  } finally {
    await world.stop();
  }
}

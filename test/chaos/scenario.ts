/** A scenario: a world, what is done to it while clients call, and what must hold. */
import type { Bar } from './bars';
import type { Protocol } from './message';
import type { Subject } from './subjects/subject';
import type { World } from './world/world';

/** What a scenario may use while it does harm. */
export interface Script<W extends World> {
  readonly world: W;
  /** Repeats with the seed. */
  readonly random: () => number;
  /** Lets so much time pass; a short run passes less. */
  pause(ms: number): Promise<void>;
}

export interface Scenario {
  /** `endpoint-kill`. */
  readonly name: string;
  /** What is done to the world, in a few words. */
  readonly harm: string;
  /** Requests a second. */
  readonly rate: number;
  /** What must hold, beyond what always must. */
  readonly bars: readonly Bar[];
  /** Whether it is about one proxy alone, which may be another than ours. */
  readonly comparable: boolean;
  open(subject: Subject): Promise<World>;
  /** Called once the load has run for a while. */
  inflict(script: Script<World>): Promise<void>;
}

type Rate = Pick<Partial<Scenario>, 'rate'>;

/** A scenario in which one proxy is in front of pods. */
export function scenario<W extends World>(
  parts: Omit<Scenario, 'rate' | 'open' | 'inflict'> & Rate & { open(subject: Subject): Promise<W>; inflict(script: Script<W>): Promise<void> },
): Scenario {
  return { rate: DEFAULT_RATE, ...parts, inflict: (script) => parts.inflict(script as Script<W>) };
}

const DEFAULT_RATE = 200;

/** The name of a scenario that is run with several protocols. */
export function nameOf(protocol: Protocol, name: string): string {
  return protocol === 'http' ? name : `${protocol}-${name}`;
}

/** One of a list. */
export function oneOf<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

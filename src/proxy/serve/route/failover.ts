/**
 * Which level of a route takes a request: its split, or one of its fallbacks. The arithmetic is that of priority levels
 * (src/balancing/stages/priority.ts, after Envoy): a level keeps everything while enough of its endpoints are available, and
 * beyond that the next one takes what is missing.
 *
 * Load leaves a level at once, and comes back little by little: a service that has just recovered has cold caches and no
 * connections, and all callers would notice its recovery in the same moment. What is held back is the share of the levels
 * up to i together, the bound b(i), so that several levels can recover at a time and shares still sum up to 100:
 *
 *     b(i) falls at once to its target B(i), and rises by no more than 100 per recovery time
 *
 * with two exceptions. What can't be held elsewhere, because the levels behind have lost their endpoints, too, comes back at
 * once; and a level that has never been available before gets its share at once, as it can't be recovering.
 *
 * The cold side is told of a change and computes the bounds. The hot side makes one comparison, unless load is divided or
 * on its way back.
 */
import { Level, levelHealth, levelLoads } from '../../../balancing';
import type { FallbackConfig } from '../../../contract';

type LevelOptions = Required<Omit<FallbackConfig, 'split'>>;

/** Levels are never in panic among themselves; their clusters are, each for itself. */
const NO_PANIC = { overprovisioningPercent: 100, panicPercent: 0 };

export class Failover {
  /** How often requests began to leave the first level. */
  count = 0;
  /** Of each level, the percentage of requests up to which it is chosen: now, and where it is going. */
  private bounds: number[];
  private targets: number[];
  /** Whether one of the levels up to this one was ever available. */
  private readonly known: boolean[];
  /** Levels that have nothing available: they get no share, not even one that would leave them in time. */
  private closed: readonly boolean[] = [];
  /** The level that takes everything; -1 when several have a share. */
  private only = 0;
  private recovering = false;
  /** The first level has everything. */
  private whole = true;
  private updatedAt = 0;

  /** @param fallbacks what stands between each level and the next; one less than there are levels */
  constructor(private readonly fallbacks: readonly LevelOptions[]) {
    this.bounds = Array.from({ length: fallbacks.length + 1 }, () => 100);
    this.targets = this.bounds;
    this.known = this.bounds.map(() => false);
  }

  /** The endpoints of a level have changed, or which of them are available. */
  update(levels: readonly Pick<Level, 'available' | 'all'>[], now: number): void {
    this.recover(now);
    const rated = levels.map((level, index) => ({ ...level, overprovisioningPercent: this.fallbacks[index]?.overprovisioningPercent ?? 100 }));
    const loads: number[] = levelLoads(rated, NO_PANIC).map(({ load }) => load);
    if (!loads.some((load) => load > 0)) loads[lastResort(levels)] = 100;
    let sum = 0;
    this.targets = loads.map((load) => (sum += load));

    const health = rated.map((level) => levelHealth(level, NO_PANIC.overprovisioningPercent));
    this.closed = loads.map((load, index) => load === 0 && health[index] === 0);
    let known = false;
    this.rebound((bound, target, index) => {
      const recovers = this.known[index]!;
      known ||= levels[index]!.available > 0;
      this.known[index] ||= known;
      const elsewhere = health.slice(index + 1).reduce((total, part) => total + part, 0);
      return recovers ? Math.max(bound, 100 - elsewhere) : target;
    });
  }

  /**
   * The level of a request.
   *
   * @param now  monotonic milliseconds
   * @param draw uniform in [0, 100); asked for only when it matters
   */
  choose(now: number, draw: () => number): number {
    if (this.recovering) this.recover(now);
    if (this.only >= 0) return this.only;
    const percent = draw();
    let level = 0;
    while (level < this.bounds.length - 1 && percent >= this.bounds[level]!) level++;
    return level;
  }

  /** What each level gets of the requests now, in percent. */
  shares(now: number): number[] {
    this.recover(now);
    return this.bounds.map((bound, index) => bound - (this.bounds[index - 1] ?? 0));
  }

  /** Goes on where another one was that had the same levels. */
  resume(before: Failover): void {
    this.count = before.count;
    this.bounds = [...before.bounds];
    this.targets = [...before.targets];
    before.known.forEach((known, index) => { this.known[index] = known; });
    this.updatedAt = before.updatedAt;
    this.whole = before.whole;
    this.settle();
  }

  /** Lets load come back for the time that has passed. */
  private recover(now: number): void {
    const passed = now - this.updatedAt;
    this.updatedAt = now;
    if (!this.recovering) return;
    this.rebound((bound, target, index) => {
      const { recoveryMs = 0 } = this.fallbacks[index] ?? {};
      return recoveryMs === 0 ? target : bound + (100 * passed) / recoveryMs;
    });
  }

  /** Gives every level another bound, but none beyond its target, none below that of the level before, and no share to a closed one. */
  private rebound(next: (bound: number, target: number, index: number) => number): void {
    let before = 0;
    this.bounds = this.bounds.map((bound, index) => {
      const target = this.targets[index]!;
      const moved = Math.min(target, next(bound, target, index));
      before = this.closed[index] ? before : Math.max(before, moved);
      return before;
    });
    this.settle();
  }

  private settle(): void {
    this.recovering = this.bounds.some((bound, index) => bound < this.targets[index]!);
    const first = this.bounds.findIndex((bound) => bound > 0);
    this.only = this.bounds[first] === 100 ? first : -1;
    const whole = this.only === 0;
    if (this.whole && !whole) this.count += 1;
    this.whole = whole;
  }
}

/** When nobody has anything available: the last level that has endpoints, whose clusters may be in panic and use them all the same. */
function lastResort(levels: readonly Pick<Level, 'all'>[]): number {
  return levels.reduce((last, { all }, index) => (all > 0 ? index : last), 0);
}

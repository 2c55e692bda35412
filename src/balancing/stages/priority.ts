/**
 * Priority levels with Envoy's arithmetic (docs, "Priority levels" and "Panic threshold"). A level's endpoints count for
 * more than they are (overprovisioning, 1.4 by default), so that a level keeps everything until fewer than 1 / 1.4 of its
 * endpoints are available; beyond that the next level takes what is missing:
 *
 *     health(i) = min(100, overprovisioning * available(i) / all(i))      T = min(100, sum of health)
 *     load(i)   = min(100 - loads before, health(i) * 100 / T)
 *
 * all in whole percent, rounded down; what rounding leaves goes to the first level that has any. When all levels together
 * can't take everything (T < 100) and fewer than the panic threshold of a level's endpoints are available, the level doesn't
 * believe it: it uses all of them, for more likely the judgement is wrong, or the rest would be crushed. When nothing is
 * available at all, everything goes to the first level, all of it, unless panic is switched off.
 *
 * A request with a hash chooses its level by the hash, so that it stays where it is while loads do.
 */
import type { FailoverConfig } from '../../contract';
import { Build, Composite } from './composite';
import { mixHash } from '../tables/hash';
import type { Balanced, Picker, PickRequest, Runtime } from '../endpoints/picker';

export interface Level {
  readonly available: number;
  readonly all: number;
  /** How much an available endpoint counts for; absent: as the configuration says for all levels. */
  readonly overprovisioningPercent?: number;
}

export interface LevelLoad {
  /** Part of the requests, in percent. */
  readonly load: number;
  /** All endpoints are used, available or not. */
  readonly panic: boolean;
}

/** Keeps the choice of a level apart from the choice within it. */
const LEVEL_SALT = 0x1e7e1;

/** How much of all requests a level can take, in percent. */
export function levelHealth({ available, all, overprovisioningPercent }: Level, otherwise: number): number {
  return all === 0 ? 0 : Math.min(100, Math.floor(((overprovisioningPercent ?? otherwise) * available) / all));
}

export function levelLoads(levels: readonly Level[], { overprovisioningPercent, panicPercent }: Required<FailoverConfig>): LevelLoad[] {
  const health = levels.map((level) => levelHealth(level, overprovisioningPercent));
  const total = Math.min(100, health.reduce((sum, part) => sum + part, 0));
  const panics = levels.map(({ available, all }) => total < 100 && all > 0 && (available * 100) / all < panicPercent);
  if (total === 0) {
    const first = levels.findIndex(({ all }, index) => all > 0 && panics[index]);
    return levels.map((_, index) => ({ load: index === first ? 100 : 0, panic: panics[index]! }));
  }
  let left = 100;
  const loads = health.map((part) => {
    const load = Math.min(left, Math.floor((part * 100) / total));
    left -= load;
    return load;
  });
  const first = loads.findIndex((load) => load > 0);
  return loads.map((load, index) => ({ load: index === first ? load + left : load, panic: panics[index]! }));
}

class ByPriority<E extends Balanced> extends Composite<E> {
  /** Of each part, the percentage up to which it is chosen. */
  private readonly bounds: Uint8Array;

  constructor(
    parts: readonly Picker<E>[],
    private readonly priorities: readonly number[],
    loads: readonly number[],
    private readonly runtime: Runtime,
  ) {
    super(parts);
    let sum = 0;
    this.bounds = Uint8Array.from(loads, (load) => (sum += load));
  }

  pick(request?: PickRequest): E | undefined {
    const hash = request?.hash;
    const percent = hash === undefined ? Math.floor(this.runtime.random() * 100) : (mixHash(hash, LEVEL_SALT) >>> 0) % 100;
    let index = 0;
    while (index < this.bounds.length - 1 && percent >= this.bounds[index]!) index++;
    return this.parts[index]!.pick(request);
  }

  partOf(priority: number): Picker<E> | undefined {
    return this.parts[this.priorities.indexOf(priority)];
  }
}

/** A level as it is used. */
export interface LevelReport extends Level, LevelLoad {
  readonly priority: number;
}

/** The picker over the levels that take requests, and the endpoints that these use. */
export interface Chosen<E extends Balanced> {
  readonly picker: Picker<E>;
  readonly levels: readonly LevelReport[];
  readonly used: readonly E[];
}

/**
 * Builds the picker over all levels that take requests.
 *
 * @param isAvailable whether an endpoint can take requests, as far as is known
 */
export function byPriority<E extends Balanced>(
  members: readonly E[],
  isAvailable: (member: E) => boolean,
  config: Required<FailoverConfig>,
  runtime: Runtime,
  previous: Picker<E> | undefined,
  build: Build<E>,
): Chosen<E> {
  const groups = new Map<number, E[]>();
  for (const member of members) {
    const priority = member.priority ?? 0;
    const group = groups.get(priority);
    if (group) group.push(member);
    else groups.set(priority, [member]);
  }
  const priorities = [...groups.keys()].sort((a, b) => a - b);
  const available = priorities.map((priority) => groups.get(priority)!.filter(isAvailable));
  const counts = priorities.map((priority, index) => ({ available: available[index]!.length, all: groups.get(priority)!.length }));
  const levels = levelLoads(counts, config).map((load, index) => ({ priority: priorities[index]!, ...counts[index]!, ...load }));

  const used = levels.flatMap((level, index) => (
    level.load === 0 ? [] : [{ level, endpoints: level.panic ? groups.get(level.priority)! : available[index]! }]
  ));
  const all = used.flatMap(({ endpoints }) => endpoints);
  const before = (priority: number): Picker<E> | undefined => (previous instanceof ByPriority ? previous.partOf(priority) : previous);
  if (used.length < 2) return { picker: build(all, before(used[0]?.level.priority ?? 0)), levels, used: all };
  const parts = used.map(({ level, endpoints }) => build(endpoints, before(level.priority)));
  const picker = new ByPriority(parts, used.map(({ level }) => level.priority), used.map(({ level }) => level.load), runtime);
  return { picker, levels, used: all };
}

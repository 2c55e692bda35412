/**
 * How short of memory a process is, by what it has and what it may have. Pure arithmetic; what is done about it is the guard's.
 *
 * The levels are those of Envoy's overload manager with its usual actions: shrink the heap, stop accepting connections, stop
 * accepting requests and reset the streams that hold most. Thresholds are shares of what a process has besides its code, which
 * is there once and never grows. A level is left only some way below its threshold, or it would come and go with every reading.
 */

/** What the process does without, from nothing to more than it likes. */
export const enum MemoryLevel {
  CALM = 0,
  /** Garbage is collected before V8 would. */
  SHRINKING,
  /** Takes no new connections, closes idle ones, and keeps nothing that clients have sent ahead of their turn. */
  STRAINED,
  /** Takes no new requests, and breaks off what holds most. */
  CRITICAL,
}

/** The program and its libraries, once a container; as in src/planning/proxy-memory.ts, which divides the same memory. */
const CODE_BYTES = 40 * 1_048_576;

/** Where levels begin. With the default of 128 MiB: 84, 97 and 108 MiB; a thousand connections take some 80. */
const THRESHOLDS: readonly number[] = [0, 0.5, 0.65, 0.78];

/** How far below its threshold a level is left. */
const HYSTERESIS = 0.05;

/** What a process may have of a container's memory, its code included. */
export function shareOfMemory(limitBytes: number, workers: number): number {
  const processes = workers > 1 ? workers + 1 : 1;
  return CODE_BYTES + Math.max(0, limitBytes - CODE_BYTES) / processes;
}

export class MemoryLevels {
  /** In bytes, by level. */
  private readonly enteredAt: readonly number[];
  private readonly leftAt: readonly number[];

  /** @param share what the process may have, its code included */
  constructor(share: number) {
    const bytes = (part: number): number => Math.round(CODE_BYTES + part * Math.max(0, share - CODE_BYTES));
    this.enteredAt = THRESHOLDS.map(bytes);
    this.leftAt = THRESHOLDS.map((threshold) => bytes(threshold - HYSTERESIS));
  }

  /** The level now, with `used` bytes, after it was `before`. */
  next(before: MemoryLevel, used: number): MemoryLevel {
    let level: MemoryLevel = MemoryLevel.CRITICAL;
    while (level > MemoryLevel.CALM && used < (before >= level ? this.leftAt[level]! : this.enteredAt[level]!)) level -= 1;
    return level;
  }

  /** Where a level begins, in bytes. */
  threshold(level: MemoryLevel): number {
    return this.enteredAt[level]!;
  }

  /** So many bytes have to go until the level is left. */
  excess(level: MemoryLevel, used: number): number {
    return Math.max(0, used - this.leftAt[level]! + 1);
  }
}

/**
 * Keeps the process below its memory limit, where the kernel would kill it and all that it carries. Every connection is bounded by
 * itself, but their sum is not: as many as `maxConnections` allows, each with `maxBufferedBytes`, are far more than a sidecar has.
 * Instead of dividing the memory among connections that mostly need none of it, the guard looks at what is really used, and lets go of
 * the least useful first (memory-levels.ts).
 *
 * When it looks: every moment, and whenever so much has come in since that it could matter. The timer alone would be too late: one turn of the
 * event loop reads from a thousand sockets, 64 KiB each. So the level is up to date within a turn, and code that is about to
 * keep something asks for it; what is done to other connections waits for the next turn, when nothing is half done.
 *
 * What is used: resident memory less what the allocator has free. It keeps what was freed for later instead of giving it back, so
 * resident memory tells how much there once was, and a guard that went by it alone might never be content again. What is free:
 * what has left outside of the heap since resident memory was highest. Above that peak it counts as it is.
 */
import type { Cancel, Clock } from '../../runtime/clock';
import type { ProcessMemory } from '../../runtime/process-memory';
import { MemoryLevel, MemoryLevels, shareOfMemory } from './memory-levels';

/** What can be done about the connections of the process. */
export interface MemoryHolders {
  /** Open client connections. */
  readonly connections: number;
  /** Forgets what clients have sent ahead of their turn; their connections end behind the response under way. Returns of how many. */
  dropBacklogs(): number;
  /** Closes up to so many idle connections. Returns how many. */
  closeIdle(most: number): number;
  /** Breaks off those who hold most, until so many bytes are let go. Returns how many. */
  breakOff(bytes: number): number;
}

export type MemoryAction = 'collect' | 'refuse_connection' | 'refuse_request' | 'drop_backlog' | 'close_idle' | 'break_off';

/** Who counts. */
export interface MemoryInstruments {
  memoryAction(action: MemoryAction, count: number): void;
}

/** How often the guard looks, without and with a reason; and how long it waits for what it let go to be gone. */
const CALM_MS = 250;
const ALERT_MS = 50;

/** Bytes that come in between two readings at most: 1.6 % of what a sidecar has by default. */
const READ_EVERY_BYTES = 2 * 1_048_576;

/** How much of free memory serves again: in the rest there is no room for what comes. */
const REUSABLE = 3 / 4;

/** A connection that holds less is not worth breaking off. */
export const MUCH_BYTES = 16_384;

/** What an idle connection takes, all told. */
export const CONNECTION_BYTES = 32 * 1_024;

/** Garbage is collected after growth by this, and not more often than so. */
const GROWTH_BYTES = 4 * 1_048_576;
const COLLECT_MS = 250;

/** How often it is collected without growth while memory is short, and what clients get to close their side of idle connections. */
const SETTLE_MS = 1_000;

/** With so few connections it isn't they who need the memory, and turning others away would not help. */
const FEW_CONNECTIONS = 16;

export class MemoryGuard {
  level: MemoryLevel = MemoryLevel.CALM;
  private readonly levels: MemoryLevels | undefined;
  private holders: MemoryHolders | undefined;
  private cancel: Cancel | undefined;
  /** Bytes that came in since the last reading. */
  private unread = 0;
  private used = 0;
  /** Resident memory when it was highest, and what lay outside of the heap then. */
  private peakRss = 0;
  private peakExternal = 0;
  /** Least that was used since the last collection. */
  private floor = 0;
  private collectedAt = -Infinity;
  /** Something was let go, which is garbage until it is collected. */
  private letGo = false;
  /** Nothing has been done since a collection but wait for what it does. */
  private collected = false;
  private idleClosedAt = -Infinity;

  /**
   * @param memory  undefined, or without a limit: nothing is guarded
   * @param workers how many processes serve requests
   */
  constructor(
    private readonly memory: ProcessMemory | undefined,
    workers: number,
    private readonly clock: Clock,
    private readonly instruments: MemoryInstruments,
  ) {
    this.levels = memory?.limitBytes === undefined ? undefined : new MemoryLevels(shareOfMemory(memory.limitBytes, workers));
  }

  /** There is a limit to keep to. */
  get guards(): boolean { return this.levels !== undefined; }

  start(holders: MemoryHolders): void {
    this.holders = holders;
    if (this.levels) this.look(CALM_MS);
  }

  close(): void {
    this.cancel?.();
    this.holders = undefined;
  }

  /** No new connections, and nothing ahead of its turn. */
  get strained(): boolean { return this.level >= MemoryLevel.STRAINED; }

  /** No new requests, and nobody may hold much. */
  get critical(): boolean { return this.level === MemoryLevel.CRITICAL; }

  /** Bytes came in, and may stay. */
  took(bytes: number): void {
    this.unread += bytes;
    if (this.unread < READ_EVERY_BYTES || !this.levels || !this.holders) return;
    const before = this.level;
    this.read();
    if (this.level > before) this.look(0);
  }

  /** Counts what others have done because memory was short. */
  count(action: MemoryAction): void {
    this.instruments.memoryAction(action, 1);
  }

  private look(afterMs: number): void {
    this.cancel?.();
    this.cancel = this.clock.after(afterMs, () => this.onTime());
  }

  private onTime(): void {
    this.read();
    this.relieve();
    this.look(this.level === MemoryLevel.CALM ? CALM_MS : ALERT_MS);
  }

  private read(): void {
    this.unread = 0;
    const levels = this.levels!;
    const rss = this.memory!.rss();
    this.used = this.usedOf(rss);
    this.floor = Math.min(this.floor, this.used);
    const level = levels.next(this.level, this.used);
    this.level = this.holders!.connections < FEW_CONNECTIONS ? Math.min(level, MemoryLevel.SHRINKING) : level;
  }

  /** Asks for more than resident memory only where that is high. */
  private usedOf(rss: number): number {
    if (rss < this.levels!.threshold(MemoryLevel.SHRINKING)) {
      this.peakRss = 0;
      return rss;
    }
    const external = this.memory!.external();
    if (rss > this.peakRss) {
      this.peakRss = rss;
      this.peakExternal = external;
    }
    const free = this.peakExternal - external - (this.peakRss - rss);
    return rss - Math.max(0, free) * REUSABLE;
  }

  private relieve(): void {
    const { level, used } = this;
    if (level === MemoryLevel.CALM) return;
    if (!this.collected && this.isCollectionDue(used)) {
      this.collect();
      return;
    }
    this.collected = false;
    if (level < MemoryLevel.STRAINED) return;
    const { levels, holders, instruments } = this;
    const now = this.clock.now();
    const dropped = holders!.dropBacklogs();
    let idle = 0;
    // Their clients have to close, too.
    if (now - this.idleClosedAt >= SETTLE_MS) {
      idle = holders!.closeIdle(Math.ceil(levels!.excess(MemoryLevel.STRAINED, used) / CONNECTION_BYTES));
      this.idleClosedAt = now;
    }
    const broken = level < MemoryLevel.CRITICAL ? 0 : holders!.breakOff(levels!.excess(MemoryLevel.CRITICAL, used));
    instruments.memoryAction('drop_backlog', dropped);
    instruments.memoryAction('close_idle', idle);
    instruments.memoryAction('break_off', broken);
    this.letGo = dropped + idle + broken > 0;
  }

  private isCollectionDue(used: number): boolean {
    const grown = used > this.floor + GROWTH_BYTES;
    // By what is used and not by the level, which says nothing of garbage while there are few connections.
    const strained = used >= this.levels!.threshold(MemoryLevel.STRAINED);
    const elapsed = this.clock.now() - this.collectedAt;
    return this.letGo || (strained ? grown || elapsed >= SETTLE_MS : grown && elapsed >= COLLECT_MS);
  }

  private collect(): void {
    this.memory!.collect();
    this.instruments.memoryAction('collect', 1);
    this.letGo = false;
    this.collected = true;
    this.collectedAt = this.clock.now();
    this.floor = Infinity;
  }
}

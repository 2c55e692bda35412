/**
 * Looks at a mesh again and again: scrapes all proxies, keeps the scrapes of the last seconds, and hands out a snapshot with what
 * has happened since the look before. A look that takes long delays the next one; looks never pile up.
 */
import type { Clock } from '../../proxy/runtime/clock';
import { messageOf } from '../command-line/errors';
import { eventsBetween, MeshEvent } from './events';
import type { SnapshotSource } from './pictures';
import type { MeshProxy, ProxySource } from './proxies';
import { MeshScrape, ProxyScrape, scrapeProxy } from './scrape';
import type { Snapshot } from './snapshot';
import { takeSnapshot } from './take-snapshot';

export interface PollerOptions {
  /** Proxies to scrape; or whole pictures, which have a window of their own. */
  readonly source: ProxySource | SnapshotSource;
  readonly clock: Clock;
  /** From the end of one look to the beginning of the next. Absent: 1 s. */
  readonly periodMs?: number;
  /** Over how long rates and percentiles are measured, as far as there are scrapes. Absent: 10 s. */
  readonly windowMs?: number;
  /** Proxies that are asked at a time. Absent: 16. */
  readonly concurrency?: number;
  onSnapshot(snapshot: Snapshot, events: readonly MeshEvent[]): void;
  /** The proxies can't be found. The next look tries again. */
  onProblem(problem: string): void;
}

const PERIOD_MS = 1_000;
const WINDOW_MS = 10_000;
const CONCURRENCY = 16;

export class Poller {
  /** Scrapes within the window and the last one before, oldest first. */
  private readonly kept: MeshScrape[] = [];
  private cancel: (() => void) | undefined;
  private stopped = false;

  constructor(private readonly options: PollerOptions) {}

  start(): void {
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  private async run(): Promise<void> {
    const { clock, periodMs = PERIOD_MS, onProblem } = this.options;
    try {
      await this.look();
    } catch (error) {
      if (!this.stopped) onProblem(messageOf(error));
    }
    if (!this.stopped) this.cancel = clock.after(periodMs, () => void this.run());
  }

  private async look(): Promise<void> {
    const { source, windowMs = WINDOW_MS, onSnapshot } = this.options;
    if ('look' in source) {
      const { snapshot, events } = await source.look();
      if (!this.stopped) onSnapshot(snapshot, events);
      return;
    }
    const last = this.kept.at(-1);
    const scrape = await this.scrape(await source.proxies(), last);
    if (this.stopped) return;
    this.kept.push(scrape);
    while (this.kept.length > 2 && this.kept[1]!.at <= scrape.at - windowMs) this.kept.shift();
    // The first look shows what is there; nothing has grown yet.
    onSnapshot(takeSnapshot(this.kept[0]!, scrape), last ? eventsBetween(last, scrape) : []);
  }

  private async scrape(all: readonly MeshProxy[], last: MeshScrape | undefined): Promise<MeshScrape> {
    const { clock, concurrency = CONCURRENCY } = this.options;
    const proxies = new Map<string, ProxyScrape>();
    const silent = new Map<string, string>();
    const queue = [...all];
    const work = async (): Promise<void> => {
      for (let proxy = queue.shift(); proxy; proxy = queue.shift()) {
        try {
          proxies.set(proxy.id, await scrapeProxy(proxy, () => clock.now(), last?.proxies.get(proxy.id)));
        } catch (error) {
          silent.set(proxy.id, messageOf(error));
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return { at: clock.now(), wallTime: clock.wallTime(), proxies, silent };
  }
}

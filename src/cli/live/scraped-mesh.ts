/** A mesh as its proxies show it. Each look scrapes all of them, and is held against the scrapes of the last seconds. */
import type { Clock } from '../../proxy/runtime/clock';
import { messageOf } from '../command-line/errors';
import { eventsBetween, MeshEvent } from './events';
import type { MeshProxy, ProxySource } from './proxies';
import { MeshScrape, ProxyScrape, scrapeProxy } from './scrape';
import type { Snapshot } from './snapshot';
import type { SnapshotSource } from './snapshot-source';
import { takeSnapshot } from './take-snapshot';

export interface ScrapedMeshOptions {
  readonly clock: Clock;
  /** Over how long rates and percentiles are measured, as far as there are scrapes. Absent: 10 s. */
  readonly windowMs?: number;
  /** Proxies that are asked at a time. Absent: 16. */
  readonly concurrency?: number;
}

const WINDOW_MS = 10_000;
const CONCURRENCY = 16;

export class ScrapedMesh implements SnapshotSource {
  /** Scrapes within the window and the last one before, oldest first. */
  private readonly kept: MeshScrape[] = [];

  constructor(private readonly source: ProxySource, private readonly options: ScrapedMeshOptions) {}

  async look(): Promise<{ readonly snapshot: Snapshot; readonly events: readonly MeshEvent[] }> {
    const { windowMs = WINDOW_MS } = this.options;
    const last = this.kept.at(-1);
    const scrape = await this.scrape(await this.source.proxies(), last);
    this.kept.push(scrape);
    while (this.kept.length > 2 && this.kept[1]!.at <= scrape.at - windowMs) this.kept.shift();
    // The first look shows what is there; nothing has grown yet.
    return { snapshot: takeSnapshot(this.kept[0]!, scrape), events: last ? eventsBetween(last, scrape) : [] };
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

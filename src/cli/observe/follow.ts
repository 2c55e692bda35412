/**
 * Follows the requests of a mesh: reads the page `/requests` of all proxies again and again, and hands out what is new. The first reading
 * asks the proxies to keep requests, so what came before is never shown.
 */
import type { Clock } from '../../proxy/runtime/clock';
import { MeshProxy, ProxySource, readRequests, RecentRequest, ServiceId } from '../live';

/** A pod that does not answer stays unknown; asking for it means a look at all proxies. */
const ASK_AGAIN_MS = 5_000;

export interface FollowedRequest extends RecentRequest {
  readonly service: ServiceId;
  readonly pod: string;
}

export interface FollowOptions {
  readonly source: ProxySource;
  readonly clock: Clock;
  /** From one reading to the next. A proxy keeps 256 requests and 100 of a second: within two seconds none that it keeps is missed. */
  readonly periodMs: number;
  /** Of which service each pod is; asked again when there is a pod that it does not know. */
  services(): Promise<ReadonlyMap<string, ServiceId>>;
  /** Oldest first. */
  onRequests(requests: readonly FollowedRequest[]): void;
  /** All proxies were read once more, and what was new is handed out. */
  onRead?(): void;
  /** The proxies can't be found any more. */
  onEnd(error: unknown): void;
}

export class Follower {
  /** By pod: the last request that was seen. */
  private readonly last = new Map<string, string | undefined>();
  private names: ReadonlyMap<string, ServiceId> = new Map();
  private readonly asked = new Set<string>();
  private askedAt = -Infinity;
  private begun = false;
  private stopped = false;
  private cancel: (() => void) | undefined;

  constructor(private readonly options: FollowOptions) {}

  start(): void {
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  private async run(): Promise<void> {
    const { source, services, onRequests, onEnd, clock, periodMs } = this.options;
    try {
      const proxies = await source.proxies();
      const unknown = proxies.filter(({ id }) => !this.names.has(id));
      if (unknown.some(({ id }) => !this.asked.has(id)) || (unknown.length > 0 && clock.now() - this.askedAt >= ASK_AGAIN_MS)) {
        for (const { id } of unknown) this.asked.add(id);
        this.askedAt = clock.now();
        this.names = await services();
      }
      // A pod that gives no answer may have just gone.
      const answers = await Promise.allSettled(proxies.map((proxy) => this.newOf(proxy)));
      if (this.stopped) return;
      const requests = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      requests.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
      if (requests.length > 0) onRequests(requests);
      this.begun = true;
      this.options.onRead?.();
    } catch (error) {
      if (!this.stopped) onEnd(error);
      return;
    }
    this.cancel = clock.after(periodMs, () => void this.run());
  }

  private async newOf(proxy: MeshProxy): Promise<FollowedRequest[]> {
    const kept = await readRequests(proxy);
    const service = this.names.get(proxy.id);
    const known = kept.findIndex(({ id }) => id === this.last.get(proxy.id));
    this.last.set(proxy.id, kept.at(-1)?.id);
    // Others may have been reading before this began.
    return this.begun && service !== undefined ? kept.slice(known + 1).map((request) => ({ ...request, service, pod: proxy.pod })) : [];
  }
}

/** Who is told of exchanges that are over: the access log, and the page `/requests` while somebody reads it. Mostly nobody is. */
import type { Clock } from '../runtime/clock';
import type { LineWriter } from '../telemetry/line-writer';
import { NotedRequest } from '../telemetry/noted-request';
import { RecentRequest, RecentRequests } from '../telemetry/recent-requests';
import { AccessRecorder, accessRecorder, note } from './access-recorder';
import type { Proxy } from './proxy';

export class ExchangeListeners {
  private readonly recent: RecentRequests;
  private proxy: Proxy | undefined;
  private log: AccessRecorder | undefined;

  /** @param process tells this process from others of the pod */
  constructor(private readonly writer: LineWriter, private readonly clock: Clock, process: string, onLimit: () => void) {
    this.recent = new RecentRequests(clock, process, () => this.update(), onLimit);
  }

  /** This is in force now. */
  commit(proxy: Proxy, random: () => number): void {
    this.proxy = proxy;
    this.log = accessRecorder(this.writer, this.clock, random, proxy.config);
    this.update();
  }

  readRecent(): readonly RecentRequest[] {
    return this.recent.read();
  }

  private update(): void {
    if (!this.proxy) return;
    const { log, recent } = this;
    const noted = new NotedRequest();
    this.proxy.context.onTcpClosed = log?.onConnection;
    this.proxy.context.onExchange = !recent.isWanted ? log?.onExchange : (exchange) => {
      log?.onExchange(exchange);
      recent.record(note(noted, exchange));
    };
  }
}

/** What comes to the pod from outside, as its departure sees it: the listeners for that, and the connections to the app behind them. */
import type { ResolvedProxyConfig } from '../../contract';
import type { ClusterLookup } from '../cluster/cluster-set';
import { afterOneRound, Clock } from '../runtime/clock';
import type { ServeContext } from '../serve/context';
import type { Listener } from '../serve/downstream/listener';
import type { ListenerSet } from '../serve/downstream/listener-set';
import type { DepartureEffects } from './departure';

export class PodTraffic implements DepartureEffects {
  /** @param config the document in force */
  constructor(
    private readonly context: ServeContext, private readonly listeners: ListenerSet, private readonly clusters: ClusterLookup,
    private readonly clock: Pick<Clock, 'now'>, private readonly config: () => ResolvedProxyConfig,
  ) {}

  endConnections(on: boolean): void {
    this.context.leaving = on;
    if (on) for (const listener of this.fromOutside()) listener.announceEnd();
  }

  refuse(on: boolean): void { this.context.refusing = on; }

  useFreshConnections(on: boolean): void {
    const routes = this.config().listeners.filter(({ direction }) => direction === 'inbound').flatMap((listener) => listener.routes);
    for (const { cluster } of routes.flatMap(({ split }) => split)) this.clusters.get(cluster).reuseConnections(!on);
  }

  /** When what has arrived is read: a timer may come before it, and a request that is read no more is lost. */
  closeIdle(leastIdleMs: number, turns: number): void {
    afterOneRound(() => {
      const now = this.clock.now();
      const idle = this.fromOutside().flatMap(({ connections }) => [...connections]).filter((connection) => connection.idleMs(now) >= leastIdleMs);
      for (const connection of idle.slice(0, Math.ceil(idle.length / turns))) connection.closeIdle();
    });
  }

  stop(): void {
    for (const listener of this.fromOutside()) listener.stop();
  }

  private fromOutside(): Listener[] {
    return this.listeners.all().filter(({ fromOutside }) => fromOutside);
  }
}

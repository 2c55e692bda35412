/**
 * What a proxy does from the notice on that its pod is being terminated, while the app still serves:
 *
 *     |-- endpointPropagation --|------------- appDrain -------------|-------- drain --------|
 *     notice                    SIGTERM to the app                   the app's time is over
 *     responses end their connections
 *                  idle connections are closed, and no connection to the app is used twice
 *                                                                    no new request goes to the app
 *                                                                                         what is under way is ended
 *
 * Clients that keep a connection through a Service's address never learn from Kubernetes that its pod goes away; so they are told
 * while there is somebody to serve them. A response that says `Connection: close` is the one safe way: its client knows that nothing
 * of its next request is lost. A connection that is closed while it is idle may cross with a request, so those are left alone which
 * were used within the last second (their next response tells), and the others are closed little by little in the second half of
 * the time to propagate, when those who connect anew find another pod.
 *
 * What an app does with idle connections when it is told to end can't be told from a request that it has begun with. Shortly before
 * that, each request to it gets a connection of its own: an app that takes no more then refuses it, and nobody has seen the request.
 *
 * Its last part is for the app that ignores its SIGTERM. The proxy's own SIGTERM comes when the app has ended, here at the end of the
 * grace period, and then there is no time left. It is not played unless the notice is believed.
 */
import type { ShutdownConfig } from '../../contract';
import type { Cancel, Clock } from '../runtime/clock';

/** How often idle connections are looked at. */
const TICK_MS = 100;
/** A connection that was used since is left to its next response. */
export const LEAST_IDLE_MS = 1_000;
/** Of the time to propagate, when idle connections begin to be closed, and when each request to the app gets its own connection. */
const IDLE_FROM = 0.5;
const FRESH_FROM = 0.9;
/** Of the time to drain, how much requests and tunnels have: the rest is for telling their clients that it is over. */
export const BUSY_SHARE_OF_DRAIN = 0.9;
/** What the kubelet gives a container at least between SIGTERM and SIGKILL, however little of the grace period is left. */
const KUBELET_MINIMUM_MS = 2_000;

/** What is done to the connections and requests that come from other pods. */
export interface DepartureEffects {
  /** Says with every response that it is its connection's last. */
  endConnections(on: boolean): void;
  /** Closes idle connections that were not used for so long; of `turns` calls that follow each other, this is the first. */
  closeIdle(leastIdleMs: number, turns: number): void;
  /** Uses no connection to the app for another request. */
  useFreshConnections(on: boolean): void;
  /** Answers new requests by the proxy itself. */
  refuse(on: boolean): void;
  /** Ends what is under way. */
  stop(): void;
}

/** The whole of it, from the notice on: the pod's grace period. */
export function budgetMs({ endpointPropagationMs, appDrainMs, drainMs }: Required<ShutdownConfig>): number {
  return endpointPropagationMs + appDrainMs + drainMs;
}

/** How long the proxy has to drain when its SIGTERM comes `elapsedMs` after the notice. */
export function timeToDrain(shutdown: Required<ShutdownConfig>, elapsedMs: number): number {
  return Math.min(shutdown.drainMs, Math.max(KUBELET_MINIMUM_MS, budgetMs(shutdown) - elapsedMs));
}

export class Departure {
  private readonly timers = new Set<Cancel>();
  private over = false;

  /**
   * @param elapsedMs how long ago the notice was
   * @param believed  the app's time may be held against it
   */
  constructor(
    private readonly clock: Clock, shutdown: Required<ShutdownConfig>, private readonly effects: DepartureEffects,
    elapsedMs: number, believed: boolean,
  ) {
    const { endpointPropagationMs: propagation, appDrainMs, drainMs } = shutdown;
    effects.endConnections(true);
    this.at(propagation * IDLE_FROM - elapsedMs, () => this.tick(propagation - Math.max(elapsedMs, propagation * IDLE_FROM)));
    this.at(propagation * FRESH_FROM - elapsedMs, () => effects.useFreshConnections(true));
    if (!believed) return;
    this.at(propagation + appDrainMs - elapsedMs, () => effects.refuse(true));
    this.at(propagation + appDrainMs + drainMs * BUSY_SHARE_OF_DRAIN - elapsedMs, () => effects.stop());
  }

  /** What was begun goes on, but nothing more of it is done: the proxy drains. */
  close(): void {
    this.over = true;
    for (const cancel of this.timers) cancel();
    this.timers.clear();
  }

  /** Everything is as it was before. */
  undo(): void {
    this.close();
    this.effects.endConnections(false);
    this.effects.useFreshConnections(false);
    this.effects.refuse(false);
  }

  /** @param leftMs until all that is idle is to be closed */
  private tick(leftMs: number): void {
    this.effects.closeIdle(LEAST_IDLE_MS, Math.max(1, Math.ceil(leftMs / TICK_MS)));
    this.at(TICK_MS, () => this.tick(leftMs - TICK_MS));
  }

  private at(ms: number, task: () => void): void {
    if (this.over) return;
    const cancel = this.clock.after(Math.max(0, ms), () => {
      this.timers.delete(cancel);
      task();
    });
    this.timers.add(cancel);
  }
}

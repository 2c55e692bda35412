/**
 * Notices that the pod is being terminated, as the kubelet gives them by the sidecar's `preStop`: an HTTP GET, for the image has no
 * shell, and a second Node process in the container could take the memory that the proxy needs.
 *
 * Anything that reaches the admin port can send one, so a notice alone costs little: connections are not kept, everything is served. It ends by
 * itself when the process is still there well after the grace period. The app's time is held against it (departure.ts) only
 * when the notice comes from the pod's node, as the kubelet's do (node-addresses.ts); such a notice takes the place of another's.
 *
 * This is the side of the process that has the admin pages; with workers, it tells them.
 */
import type { ResolvedProxyConfig, ShutdownConfig } from '../../contract';
import type { Cancel, Clock } from '../runtime/clock';
import { FAMILIES } from '../telemetry/catalog';
import type { EventLog } from '../telemetry/log';
import type { MetricRegistry } from '../telemetry/registry';
import { budgetMs, timeToDrain } from './departure';

/** How long after the grace period a process that is still there takes the notice for wrong. */
export const MARGIN_MS = 10_000;

/** Whatever serves requests: one proxy, or a fleet of workers. */
export interface TerminatingEngine {
  readonly config: Pick<ResolvedProxyConfig, 'shutdown'>;
  leave(believed: boolean): void;
  stay(): void;
}

export interface NoticeDependencies {
  /** Whether an address is one that the kubelet may ask from (node-addresses.ts). */
  readonly isFromNode: (address: string) => boolean;
  readonly clock: Clock;
  readonly registry: MetricRegistry;
  readonly log: Pick<EventLog, 'info' | 'warn'>;
  readonly engine: TerminatingEngine;
}

export class TerminationNotices {
  private begun: { readonly at: number; readonly believed: boolean; readonly shutdown: Required<ShutdownConfig> } | undefined;
  private cancels: readonly Cancel[] = [];

  constructor(private readonly dependencies: NoticeDependencies) {
    dependencies.registry.observe(FAMILIES.terminating, {}, () => (this.begun ? 1 : 0));
  }

  /** A notice. Returns what its sender reads. */
  receive(address: string): string {
    const { clock, log, engine, isFromNode } = this.dependencies;
    const believed = isFromNode(address);
    if (this.begun && (this.begun.believed || !believed)) {
      this.count('repeated');
      return 'this was known already\n';
    }
    if (this.begun) {
      // Somebody else said so before the kubelet did.
      this.close();
      engine.stay();
    }
    const { shutdown } = engine.config;
    this.begun = { at: clock.now(), believed, shutdown };
    this.count('taken');
    log.info('terminating', { from: address, believed, ...shutdown });
    engine.leave(believed);
    this.cancels = [
      clock.after(budgetMs(shutdown) + MARGIN_MS, () => this.onStillThere()),
      ...(believed && shutdown.appDrainMs > 0
        ? [clock.after(shutdown.endpointPropagationMs + shutdown.appDrainMs, () => this.onOverdue(shutdown))] : []),
    ];
    return 'connections from other pods are not kept any more\n';
  }

  /** The pod's node has said that the pod is being terminated. */
  get isBelieved(): boolean { return this.begun?.believed === true; }

  /** Settles when the time in which others learn of it is over. */
  async propagated(): Promise<void> {
    const { begun, dependencies: { clock } } = this;
    const leftMs = begun ? begun.at + begun.shutdown.endpointPropagationMs - clock.now() : 0;
    if (leftMs > 0) await new Promise<void>((resolve) => { clock.after(leftMs, resolve); });
  }

  /** How long the proxy has to drain when it is told to stop now. */
  get timeToDrainMs(): number {
    const { begun, dependencies: { engine, clock } } = this;
    return begun ? timeToDrain(begun.shutdown, clock.now() - begun.at) : engine.config.shutdown.drainMs;
  }

  /** The proxy stops: there is nothing to be taken back. */
  close(): void {
    for (const cancel of this.cancels) cancel();
  }

  private onOverdue({ appDrainMs }: Required<ShutdownConfig>): void {
    this.dependencies.log.warn('app_overdue', {
      appDrainMs, effect: 'the app gets no more requests', remedy: 'let it end on SIGTERM, or raise the prop appDrain',
    });
  }

  private onStillThere(): void {
    this.begun = undefined;
    this.count('taken_back');
    this.dependencies.log.warn('not_terminated', { effect: 'all is as before the notice' });
    this.dependencies.engine.stay();
  }

  private count(result: 'taken' | 'repeated' | 'taken_back'): void {
    this.dependencies.registry.counter(FAMILIES.terminationNotices, { result }).value += 1;
  }
}

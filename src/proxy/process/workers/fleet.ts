/**
 * The primary's side: starts the workers, gives all of them every document and every snapshot of endpoints, and speaks
 * for them. A document is staged by all workers before any commits it, so a port that one can't bind refuses it for all.
 * A worker that dies is replaced; its connections are lost, the others' are not.
 *
 * What a worker knows of endpoints (requests in flight, latencies) is its own, as in Envoy: each balances its share of the
 * connections, and a limit on connections holds per worker.
 */
import type { ResolvedProxyConfig } from '../../../contract';
import type { Clock } from '../../runtime/clock';
import type { SourceFactory } from '../../cluster/cluster';
import { decodeConfig, describeErrors, Document } from '../../config/decode';
import { PodNames, succeed } from '../../config/succeed';
import type { Engine } from '../engine';
import type { Applied, Readiness, Refused } from '../proxy';
import type { BypassReport } from '../../serve/downstream/bypass/known-sidecars';
import type { FamilyDump } from '../../telemetry/aggregate';
import type { ClusterReport } from '../../telemetry/cluster-view';
import type { RecentRequest } from '../../telemetry/recent-requests';
import type { FromWorker, ToWorker, WorkerReport } from './messages';
import type { Identity } from '../../tls/identity';
import type { IdentityKeeper, StagedIdentity } from '../../tls/identity-keeper';
import { mergeBypasses, mergeClusters } from './merge-clusters';
import { SourceHub, SourceListener } from './source-hub';

/** How long a worker is waited for. */
export const ANSWER_MS = 10_000;

/** A worker that has answered nothing for so long is stuck, and replaced. As with the kubelet's probes, sooner it may just get no CPU. */
export const STUCK_MS = 60_000;

/** A worker that lived shorter than this is replaced only after a wait, which doubles up to the longest. */
const CRASH_AGE_MS = 10_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** How much longer than the proxy's own time to drain a worker is waited for. */
const DRAIN_MARGIN_MS = 1_000;

/** A worker process, as the fleet sees it. */
export interface WorkerProcess {
  send(message: ToWorker): void;
  kill(): void;
  onMessage(listener: (message: FromWorker) => void): void;
  onExit(listener: (code: number | null, signal: string | null) => void): void;
}

export interface FleetDependencies {
  readonly clock: Clock;
  readonly sources: SourceFactory;
  /** Number of workers. */
  readonly size: number;
  fork(): WorkerProcess;
  /** The names in the pod's hosts file; absent where there is none. */
  readonly names?: PodNames;
  /** The primary's own identity, for metrics by mutual TLS. */
  readonly identities: IdentityKeeper;
  /** What was in force in another process, and outlives it as it would a reload. */
  readonly before?: ResolvedProxyConfig;
  onEvent(event: 'worker_died' | 'worker_stuck' | 'worker_refused', fields: Readonly<Record<string, string | number | readonly string[]>>): void;
}

interface Member {
  readonly process: WorkerProcess;
  readonly startedAt: number;
  /** Has committed a document. */
  serving: boolean;
  /** Since when it has left questions open; undefined while it answers. */
  silentSince: number | undefined;
  readonly awaited: Map<number, (message: FromWorker | undefined) => void>;
  drained: ((cut: number) => void) | undefined;
}

export class Fleet implements Engine {
  /** What is in force; undefined before all workers have had a first document. */
  private current: Document | undefined;
  /** As of the last report. */
  connections = 0;
  private text = '';
  private readonly members = new Set<Member>();
  private readonly hub: SourceHub;
  private nextId = 0;
  private stopping = false;
  private crashes = 0;
  /** Since when the pod is being terminated, in monotonic milliseconds. */
  private leaving: { readonly at: number; readonly believed: boolean } | undefined;

  private constructor(private readonly dependencies: FleetDependencies) {
    const toAll: SourceListener = {
      onSnapshot: (key, snapshot) => this.sendAll({ type: 'snapshot', key, snapshot }),
      onHealth: (key, state) => this.sendAll({ type: 'health', key, state }),
    };
    this.hub = new SourceHub(dependencies.sources, dependencies.clock, toAll);
  }

  /** Starts all workers with a first document, or says why that can't be. */
  static async start(text: string, dependencies: FleetDependencies): Promise<{ readonly engine: Fleet } | Refused> {
    const fleet = new Fleet(dependencies);
    for (let i = 0; i < dependencies.size; i += 1) fleet.hire();
    const applied = await fleet.apply(text);
    if (applied.ok) return { engine: fleet };
    fleet.close();
    return applied;
  }

  get config(): ResolvedProxyConfig { return this.current!.config; }
  get hash(): string { return this.current!.hash; }
  get ignored(): readonly string[] { return this.current!.ignored; }
  get identity(): Identity | undefined { return this.dependencies.identities.identity; }

  async apply(text: string): Promise<Applied> {
    const decoded = decodeConfig(text);
    if (!decoded.ok) return { ok: false, hash: decoded.hash, problems: describeErrors(decoded.errors) };
    const { hash } = decoded;
    const successor = succeed(this.current?.config ?? this.dependencies.before, decoded.config, this.dependencies.names);
    if (!successor.ok) return { ok: false, hash, problems: successor.problems };
    const { config } = successor;
    if (this.stopping) return { ok: false, hash, problems: ['the proxy is shutting down'] };
    try {
      this.hub.add(config);
    } catch (error) {
      return { ok: false, hash, problems: [(error as Error).message] };
    }
    const id = ++this.nextId;
    const members = [...this.members];
    // What is kept beyond the document is part of what workers get, so that one which comes later has it too.
    const whole = JSON.stringify(config);
    const answers = await Promise.all(members.map((member) => this.ask(member, { type: 'stage', id, text: whole })));
    const identity = await this.stageIdentity(config);
    const problems = [
      ...answers.flatMap((answer) => (answer?.type === 'staged' ? answer.problems : ['a worker did not answer'])), ...identity.ok ? [] : identity.problems,
    ];
    if (problems.length > 0 || !identity.ok) {
      if (identity.ok) identity.rollback();
      for (const member of members) member.process.send({ type: 'rollback', id });
      if (this.current) this.hub.keepOnly(this.current.config);
      return { ok: false, hash, problems: [...new Set(problems)], mayPass: true };
    }
    identity.commit();
    this.current = { ...decoded, config };
    this.text = whole;
    for (const member of members) {
      member.process.send({ type: 'commit', id });
      member.serving = true;
    }
    this.hub.keepOnly(config);
    return { ...decoded, config };
  }

  /** Workers have their own. That of the primary is for metrics alone. */
  private stageIdentity({ identity, admin }: ResolvedProxyConfig): Promise<StagedIdentity> {
    return this.dependencies.identities.stage(identity && admin.metricsMutualTls ? { identity } : {});
  }

  async readiness(): Promise<Readiness> {
    if (this.stopping) return { ready: false, why: 'shutting down' };
    const reports = await this.reports();
    const unready = reports.find(({ ready }) => !ready);
    if (unready) return { ready: false, why: unready.why };
    return reports.length > 0 ? { ready: true, why: reports[0]!.why } : { ready: false, why: 'no worker answers' };
  }

  async metrics(): Promise<readonly (readonly FamilyDump[])[]> {
    return (await this.reports()).map(({ metrics }) => metrics);
  }

  async clusters(): Promise<readonly ClusterReport[]> {
    return mergeClusters((await this.reports()).map(({ clusters }) => clusters));
  }

  async bypasses(): Promise<readonly BypassReport[]> {
    return mergeBypasses((await this.reports()).flatMap(({ bypasses }) => bypasses));
  }

  async recentRequests(): Promise<readonly RecentRequest[]> {
    const serving = [...this.members].filter((member) => member.serving);
    const answers = await Promise.all(serving.map((member) => this.ask(member, { type: 'recent', id: ++this.nextId })));
    return answers.flatMap((answer) => (answer?.type === 'recent' ? answer.requests : []));
  }

  leave(believed: boolean): void {
    this.leaving = { at: this.dependencies.clock.now(), believed };
    for (const { process } of this.members) this.tellLeaving(process);
  }

  stay(): void {
    this.leaving = undefined;
    this.sendAll({ type: 'stay' });
  }

  async drain(drainMs: number): Promise<{ readonly cut: number }> {
    this.stopping = true;
    const timeout = drainMs + DRAIN_MARGIN_MS;
    const cuts = await Promise.all([...this.members].map((member) => new Promise<number>((resolve) => {
      const cancel = this.dependencies.clock.after(timeout, () => resolve(0));
      member.drained = (cut) => {
        cancel();
        resolve(cut);
      };
      member.process.send({ type: 'drain', drainMs });
    })));
    this.close();
    return { cut: cuts.reduce((sum, cut) => sum + cut, 0) };
  }

  close(): void {
    this.stopping = true;
    this.hub.close();
    this.dependencies.identities.close();
    for (const { process } of this.members) process.kill();
  }

  private async reports(): Promise<WorkerReport[]> {
    const serving = [...this.members].filter((member) => member.serving);
    const answers = await Promise.all(serving.map((member) => this.ask(member, { type: 'report', id: ++this.nextId })));
    const reports = answers.flatMap((answer) => (answer?.type === 'report' ? [answer.report] : []));
    this.connections = reports.reduce((sum, { connections }) => sum + connections, 0);
    return reports;
  }

  /** Undefined when the worker died, or does not answer in time. */
  private ask(member: Member, message: Extract<ToWorker, { readonly id: number }>): Promise<FromWorker | undefined> {
    return new Promise((resolve) => {
      const { clock, onEvent } = this.dependencies;
      const askedAt = clock.now();
      const cancel = clock.after(ANSWER_MS, () => {
        member.awaited.delete(message.id);
        member.silentSince ??= askedAt;
        const silentMs = clock.now() - member.silentSince;
        if (silentMs >= STUCK_MS && this.members.has(member)) {
          onEvent('worker_stuck', { silentMs });
          member.process.kill();
        }
        resolve(undefined);
      });
      member.awaited.set(message.id, (answer) => {
        cancel();
        resolve(answer);
      });
      member.process.send(message);
    });
  }

  private tellLeaving(process: WorkerProcess): void {
    const { leaving, dependencies: { clock } } = this;
    if (leaving) process.send({ type: 'leave', believed: leaving.believed, elapsedMs: clock.now() - leaving.at });
  }

  private sendAll(message: ToWorker): void {
    for (const { process } of this.members) process.send(message);
  }

  private hire(): Member {
    const process = this.dependencies.fork();
    const member: Member = {
      process, startedAt: this.dependencies.clock.now(), serving: false, silentSince: undefined, awaited: new Map(), drained: undefined,
    };
    this.members.add(member);
    process.onMessage((message) => {
      member.silentSince = undefined;
      if (message.type === 'drained') {
        member.drained?.(message.cut);
        return;
      }
      const answer = member.awaited.get(message.id);
      member.awaited.delete(message.id);
      answer?.(message);
    });
    process.onExit((code, signal) => this.onExit(member, code, signal));
    this.hub.replay({
      onSnapshot: (key, snapshot) => process.send({ type: 'snapshot', key, snapshot }),
      onHealth: (key, state) => process.send({ type: 'health', key, state }),
    });
    return member;
  }

  private onExit(member: Member, code: number | null, signal: string | null): void {
    this.members.delete(member);
    for (const answer of member.awaited.values()) answer(undefined);
    member.drained?.(0);
    // Before the first document is in force, a death ends the start of the fleet and nothing is replaced.
    if (this.stopping || !this.current) return;
    this.dependencies.onEvent('worker_died', { code: code ?? signal ?? 'unknown' });
    const { clock } = this.dependencies;
    this.crashes = clock.now() - member.startedAt < CRASH_AGE_MS ? this.crashes + 1 : 0;
    const wait = this.crashes === 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.crashes - 1));
    clock.after(wait, () => { if (!this.stopping) void this.replace(); });
  }

  /** Starts a worker with the document in force. */
  private async replace(): Promise<void> {
    const member = this.hire();
    const id = ++this.nextId;
    const answer = await this.ask(member, { type: 'stage', id, text: this.text });
    if (answer?.type === 'staged' && answer.problems.length === 0) {
      member.process.send({ type: 'commit', id });
      member.serving = true;
      this.tellLeaving(member.process);
    } else if (answer?.type === 'staged') {
      this.dependencies.onEvent('worker_refused', { problems: answer.problems });
      member.process.kill();
    }
  }
}

/**
 * One proxy in front of pods, each a process at an address of its own, and the little that a cluster does about them: a
 * container that died is noticed and started again, and the proxy is told. The proxy may be this project's or another.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reaper } from '../../../src/cli/up/processes/reaper';
import type { SocketAddress } from '../../../src/cli/up/network';
import { FakeDns } from '../../support/fake-dns';
import { freePort } from '../../support/proxy';
import type { Manner } from '../backend/manner';
import { Ledger } from '../ledger';
import type { Protocol } from '../message';
import { PROGRAMS } from '../programs';
import { DNS_NAME, ProxySetting, RunningProxy, Subject } from '../subjects/subject';
import { BackendPod } from './backend-pod';
import { peakMemoryOf } from './kernel';
import { pause, World } from './world';
import { LosableZone } from './zone';

export interface RigOptions {
  readonly subject: Subject;
  /** Absent: 3. */
  readonly pods?: number;
  /** Time that a pod works on a request. Absent: 5 ms. */
  readonly latencyMs?: number;
  /** Zones, given to the pods in turn. Absent: one. */
  readonly zones?: readonly string[];
  /** The last zone can be cut off. */
  readonly losable?: boolean;
  readonly proxy?: ProxySetting;
  /** What pods and clients speak. Absent: HTTP. */
  readonly protocol?: Protocol;
  /** Endpoints come from DNS. */
  readonly dns?: boolean;
}

/** How long it takes until the control plane knows that a container died. */
const NOTICE_MS = 1_000;
/** How long it takes until everybody knows that a pod is about to end: the preStop hook's time. */
const PROPAGATION_MS = 1_000;
const DNS_TTL_S = 1;

export class Rig implements World {
  readonly protocol: Protocol;
  readonly host = 'catalog';
  readonly faulty = new Set<string>();
  readonly notes = new Set<string>();
  readonly severed = 0;
  readonly pods: BackendPod[] = [];
  readonly dns = new FakeDns();
  proxy!: RunningProxy;
  private readonly reaper = new Reaper(PROGRAMS.cli);
  private readonly folder = mkdtempSync(join(tmpdir(), 'mesh-chaos-'));
  private readonly ledgers = join(this.folder, 'ledgers');
  private readonly restarts = new Set<Promise<void>>();
  private port = 0;
  private count = 0;
  private stopping = false;
  private peak = 0;
  /** 127.0.N.0/24 of this rig's pods; `up` uses none of 127.0. */
  private readonly byte = 2 + (process.pid % 250);
  private readonly zone: LosableZone | undefined;

  private constructor(private readonly options: RigOptions) {
    this.protocol = options.protocol ?? 'http';
    this.zone = options.losable ? LosableZone.open() : undefined;
  }

  static async open(options: RigOptions): Promise<Rig> {
    const rig = new Rig(options);
    try {
      await rig.start();
    } catch (error) {
      await rig.stop();
      throw error;
    }
    return rig;
  }

  target(): SocketAddress { return this.proxy.place; }

  problems(): readonly string[] {
    if (this.proxy.child.running) return [];
    return [`the proxy ended: ${this.proxy.child.output.slice(-3).join(' / ')}`];
  }

  peakMemory(): number {
    return Math.max(this.peak, peakMemoryOf(this.proxy.child.pid));
  }

  ledger(): Ledger {
    return Ledger.read(this.ledgers);
  }

  /** Ends a pod's process without warning; it is noticed and started again. */
  async kill(pod: BackendPod): Promise<void> {
    this.faulty.add(pod.name);
    await pod.kill();
    this.track(this.recover(pod));
  }

  /** Makes a pod misbehave; it counts as faulty from now on. */
  harm(pod: BackendPod, manner: Manner): void {
    this.faulty.add(pod.name);
    pod.behave(manner);
  }

  /** Cuts the last zone off. */
  loseZone(): void {
    const lost = this.pods.filter(({ zone }) => zone === this.options.zones?.at(-1));
    for (const { name } of lost) this.faulty.add(name);
    if (this.zone) this.zone.lose();
    else for (const pod of lost) pod.suspend();
    this.notes.add(this.zone ? 'the zone is a network namespace, and its cable was pulled' : 'the loss of the zone is simulated by suspending its processes');
  }

  /** Starts one more pod; settles when the proxy has been told. */
  async add(): Promise<BackendPod> {
    const pod = await this.startPod();
    pod.ready = true;
    this.publish();
    return pod;
  }

  /** Takes a pod away as Kubernetes does; settles when it is gone. */
  async stopGracefully(pod: BackendPod): Promise<void> {
    pod.terminating = true;
    this.publish();
    await pause(PROPAGATION_MS);
    this.pods.splice(this.pods.indexOf(pod), 1);
    await pod.stop();
    this.publish();
  }

  /** Tells the proxy who is there, or DNS. */
  publish(): void {
    if (this.stopping) return;
    if (this.options.dns) {
      const records = this.pods.filter(({ ready, terminating }) => ready && !terminating)
        .map(({ address }) => ({ type: 'A' as const, address, ttl: DNS_TTL_S }));
      this.dns.answers.set(`${DNS_NAME} A`, records);
    } else {
      this.proxy.publish(this.pods);
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.allSettled(this.restarts);
    if (this.proxy as RunningProxy | undefined) this.peak = peakMemoryOf(this.proxy.child.pid);
    await (this.proxy as RunningProxy | undefined)?.stop();
    await Promise.all(this.pods.map((pod) => pod.kill()));
    if (this.options.dns) await this.dns.close();
    this.zone?.close();
    await this.reaper.dismiss();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async start(): Promise<void> {
    this.reaper.watchFolder(this.folder);
    mkdirSync(this.ledgers);
    this.port = await freePort(this.addressOf(1));
    await Promise.all(Array.from({ length: this.options.pods ?? 3 }, async () => { (await this.startPod()).ready = true; }));
    this.pods.sort((a, b) => a.name.localeCompare(b.name));
    if (this.options.dns) {
      await this.dns.listen();
      this.publish();
    }
    const dns = this.options.dns ? { dns: { server: this.dns.server, port: this.port } } : {};
    const setting: ProxySetting = { protocol: this.protocol, ...this.options.proxy, ...dns };
    this.proxy = await this.options.subject.start({ folder: this.folder, reaper: this.reaper, setting, pods: this.pods });
  }

  private async startPod(): Promise<BackendPod> {
    const number = ++this.count;
    const { zones = ['a'] } = this.options;
    const zone = zones[(number - 1) % zones.length]!;
    const network = zone === zones.at(-1) ? this.zone : undefined;
    const pod = new BackendPod({
      name: `pod-${number}`,
      address: network?.address(number) ?? this.addressOf(number),
      namespace: network?.namespace,
      port: this.port,
      zone,
      protocol: this.protocol,
      ledgers: this.ledgers,
      latencyMs: this.options.latencyMs ?? 5,
      reaper: this.reaper,
    });
    this.pods.push(pod);
    await pod.start();
    return pod;
  }

  private addressOf(number: number): string {
    return `127.0.${this.byte}.${number}`;
  }

  private async recover(pod: BackendPod): Promise<void> {
    await pause(NOTICE_MS);
    if (this.stopping) return;
    pod.ready = false;
    this.publish();
    await pod.restart();
    pod.ready = true;
    this.publish();
  }

  private track(work: Promise<void>): void {
    this.restarts.add(work);
    void work.finally(() => this.restarts.delete(work)).catch(() => undefined);
  }
}

/**
 * The mesh on this machine: a pod for every replica, the embedded EndpointSlice API, and the little that Deployments and
 * the endpoint controller do in a cluster: pods that die are replaced, and the API says who is ready. `cdk8s-mesh up`,
 * the demo and tests use it through this class.
 *
 *     const mesh = new LocalMesh(model, { programs });
 *     await mesh.start();
 *     await mesh.kill(mesh.pods[0]!.name);
 *     await mesh.stop();
 */
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError, messageOf } from '../command-line/errors';
import { Behaviour, PROMPT } from '../stand-in/behaviour';
import { awaitEndpoints } from './await-endpoints';
import { START_TIMEOUTS, StartTimeouts } from './await-start';
import { CA_FILE_NAME, EndpointApi, TOKEN_FILE_NAME } from './endpoint-api';
import { Certificates, OwnFiles } from './certificates';
import { Externals } from './externals';
import { Identities } from './identities';
import { withCodeCache } from './processes/code-cache';
import { Reaper } from './processes/reaper';
import { StandInHost } from './processes/stand-in-host';
import { Turns } from './processes/turns';
import { MeshModel, titleOf, Workload } from '../model/model';
import { Network, openNetwork } from './network';
import { Pod, PodState, PodDependencies, Programs } from './pod';
import { runProxiesOf } from './live-proxies';
import { RUN_FOLDER_PREFIX, writeRunRecord } from './run-record';
import { podsBehind } from './service-pods';
import { SessionKeys } from './session-keys';
import { TokenKeys } from './token-keys';

export interface LocalMeshOptions {
  readonly programs: Programs;
  /** Zones, given to the pods of a workload in turn. Absent: one. */
  readonly zones?: readonly string[];
  /** The user's own program in place of the stand-in, by workload. Absent: a stand-in. */
  command?(workload: Workload): string | undefined;
  /** How a workload's stand-ins behave at first. Absent: they answer at once and never fail. */
  behaviour?(workload: Workload): Behaviour;
  /** Whether a pod that dies is replaced. Absent: yes. */
  readonly restart?: boolean;
  /** Addresses of pods; see network.ts. Absent: `auto`. */
  readonly addresses?: 'auto' | 'per-pod' | 'shared';
  /** The user's own certificates, by the Secret that they replace. Absent: none. */
  readonly certificates?: ReadonlyMap<string, OwnFiles>;
  /** The port at which clients from outside reach a port of a workload's pods, for redirects. Absent: its own. */
  publicPort?(workload: Workload, port: number): number | undefined;
  /** Whether the stand-ins share a process. Absent: each has its own, as apps do. */
  readonly sharedStandIns?: boolean;
  /** How long a start may take. Absent: a hint after 10 s, a failure after 60 s. */
  readonly timeouts?: StartTimeouts;
}

/** What happens, as it happens. */
export interface LocalMeshEvents {
  /** A pod has a new state. */
  pod: [Pod, PodState];
  /** Something that the user should know, in words. */
  notice: [string];
  /** What the start waits for once all pods are ready, in words. */
  waiting: [string];
  /** A line that a process wrote. */
  line: [pod: string, program: 'proxy' | 'app', line: string];
}

/** A pod that lived shorter than this counts as crashing, and its successor waits. */
const CRASH_AGE_MS = 10_000;
const FIRST_BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 30_000;

export class LocalMesh extends EventEmitter<LocalMeshEvents> {
  private readonly all = new Set<Pod>();
  private readonly zonesGiven = new Map<string, number>();
  private readonly crashes = new Map<string, number>();
  private readonly backOffs = new Set<NodeJS.Timeout>();
  private readonly behaviours = new Map<string, Behaviour>();
  /** The pods that are told of while they start. */
  private readonly hinting = new Map<string, Pod>();
  private network: Network | undefined;
  private reaper: Reaper | undefined;
  private endpointApi: EndpointApi | undefined;
  private standIns: StandInHost | undefined;
  private dependencies: PodDependencies | undefined;
  private sessionKeys: SessionKeys | undefined;
  private tokenKeys: TokenKeys | undefined;
  private externals: Externals | undefined;
  private stopping: Promise<void> | undefined;

  constructor(private current: MeshModel, private readonly options: LocalMeshOptions) {
    super();
  }

  get model(): MeshModel { return this.current; }

  /** Pods that are not gone, in the order of their start. */
  get pods(): readonly Pod[] { return [...this.all]; }

  /** The embedded EndpointSlice API; there once the mesh is started. */
  get api(): EndpointApi {
    if (!this.endpointApi) throw new Error('the mesh is not started');
    return this.endpointApi;
  }

  /** What listeners show to clients from outside; there once the mesh is started. */
  get certificates(): Certificates | undefined { return this.dependencies?.certificates; }

  /** Those of the run's pods; others can be issued by the same authorities. There once the mesh is started. */
  get identities(): Identities | undefined { return this.dependencies?.identities; }

  get strategy(): Network['strategy'] | undefined { return this.network?.strategy; }

  /**
   * Starts every pod; settles when requests work: all pods are ready, and every caller's sidecar knows the pods that it may call. When a
   * pod can't start, nothing is left running and the reason is thrown.
   */
  async start(): Promise<void> {
    try {
      this.network = await openNetwork(this.options.addresses ?? 'auto');
      this.reaper = new Reaper(this.options.programs.cli);
      const folder = mkdtempSync(join(tmpdir(), RUN_FOLDER_PREFIX));
      this.reaper.watchFolder(folder);
      const credentials = join(folder, 'api');
      this.endpointApi = new EndpointApi({ address: this.network.host, credentialsFolder: credentials });
      this.sessionKeys = new SessionKeys(join(folder, 'session-keys'));
      this.tokenKeys = new TokenKeys(join(folder, 'token-keys'));
      this.writeKeys();
      this.externals = new Externals(join(folder, 'externals'), this.network.host);
      await this.prepareExternals();
      this.dependencies = {
        reaper: this.reaper,
        programs: this.options.programs,
        nodeFlags: withCodeCache(folder, this.options.programs.proxy),
        folder,
        kubernetes: { tokenFile: join(credentials, TOKEN_FILE_NAME), caFile: join(credentials, CA_FILE_NAME) },
        sessionKeys: this.sessionKeys,
        tokenKeys: this.tokenKeys,
        identities: new Identities(join(folder, 'identities')),
        certificates: new Certificates(join(folder, 'certificates'), this.options.certificates ?? new Map(), () => this.current),
        publicPort: (workload, port) => this.options.publicPort?.(workload, port),
        externals: this.externals,
        timeouts: this.options.timeouts ?? START_TIMEOUTS,
        onHint: (pod, text) => this.hint(pod, text),
        onLine: (pod, program, line) => this.emit('line', pod, program, line),
        turns: new Turns(2 * availableParallelism()),
        ...(this.options.sharedStandIns && { standIns: this.standIns = new StandInHost(
          this.options.programs.cli, this.reaper, (line) => this.emit('line', 'stand-ins', 'app', line),
        ) }),
      };
      await this.endpointApi.listen();
      this.dependencies = { ...this.dependencies, kubernetes: { ...this.dependencies.kubernetes, server: this.endpointApi.url } };
      await Promise.all(this.current.workloads.flatMap((workload) =>
        Array.from({ length: workload.replicas }, () => this.startPod(workload))));
      const missing = await awaitEndpoints(() => this, {
        timeoutMs: (this.options.timeouts ?? START_TIMEOUTS).failMs,
        onWaiting: (text) => this.emit('waiting', text),
        stopped: () => this.stopping !== undefined,
      });
      if (missing !== undefined) this.emit('notice', `requests may fail: ${missing}`);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends both processes of a pod at once, without warning. */
  async kill(name: string): Promise<void> {
    await this.pod(name).kill();
  }

  /** Starts one more pod of a version; settles with it when it is ready. */
  async add(service: string, version: string): Promise<Pod> {
    const workload = this.current.workloads.find((candidate) => candidate.service === service && candidate.version === version);
    if (!workload) throw new UserError(`there is no version '${version}' of service '${service}'; there are ${this.titles()}`);
    return this.startPod(workload);
  }

  /** Takes a pod away as Kubernetes does when a Deployment is scaled down; settles when it is gone. */
  async stopGracefully(name: string): Promise<void> {
    await this.pod(name).stop();
  }

  /** Changes how the stand-ins of a workload behave from now on. */
  behave(workload: Workload, behaviour: Behaviour): void {
    this.behaviours.set(keyOf(workload), behaviour);
    for (const pod of this.all) if (keyOf(pod.workload) === keyOf(workload)) pod.behave(behaviour);
  }

  /**
   * Runs changed files: documents are handed to the running proxies, Services to the API, and replicas are added and
   * taken away. A changed pod template needs new processes; that is a new run.
   */
  async apply(model: MeshModel): Promise<void> {
    const before = this.current;
    this.current = model;
    this.writeKeys();
    await this.prepareExternals();
    const work: Promise<unknown>[] = [];
    for (const workload of model.workloads) {
      const old = before.workloads.find((candidate) => keyOf(candidate) === keyOf(workload));
      const pods = this.pods.filter((pod) => keyOf(pod.workload) === keyOf(workload) && pod.state !== 'terminating');
      if (old && JSON.stringify(old.config) !== JSON.stringify(workload.config)) {
        for (const pod of pods) work.push(pod.reserve(workload).then(() => pod.configure(workload, model)));
        this.emit('notice', `the configuration of ${titleOf(workload)} changed; its ${pods.length === 1 ? 'proxy has' : 'proxies have'} it`);
      }
      const wanted = old ? pods.length + workload.replicas - old.replicas : workload.replicas;
      for (let count = pods.length; count < wanted; count++) work.push(this.startPod(workload));
      for (const pod of pods.slice(Math.max(0, wanted))) work.push(pod.stop());
    }
    const kept = new Set(model.workloads.map(keyOf));
    for (const pod of this.pods) if (!kept.has(keyOf(pod.workload))) work.push(pod.stop());
    for (const { namespace, name } of before.services) {
      if (!model.services.some((service) => service.namespace === namespace && service.name === name)) this.api.setPods(namespace, name, []);
    }
    this.publish();
    await Promise.all(work);
  }

  /** Ends everything; settles when nothing is left. May be called at any time, also twice. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  /** Ends everything at once, for somebody who can't wait for `stop`. */
  async abort(): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.kill()));
    await this.stop();
  }

  private async stopAll(): Promise<void> {
    for (const timer of this.backOffs) clearTimeout(timer);
    // A pod that was about to be started when this began is still to come.
    while (this.all.size > 0) await Promise.all(this.pods.map((pod) => pod.stop({ hurry: true })));
    await this.endpointApi?.close();
    await this.externals?.close();
    await this.network?.close();
    if (this.dependencies) rmSync(this.dependencies.folder, { recursive: true, force: true });
    await this.standIns?.close();
    await this.reaper?.dismiss();
  }

  private async startPod(workload: Workload): Promise<Pod> {
    if (this.stopping) throw new UserError('the mesh is stopping');
    const zones = this.options.zones ?? ['local'];
    const turn = this.zonesGiven.get(keyOf(workload)) ?? 0;
    this.zonesGiven.set(keyOf(workload), turn + 1);
    const pod = new Pod(this.dependencies!, {
      name: this.nameFor(workload),
      workload,
      network: this.network!.newPod(),
      zone: zones[turn % zones.length]!,
      command: this.options.command?.(workload),
      behaviour: this.behaviours.get(keyOf(workload)) ?? this.options.behaviour?.(workload) ?? PROMPT,
    });
    this.all.add(pod);
    let started = false;
    pod.on('change', (state) => {
      if (state === 'ended') this.all.delete(pod);
      this.publish();
      this.emit('pod', pod, state);
      if (state === 'ended' && started) this.replace(pod);
    });
    this.publish();
    this.emit('pod', pod, pod.state);
    try {
      await pod.start(this.current);
    } catch (error) {
      await pod.kill();
      throw error;
    }
    started = true;
    return pod;
  }

  /** What a Deployment does about a pod that died; one that was stopped on purpose is not missed. */
  private replace(pod: Pod): void {
    if (this.stopping || pod.reason === undefined) return;
    this.emit('notice', pod.reason);
    if (this.options.restart === false) return;
    const key = keyOf(pod.workload);
    const crashes = Date.now() - pod.startedAt < CRASH_AGE_MS ? (this.crashes.get(key) ?? 0) + 1 : 0;
    this.crashes.set(key, crashes);
    this.restartAfter(pod.workload, crashes);
  }

  private restartAfter(workload: Workload, crashes: number): void {
    const delay = crashes < 2 ? 0 : Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (crashes - 2));
    const timer = setTimeout(() => {
      this.backOffs.delete(timer);
      const now = this.current.workloads.find((candidate) => keyOf(candidate) === keyOf(workload)) ?? workload;
      this.startPod(now).catch((error: unknown) => {
        if (this.stopping) return;
        this.emit('notice', `${titleOf(workload)} could not be restarted: ${messageOf(error)}`);
        this.restartAfter(workload, Math.max(2, crashes + 1));
      });
    }, delay);
    this.backOffs.add(timer);
  }

  /** What holds for one pod of a workload holds for all. */
  private hint(pod: Pod, text: string): void {
    const key = keyOf(pod.workload);
    const other = this.hinting.get(key);
    if (other && other !== pod && other.state !== 'ended') return;
    this.hinting.set(key, pod);
    this.emit('notice', text);
  }

  private writeKeys(): void {
    const notices = [this.sessionKeys, this.tokenKeys].flatMap((keys) => keys?.write(this.current) ?? []);
    for (const notice of notices) this.emit('notice', notice);
  }

  private async prepareExternals(): Promise<void> {
    for (const notice of await this.externals?.prepare(this.current) ?? []) this.emit('notice', notice);
  }

  /** Tells the API who is behind which Service, and other commands where the proxies are. */
  private publish(): void {
    const pods = this.pods.filter((pod) => pod.state !== 'starting');
    for (const service of this.current.services) this.api.setPods(service.namespace, service.name, podsBehind(service, pods));
    if (this.stopping) return;
    try {
      writeRunRecord(this.dependencies!.folder, runProxiesOf(pods));
    } catch (error) {
      this.emit('notice', `other commands, such as stat, don't see that pods have changed: ${messageOf(error)}`);
    }
  }

  private pod(name: string): Pod {
    const pod = this.pods.find((candidate) => candidate.name === name);
    if (!pod) throw new UserError(`there is no pod '${name}'; there are ${this.pods.map((candidate) => candidate.name).join(', ') || 'none'}`);
    return pod;
  }

  /** A StatefulSet's pods are numbered, and a number comes back; others have a name of their own each. */
  private nameFor(workload: Workload): string {
    if (workload.kind !== 'StatefulSet') return `${workload.name}-${randomSuffix()}`;
    const taken = new Set(this.pods.map(({ name }) => name));
    let ordinal = 0;
    while (taken.has(`${workload.name}-${ordinal}`)) ordinal++;
    return `${workload.name}-${ordinal}`;
  }

  private titles(): string {
    return this.current.workloads.map(titleOf).join(', ');
  }
}

function keyOf({ kind, namespace, name }: Workload): string {
  return `${kind}/${namespace}/${name}`;
}

/** Five characters, as Kubernetes adds to a pod's name. */
function randomSuffix(): string {
  return Math.random().toString(36).slice(2, 7).padEnd(5, '0');
}

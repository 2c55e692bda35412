/**
 * One pod: a proxy and an app beside it, started, probed and stopped in the order that Kubernetes does. The proxy is a
 * native sidecar, so it is ready before the app starts and gets SIGTERM after the app is gone. A pod whose proxy or app
 * ends by itself is over; whether another takes its place is not decided here.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  comesFromOutside, CONFIG_KEY, DEFAULT_ADMIN, ENV_CONFIG, ENV_POD_IPS, ENV_POD_NAME, ENV_POD_NAMESPACE, KubernetesApiConfig,
} from '../../contract';
import { UserError } from '../command-line/errors';
import type { Behaviour } from '../stand-in/behaviour';
import type { BehaveMessage } from '../stand-in/command';
import { AwaitedStart, awaitStart, listensInstead, StartTimeouts } from './await-start';
import type { Certificates } from './certificates';
import { calleeEnvironment, containerEnvironment, listenEnvironment } from './app-environment';
import { appPortOf } from '../model/app-port';
import { calleesOf } from '../model/callees';
import { Child } from './processes/child';
import { ConfigFolder } from './config-folder';
import type { Program } from './processes/program';
import type { Reaper } from './processes/reaper';
import type { StandInHost } from './processes/stand-in-host';
import type { Turns } from './processes/turns';
import { httpGet } from './http-get';
import type { Externals } from './externals';
import type { Identities } from './identities';
import { addressesIn, mapConfig, Mapping } from './map-config';
import { appSpeaks, MeshModel, titleOf, Workload } from '../model/model';
import { inText, SocketAddress, PodNetwork } from './network';
import type { SelectablePod } from './service-pods';
import type { SessionKeys } from './session-keys';
import type { TokenKeys } from './token-keys';

export type PodState = 'starting' | 'ready' | 'unready' | 'terminating' | 'ended';

/** What is run. */
export interface Programs {
  /** The bundle of this command. */
  readonly cli: string;
  /** The bundle of the proxy. */
  readonly proxy: string;
  /** What starts the proxy in the image, and starts it again when it dies. Absent: a pod ends with its proxy. */
  readonly supervisor?: string;
}

/** What all pods of a run share. */
export interface PodDependencies {
  readonly reaper: Reaper;
  readonly programs: Programs;
  /** Flags of Node for proxies. */
  readonly nodeFlags: readonly string[];
  /** Folder for the pods' files. */
  readonly folder: string;
  readonly kubernetes: KubernetesApiConfig;
  readonly sessionKeys: Pick<SessionKeys, 'fileOf'>;
  readonly tokenKeys: Pick<TokenKeys, 'fileOf'>;
  readonly identities: Identities;
  readonly certificates: Certificates;
  /** The port at which clients from outside reach a port of a workload's pods; undefined when that is its own. */
  publicPort(workload: Workload, port: number): number | undefined;
  readonly externals: Pick<Externals, 'of'>;
  /** Called with what the user should know while it starts. */
  onHint(pod: Pod, text: string): void;
  readonly timeouts: StartTimeouts;
  /** Called with every line that a proxy or app writes. */
  onLine(pod: string, program: 'proxy' | 'app', line: string): void;
  /** The process that stand-ins share; absent when each has its own. */
  readonly standIns?: StandInHost;
  /** How many proxies start at a time: more only wait for each other. */
  readonly turns: Turns;
}

export interface PodOptions {
  readonly name: string;
  readonly workload: Workload;
  readonly network: PodNetwork;
  readonly zone: string;
  /** The user's own program in place of the stand-in. */
  readonly command: string | undefined;
  readonly behaviour: Behaviour;
}

const PROBE_TIMEOUT_MS = 2_000;
const READINESS_PROBE_PERIOD_MS = 1_000;

/** Kinds whose app ends when it is done. */
const ENDS: readonly string[] = ['Job', 'CronJob'];

/** Emits `change` whenever its state did. */
export class Pod extends EventEmitter<{ change: [PodState] }> implements SelectablePod {
  readonly name: string;
  readonly uid = randomUUID();
  readonly zone: string;
  readonly startedAt = Date.now();
  /** Settles when both processes are gone. */
  readonly ended: Promise<void>;
  mappings: readonly Mapping[] = [];
  private current: PodState = 'starting';
  private spec: Workload;
  private why: string | undefined;
  private proxy: Child | undefined;
  private app: Program | undefined;
  private config: ConfigFolder | undefined;
  private settleEnded!: () => void;
  private readonly network: PodNetwork;
  private readonly command: string | undefined;
  private behaviour: Behaviour;

  constructor(private readonly dependencies: PodDependencies, options: PodOptions) {
    super();
    this.name = options.name;
    this.spec = options.workload;
    this.network = options.network;
    this.zone = options.zone;
    this.command = options.command;
    this.behaviour = options.behaviour;
    this.ended = new Promise((resolve) => { this.settleEnded = resolve; });
  }

  /** Its workload, as it was last configured. */
  get workload(): Workload { return this.spec; }
  get namespace(): string { return this.workload.namespace; }
  get labels(): Readonly<Record<string, string>> { return this.workload.labels; }
  get containers(): Workload['containers'] { return this.workload.containers; }
  get address(): string { return this.network.ip; }
  get state(): PodState { return this.current; }
  get ready(): boolean {
    return this.current === 'ready' || (this.current === 'terminating' && (this.isAlone ? this.proxy : this.app)?.running === true);
  }
  get terminating(): boolean { return this.current === 'terminating'; }
  /** Why it ended, when nobody asked it to. */
  get reason(): string | undefined { return this.why; }
  /** Process ids, for tools that look at the processes; undefined for one that is not there just now. */
  get pids(): { readonly proxy: number | undefined; readonly app: number | undefined } {
    const proxy = this.proxy?.pid;
    return { proxy: proxy !== undefined && this.dependencies.programs.supervisor !== undefined ? childOf(proxy) : proxy, app: this.app?.pid };
  }

  own(port: number): number { return this.network.own(port); }

  /** It is a gateway's: its proxy has no app beside it. */
  private get isAlone(): boolean { return this.workload.app === undefined; }

  /** Where requests from outside of it arrive; undefined for a workload that nobody calls. */
  get inbound(): SocketAddress | undefined {
    const listener = this.spec.config.listeners.find(comesFromOutside);
    return listener && { address: this.address, port: this.own(listener.port) };
  }

  /** Where its outbound listener is. */
  outbound(listener: SocketAddress): SocketAddress { return this.network.outbound(listener); }

  /** Where its admin pages are, all of them. */
  get adminAddress(): SocketAddress { return { address: this.network.adminLoopback, port: this.adminPort }; }

  /** Starts both processes; settles when the pod is ready. The caller must `kill` the pod when this fails. */
  async start(model: MeshModel): Promise<void> {
    await this.reserve(this.workload);
    this.assertStarting();
    this.config = new ConfigFolder(join(this.dependencies.folder, this.name), CONFIG_KEY);
    this.configure(this.workload, model);

    await this.dependencies.turns.take(() => {
      this.assertStarting();
      const proxy = this.proxy = this.spawnProxy();
      return this.awaitStart(proxy, 'proxy', { passes: 'its /ready answers 200', probe: () => this.proxyReady() });
    });
    if (!this.isAlone) await this.startApp(model);
    this.enter('ready');
    void this.probe();
  }

  private async startApp(model: MeshModel): Promise<void> {
    const app = this.app = this.spawnApp(model);
    const address = this.appAddress;
    if (address) {
      await this.awaitStart(app, 'app', {
        passes: `something listens on ${inText(address)}`,
        probe: () => isOpen(address),
        // A stand-in listens where it is told.
        ...(this.command !== undefined && {
          instead: () => (app.pid === undefined ? undefined : listensInstead(app.pid, address)),
          onHint: (text: string) => this.dependencies.onHint(this, text),
        }),
      });
    }
  }

  /** Writes the document that belongs to a workload; the running proxy reads it by itself. */
  configure(workload: Workload, model: MeshModel): void {
    const { kubernetes, sessionKeys, tokenKeys, identities, certificates, externals, publicPort } = this.dependencies;
    const { config, mappings } = mapConfig(workload.config, {
      network: this.network, kubernetes, services: model.services,
      keyFileOf: (keyFile) => sessionKeys.fileOf(workload.namespace, keyFile),
      jwksFileOf: (jwksFile) => tokenKeys.fileOf(workload.namespace, jwksFile),
      identityOf: (declared) => identities.of(this.name, workload, declared),
      certificateOf: (listener, certificate) => certificates.of(workload, listener, certificate),
      externalOf: (cluster) => externals.of(workload.namespace, cluster),
      publicPort: (port) => publicPort(workload, port),
    });
    this.spec = workload;
    this.mappings = mappings;
    this.config!.write(`${JSON.stringify(config, null, 2)}\n`);
  }

  /** Finds addresses for what a changed document names beyond the old one. */
  async reserve(workload: Workload): Promise<void> {
    await this.network.reserve(addressesIn(workload.config, this.command !== undefined));
  }

  /** Changes how the stand-in behaves from now on. */
  behave(behaviour: Behaviour): void {
    this.behaviour = behaviour;
    if (this.command === undefined) this.app?.send({ type: 'behave', behaviour } satisfies BehaveMessage);
  }

  /** Ends both processes at once, as a crash of the machine would. */
  async kill(): Promise<void> {
    this.proxy?.signal('SIGKILL');
    this.app?.signal('SIGKILL');
    await Promise.all([this.proxy?.exited, this.app?.exited]);
    this.finish();
  }

  /**
   * Stops in order: no new requests are sent here, the preStop hooks tell the proxy and sleep so that everybody learns it, the app
   * ends, then the proxy. With `hurry` the hooks are left out and a few seconds are all the time there is.
   */
  async stop(options: { readonly hurry?: boolean } = {}): Promise<void> {
    if (this.current === 'terminating' || this.current === 'ended') return this.ended;
    this.enter('terminating');
    const deadline = Date.now() + (options.hurry ? 3_000 : this.workload.graceMs);
    if (!options.hurry) {
      const { preStopPath, preStopMs, graceMs } = this.workload;
      await Promise.all([
        preStopPath !== undefined && httpGet(this.adminAddress, preStopPath, PROBE_TIMEOUT_MS).catch(() => undefined),
        new Promise((resolve) => setTimeout(resolve, Math.min(preStopMs, graceMs))),
      ]);
    }
    await this.app?.stop(Math.max(0, deadline - Date.now()));
    await this.proxy?.stop(Math.max(0, deadline - Date.now()));
    this.finish();
  }

  private get appAddress(): SocketAddress | undefined {
    const port = appPortOf(this.spec.config);
    return port === undefined ? undefined : this.network.app(port);
  }

  private get adminPort(): number {
    return this.network.own(this.spec.config.admin?.port ?? DEFAULT_ADMIN.port);
  }

  private spawnProxy(): Child {
    const { programs, reaper } = this.dependencies;
    const proxy = [process.execPath, ...this.dependencies.nodeFlags, programs.proxy];
    const [command, ...args] = programs.supervisor === undefined ? proxy : [programs.supervisor, ...proxy];
    return this.supervise('proxy', new Child({
      command: command!, args,
      passesSignalsOn: programs.supervisor !== undefined,
      env: {
        ...process.env,
        [ENV_CONFIG]: this.config!.file,
        [ENV_POD_NAME]: this.name,
        [ENV_POD_IPS]: this.network.ip,
      },
      reaper,
      onLine: (line) => this.dependencies.onLine(this.name, 'proxy', line),
    }));
  }

  private spawnApp(model: MeshModel): Program {
    const { programs, reaper, standIns } = this.dependencies;
    const { workload, name, namespace, uid, labels, network } = this;
    const address = this.appAddress ?? { address: network.ip, port: 0 };
    const onLine = (line: string): void => this.dependencies.onLine(this.name, 'app', line);
    // One that is called by nobody has no port; it is a process that only waits.
    if (this.command === undefined && standIns && this.appAddress) {
      const identity = { service: workload.service, version: workload.version, pod: name };
      return this.supervise('app', standIns.open(identity, appSpeaks(workload, model), address, this.behaviour));
    }
    if (this.command === undefined) {
      const app = new Child({
        command: process.execPath,
        args: [
          programs.cli, 'stand-in', '--service', workload.service, '--version', workload.version, '--pod', name,
          ...flagsFor(appSpeaks(workload, model)),
        ],
        env: { ...process.env, ...listenEnvironment(address) },
        ipc: true, reaper, onLine,
      });
      app.send({ type: 'behave', behaviour: this.behaviour } satisfies BehaveMessage);
      return this.supervise('app', app);
    }
    return this.supervise('app', new Child({
      command: '/bin/sh',
      args: ['-c', this.command],
      env: {
        ...process.env,
        ...containerEnvironment(workload, { name, namespace, uid, ip: network.ip, labels }),
        ...calleeEnvironment(calleesOf(workload.config, model), workload, network),
        ...listenEnvironment(address),
        [ENV_POD_NAME]: name,
        [ENV_POD_NAMESPACE]: namespace,
        MESH_SERVICE: workload.service,
        MESH_VERSION: workload.version,
      },
      reaper, onLine,
    }));
  }

  /** A process that ends unasked ends the pod; the app of a job may, when it is done. */
  private supervise<P extends Program>(program: 'proxy' | 'app', child: P): P {
    void child.exited.then((exit) => {
      if (this.current === 'terminating' || this.current === 'ended') return;
      if (program === 'app' && ENDS.includes(this.spec.kind) && exit.code === 0) return void this.stop({ hurry: true });
      this.why ??= child.failure(this.titleOf(program), exit).message;
      if (this.current === 'ready') this.enter('unready');
      void this.kill();
    });
    return child;
  }

  private awaitStart(child: Program, program: 'proxy' | 'app', how: Pick<AwaitedStart, 'passes' | 'probe' | 'instead' | 'onHint'>): Promise<void> {
    return awaitStart({
      ...how, child,
      title: this.titleOf(program),
      timeouts: this.dependencies.timeouts,
      check: () => this.assertStarting(),
      why: () => this.why,
    });
  }

  private titleOf(program: 'proxy' | 'app'): string {
    return `the ${program} of ${this.name} (${titleOf(this.workload)})`;
  }

  private assertStarting(): void {
    if (this.current !== 'starting') throw new UserError(this.why ?? `${this.name} was stopped while it started`);
  }

  private proxyReady(): Promise<boolean> {
    const address = { address: this.network.ip, port: this.adminPort };
    return httpGet(address, '/ready', PROBE_TIMEOUT_MS).then(({ status }) => status === 200, () => false);
  }

  /** The readiness probes of both containers, for as long as the pod is there. */
  private async probe(): Promise<void> {
    while (this.current === 'ready' || this.current === 'unready') {
      await new Promise((resolve) => setTimeout(resolve, READINESS_PROBE_PERIOD_MS).unref());
      const address = this.appAddress;
      const [proxy, app] = await Promise.all([this.proxyReady(), address ? isOpen(address) : true]);
      if (this.current === 'ready' || this.current === 'unready') this.enter(proxy && app ? 'ready' : 'unready');
    }
  }

  private enter(state: PodState): void {
    if (state === this.current || this.current === 'ended') return;
    this.current = state;
    this.emit('change', state);
  }

  private finish(): void {
    if (this.current === 'ended') return;
    this.enter('ended');
    this.config?.remove();
    this.network.release();
    this.settleEnded();
  }
}

/** What a stand-in is told to speak. */
function flagsFor(protocol: ReturnType<typeof appSpeaks>): readonly string[] {
  return protocol === 'http1' ? [] : [`--${protocol}`];
}

/** The process that a supervisor has started; undefined between two. */
function childOf(pid: number): number | undefined {
  try {
    return Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1'), 10) || undefined;
  } catch {
    return undefined;
  }
}

/** Whether something accepts connections there. */
function isOpen({ address, port }: SocketAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: PROBE_TIMEOUT_MS });
    const settle = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', settle(true)).once('error', settle(false)).once('timeout', settle(false));
  });
}

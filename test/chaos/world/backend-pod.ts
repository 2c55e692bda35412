/** A pod of the rig: the backend's program at an address of its own, with its manners. It can be killed and started again. */
import { Child } from '../../../src/cli/up/processes/child';
import type { Reaper } from '../../../src/cli/up/processes/reaper';
import { eventually } from '../../support/eventually';
import { BehaveMessage, ENV_LATENCY_MS, ENV_LEDGERS, ENV_PROTOCOL, Manner } from '../backend/manner';
import type { Protocol } from '../message';
import { backendProgram } from '../programs';

export interface BackendPodOptions {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly zone: string;
  readonly protocol: Protocol;
  /** Folder for what it writes down. */
  readonly ledgers: string;
  readonly latencyMs: number;
  readonly reaper: Reaper;
  /** Network namespace that it runs in. Absent: the machine's. */
  readonly namespace?: string | undefined;
}

const START_MS = 20_000;
const STOP_MS = 8_000;

export class BackendPod {
  /** The control plane calls it ready. */
  ready = false;
  terminating = false;
  private child: Child | undefined;
  private manner: Manner = {};

  constructor(readonly options: BackendPodOptions) {}

  get name(): string { return this.options.name; }
  get address(): string { return this.options.address; }
  get port(): number { return this.options.port; }
  get zone(): string { return this.options.zone; }
  get running(): boolean { return this.child?.running ?? false; }

  /** Starts the process; settles when it listens. */
  async start(): Promise<void> {
    const { name, address, port, protocol, ledgers, latencyMs, reaper, namespace } = this.options;
    let listening = false;
    const command = namespace === undefined ? [process.execPath] : ['ip', 'netns', 'exec', namespace, process.execPath];
    const child = this.child = new Child({
      command: command[0]!,
      args: [...command.slice(1), backendProgram()],
      env: {
        ...process.env, HOST: address, PORT: String(port), POD_NAME: name,
        [ENV_PROTOCOL]: protocol, [ENV_LEDGERS]: ledgers, [ENV_LATENCY_MS]: String(latencyMs),
      },
      ipc: true,
      reaper,
      onLine: (line) => { listening ||= line === 'listening'; },
    });
    await eventually(`${name} listens`, () => {
      if (!child.running) throw new Error(`${name} ended: ${child.output.join('\n')}`);
      return listening;
    }, START_MS);
  }

  /** Changes how it behaves from now on. */
  behave(manner: Manner): void {
    this.manner = manner;
    this.child!.send({ type: 'behave', manner } satisfies BehaveMessage);
  }

  /** Ends the process without warning. */
  async kill(): Promise<void> {
    this.child?.signal('SIGKILL');
    await this.child?.exited;
  }

  /** Stops it from running, with all its connections as they are. */
  suspend(): void {
    this.child?.signal('SIGSTOP');
  }

  /** Starts again what was killed, at the same address, as a kubelet does with a container. */
  async restart(): Promise<void> {
    await this.start();
    this.behave(this.manner);
  }

  async stop(): Promise<void> {
    await this.child?.stop(STOP_MS);
  }
}

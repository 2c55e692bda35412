/**
 * The side of `up` of the process that many stand-ins share (stand-in/host.ts). It is started with the first of them, and again
 * with the next one after it has died.
 */
import { UserError } from '../../command-line/errors';
import type { Behaviour } from '../../stand-in/behaviour';
import type { BehaveMessage } from '../../stand-in/command';
import { HostReport, HostRequest, standInHostCommand } from '../../stand-in/host';
import type { Spoken } from '../../stand-in/opened';
import type { Identity } from '../../stand-in/server';
import type { SocketAddress } from '../network';
import { Child } from './child';
import type { Exit, Program } from './program';
import type { Reaper } from './reaper';

const KILLED: Exit = { code: undefined, signal: 'SIGKILL' };
const STOPPED: Exit = { code: 0, signal: undefined };

export class StandInHost {
  private process: Child | undefined;
  private readonly hosted = new Map<number, HostedStandIn>();
  private last = 0;

  constructor(private readonly cli: string, private readonly reaper: Reaper, private readonly onLine: (line: string) => void) {}

  /** One more stand-in, which listens soon. */
  open(identity: Identity, speaks: Spoken, { address, port }: SocketAddress, behaviour: Behaviour): Program {
    const process = this.running();
    const id = this.last += 1;
    const standIn = new HostedStandIn((request) => process.send({ ...request, id } as HostRequest));
    this.hosted.set(id, standIn);
    void standIn.exited.then(() => this.hosted.delete(id));
    void process.exited.then((exit) => standIn.end(exit, 'the process of the stand-ins has ended'));
    process.send({ type: 'open', id, identity, speaks, host: address, port, behaviour } satisfies HostRequest);
    return standIn;
  }

  /** Ends the process, and with it what is left. */
  async close(): Promise<void> {
    await this.process?.stop(1_000);
  }

  private running(): Child {
    if (!this.process?.running) {
      this.process = new Child({
        command: process.execPath, args: [this.cli, standInHostCommand.name], env: process.env, ipc: true, reaper: this.reaper, onLine: this.onLine,
        onMessage: (message) => {
          const { id, problem } = message as HostReport;
          this.hosted.get(id)?.end(problem === undefined ? STOPPED : { code: 1, signal: undefined }, problem);
        },
      });
    }
    return this.process;
  }
}

/** What is sent, without whom it is for. */
type Order = { readonly type: 'close' | 'kill' } | { readonly type: 'behave'; readonly behaviour: Behaviour };

class HostedStandIn implements Program {
  readonly pid = undefined;
  readonly output: string[] = [];
  readonly exited: Promise<Exit>;
  private ended = false;
  private settle!: (exit: Exit) => void;

  constructor(private readonly order: (order: Order) => void) {
    this.exited = new Promise((resolve) => { this.settle = resolve; });
  }

  get running(): boolean {
    return !this.ended;
  }

  signal(): void {
    this.order({ type: 'kill' });
    this.end(KILLED);
  }

  send(message: object): void {
    this.order(message as BehaveMessage);
  }

  async stop(graceMs: number): Promise<Exit> {
    this.order({ type: 'close' });
    const timer = setTimeout(() => this.signal(), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  failure(what: string, { signal }: Exit): UserError {
    if (signal === 'SIGKILL') return new UserError(`${what} was ended by SIGKILL`);
    return new UserError([`${what} has ended:`, ...this.output.map((line) => `  ${line}`)].join('\n'));
  }

  /** It has ended, or its process has. */
  end(exit: Exit, why?: string): void {
    if (this.ended) return;
    this.ended = true;
    if (why !== undefined) this.output.push(why);
    this.settle(exit);
  }
}

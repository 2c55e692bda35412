/**
 * A child process that can't be lost: it leads a process group of its own, so that a signal reaches whatever it started
 * and Ctrl-C in the terminal does not reach it directly. The reaper knows it, so that it dies even when
 * this process is killed. Its last lines of output are kept, to say why it ended.
 */
import { ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { UserError, messageOf } from '../../command-line/errors';
import type { Exit, Program } from './program';
import { Reaper, RUN_MARK } from './reaper';
import { TerminationMessage } from './termination-message';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Opens a channel for messages. */
  readonly ipc?: boolean;
  /** It passes signals on to the processes that it has started, so they are sent to it alone and not to its group. Absent: it does not. */
  readonly passesSignalsOn?: boolean;
  readonly reaper: Reaper;
  /** Called with every message, when there is a channel. */
  onMessage?(message: unknown): void;
  /** Called with every line of output. */
  onLine?(line: string): void;
}

/** Lines of output that are kept. */
const KEPT_LINES = 20;

export class Child implements Program {
  /** Settles when the process and what it started ended and all output was read. */
  readonly exited: Promise<Exit>;
  readonly pid: number;
  private ended: Exit | undefined;
  private stopping = false;
  private readonly process: ChildProcess;
  private readonly lines: string[] = [];
  private readonly terminationMessage = new TerminationMessage();

  private readonly passesSignalsOn: boolean;

  constructor({ command, args, env, ipc, passesSignalsOn = false, reaper, onLine, onMessage }: ChildOptions) {
    this.passesSignalsOn = passesSignalsOn;
    this.process = spawn(command, args, {
      env: { ...env, [RUN_MARK]: reaper.mark }, detached: true, stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc' as const] : [])],
    });
    const keep = (line: string): void => {
      this.terminationMessage.add(line);
      this.lines.push(line);
      if (this.lines.length > KEPT_LINES) this.lines.shift();
      onLine?.(line);
    };
    for (const stream of [this.process.stdout, this.process.stderr]) createInterface({ input: stream as Readable }).on('line', keep);
    if (onMessage) this.process.on('message', (message) => onMessage(message));
    const failed = new Promise<Exit>((resolve) => {
      this.process.once('error', (error) => {
        keep(messageOf(error));
        if (this.process.pid === undefined) resolve({ code: undefined, signal: undefined });
      });
    });
    const { pid } = this.process;
    this.pid = pid ?? 0;
    if (pid !== undefined) reaper.watch(pid);
    this.exited = Promise.race([failed, new Promise<Exit>((resolve) => {
      this.process.once('exit', (code, signal) => {
        this.ended = { code: code ?? undefined, signal: signal ?? undefined };
        // What it started goes with it; when it was asked to end, those may still be ending in good order.
        if (!this.stopping) this.signal('SIGKILL');
      });
      // Its output is closed once nothing that it started holds it any more.
      this.process.once('close', (code, signal) => {
        this.signal('SIGKILL');
        if (pid !== undefined) reaper.forget(pid);
        resolve({ code: code ?? undefined, signal: signal ?? undefined });
      });
    })]);
  }

  get running(): boolean {
    return this.pid !== 0 && this.ended === undefined;
  }

  /** The last lines of its output. */
  get output(): readonly string[] {
    return this.lines;
  }

  /** Sends a signal to the process and all that it started. */
  signal(signal: NodeJS.Signals): void {
    if (this.pid === 0) return;
    try {
      // None can pass on a SIGKILL.
      process.kill(this.passesSignalsOn && signal !== 'SIGKILL' ? this.pid : -this.pid, signal);
    } catch {
      // The whole group is gone, which is what a signal would bring about anyhow.
    }
  }

  /** Sends a message to a process that was started with a channel. */
  send(message: object): void {
    if (this.process.connected) this.process.send(message, () => undefined);
  }

  /** Asks it to end, and kills it when it has not after `graceMs`. */
  async stop(graceMs: number): Promise<Exit> {
    this.stopping = true;
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** An error that says how it ended, with its last words. */
  failure(what: string, { code, signal }: Exit): UserError {
    const how = signal ? `was ended by ${signal}` : code === undefined ? 'could not be started' : `ended with exit code ${code}`;
    // A process that was killed wrote nothing that explains it.
    if (signal === 'SIGKILL') return new UserError(`${what} ${how}`);
    const { lines } = this.terminationMessage;
    return new UserError([`${what} ${how}${lines.length > 0 ? ':' : ' and said nothing'}`, ...lines.map((line) => `  ${line}`)].join('\n'));
  }
}

/** The program kubectl, which knows how the user's cluster is reached. */
import { spawn } from 'node:child_process';
import { UserError } from '../command-line/errors';

/** Bytes of an answer that are taken: a list of some thousand pods. */
const MAX_BYTES = 256 << 20;

export class Kubectl {
  /** @param flags those that choose a cluster: `--context` and so on */
  constructor(private readonly flags: readonly string[] = [], private readonly program = 'kubectl') {}

  /** Runs a command to its end; settles with what it has printed. */
  run(args: readonly string[], timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.program, [...this.flags, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
      let output = '';
      let problem = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.length > MAX_BYTES) child.kill();
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => { problem = (problem + text).slice(-2_000); });
      child.on('error', (error) => reject(this.failed(error)));
      child.on('close', (code, signal) => {
        if (code === 0) resolve(output);
        else reject(new UserError(`kubectl ${args.slice(0, 2).join(' ')}: ${problem.trim() || (signal ? 'it took too long or said too much' : `exit code ${code}`)}`));
      });
    });
  }

  /** Opens a port of 127.0.0.1 that leads to one of a pod, until it is closed or the pod is gone. */
  forward(namespace: string, pod: string, port: number, timeoutMs: number): Promise<PortForward> {
    return new Promise((resolve, reject) => {
      const args = ['port-forward', '--address', '127.0.0.1', '--namespace', namespace, `pod/${pod}`, `:${port}`];
      const child = spawn(this.program, [...this.flags, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      let problem = '';
      const ended = new Promise<void>((settle) => { child.on('close', () => settle()); });
      const close = (): Promise<void> => {
        child.kill();
        return ended;
      };
      const forward: PortForward = { port: 0, isOpen: true, close };
      const timer = setTimeout(() => child.kill(), timeoutMs);
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-2_000);
        const found = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
        if (forward.port !== 0 || found === undefined) return;
        clearTimeout(timer);
        forward.port = Number(found);
        resolve(forward);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => { problem = (problem + text).slice(-2_000); });
      child.on('error', (error) => reject(this.failed(error)));
      child.on('close', () => {
        clearTimeout(timer);
        forward.isOpen = false;
        reject(new Error(`kubectl port-forward pod/${pod}: ${problem.trim() || 'it ended'}`));
      });
    });
  }

  private failed(error: NodeJS.ErrnoException): UserError {
    return new UserError(error.code === 'ENOENT' ? `there is no program '${this.program}' in the PATH; install kubectl` : `kubectl: ${error.message}`);
  }
}

/** A port of 127.0.0.1 that leads to a pod. */
export interface PortForward {
  port: number;
  isOpen: boolean;
  /** Settles when its process has ended. */
  close(): Promise<void>;
}

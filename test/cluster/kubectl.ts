/** `kubectl`, as a program: what it prints, or an error with what it said. The cluster is the one that KUBECONFIG names. */
import { ChildProcess, spawn } from 'node:child_process';

/** Longest that one call may take. */
const LIMIT_MS = 300_000;

export interface CallOptions {
  /** Text for its standard input. */
  readonly input?: string;
}

export class Kubectl {
  /** @param namespace absent: that of each object */
  constructor(private readonly program: string, readonly namespace?: string) {}

  /** The same cluster in another namespace. */
  in(namespace?: string): Kubectl {
    return new Kubectl(this.program, namespace);
  }

  /** @throws Error with the command and the last lines of what it said, when it fails */
  async run(args: readonly string[], { input }: CallOptions = {}): Promise<string> {
    const child = this.start(args, { timeout: LIMIT_MS });
    const output = collect(child.stdout!);
    const complaint = collect(child.stderr!);
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(input ?? '');
    const status = await exitOf(child);
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')} failed (${status}): ${complaint().trim().split('\n').slice(-5).join(' / ')}`);
    return output();
  }

  /** What `-o json` prints. */
  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run([...args, '-o', 'json'])) as T;
  }

  /** Whether a call succeeds. */
  async succeeds(args: readonly string[]): Promise<boolean> {
    return this.run(args).then(() => true, () => false);
  }

  /** A call that goes on; its streams are pipes. */
  start(args: readonly string[], options: { readonly timeout?: number } = {}): ChildProcess {
    return spawn(this.program, [...this.namespace === undefined ? [] : ['--namespace', this.namespace], ...args], { stdio: 'pipe', ...options });
  }
}

/** Everything that a stream gives, as a text that grows. */
export function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => { text += chunk; });
  return () => text;
}

/** How a process ended: its code or signal. */
export function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
}

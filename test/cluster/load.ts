/** Requests that are sent from within a pod while something is done to the cluster. */
import { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { collect, exitOf, Kubectl } from './kubectl';

const PROGRAM = resolve('test/cluster/programs/load.cjs');

/** What became of every request. */
export interface LoadResult {
  readonly sent: number;
  readonly failed: number;
  /** Of the answered ones, those whose connection did not go to a sidecar in the pod. */
  readonly passedBy: number;
  readonly byPod: Readonly<Record<string, number>>;
  /** The first failures, in words. */
  readonly failures: readonly string[];
  /** Longest time in which every request failed. */
  readonly longestOutageMs: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

export interface LoadOptions {
  readonly pod: string;
  readonly url: string;
  /** Requests a second. */
  readonly rate: number;
  readonly method: 'GET' | 'POST';
}

export class Load {
  private constructor(private readonly child: ChildProcess, private readonly output: () => string, private readonly complaint: () => string) {}

  /** Settles when the first requests go out. */
  static async start(kubectl: Kubectl, { pod, url, rate, method }: LoadOptions): Promise<Load> {
    const child = kubectl.start(['exec', '-i', pod, '-c', 'main', '--', 'node', '-e', readFileSync(PROGRAM, 'utf8'), url, String(rate), method]);
    const output = collect(child.stdout!);
    const complaint = collect(child.stderr!);
    await new Promise<void>((done, failed) => {
      child.stdout!.on('data', () => done());
      child.on('close', () => failed(new Error(`no load from ${pod}: ${complaint().trim()}`)));
    });
    return new Load(child, output, complaint);
  }

  /** Sends no more, waits for the answers. */
  async stop(): Promise<LoadResult> {
    const exited = exitOf(this.child);
    this.child.stdin!.end();
    await exited;
    const line = this.output().trim().split('\n').at(-1) ?? '';
    if (!line.startsWith('{')) throw new Error(`the load ended without a result: ${this.complaint().trim().slice(-500)}`);
    return JSON.parse(line) as LoadResult;
  }
}

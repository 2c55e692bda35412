/** What each implementation of TLS at the other end of a sidecar's connection has to do, and how its programs are run. */
import { ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { until } from '../support/raw-http';
import type { Files, Form } from './certificates';

/** Protocol of sidecars (ALPN). */
export const ALPN = 'mesh/h1';
export const HOST = '127.0.0.1';
/** Host names of the two sides, for implementations that compare nothing else. */
export const SERVER_NAME = 'catalog.test';
export const CLIENT_NAME = 'web.test';

export interface Peer {
  readonly name: string;
  /** Whether it knows keys and bundles of this form. */
  takes(form: Form): boolean;
  /** Starts a server that wants a certificate of the bundle, and answers each request with 200. Returns its port. */
  serve(files: Files): Promise<number>;
  /** Sends `GET /` to a sidecar, whose certificate it checks; returns what came back. */
  ask(port: number, files: Files): Promise<string>;
}

/** Where a peer's files go, and what ends it. */
export interface Bench {
  readonly folder: string;
  readonly cleanups: (() => unknown)[];
}

/** A program that runs until the test is over; its output so far. */
export class Program {
  output = '';
  exited = false;
  private readonly child: ChildProcess;

  constructor({ cleanups }: Bench, command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on('data', (data) => { this.output += String(data); });
    this.child.stdin!.on('error', () => {});
    this.child.on('error', (error) => { this.output += error.message; });
    const over = new Promise<void>((resolve) => {
      this.child.on('close', () => {
        this.exited = true;
        resolve();
      });
    });
    cleanups.push(() => {
      this.child.kill('SIGKILL');
      return over;
    });
  }

  send(text: string): void { this.child.stdin!.write(text); }

  async says(text: RegExp): Promise<string> {
    await until(() => `it says ${text}: ${this.output}`, () => text.test(this.output) || this.exited, 20_000);
    if (!text.test(this.output)) throw new Error(`it ended, and did not say ${text}: ${this.output}`);
    return this.output;
  }

  /** Everything that it says until it ends. */
  async ends(): Promise<string> {
    await until(() => `it ends: ${this.output}`, () => this.exited, 20_000);
    return this.output;
  }

  async listensOn(port: number): Promise<void> {
    let listens = false;
    while (!listens) {
      if (this.exited) throw new Error(`it ended before it listened: ${this.output}`);
      listens = await new Promise((resolve) => {
        const socket = connect(port, HOST, () => resolve(true)).on('error', () => resolve(false));
        socket.on('close', () => socket.destroy());
        socket.end();
      });
    }
  }
}

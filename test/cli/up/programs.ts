/** The built bundles, for tests that run them, and ways to see what they left behind. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';

/** Where `npm run build` puts them. */
const BIN = process.env['CDK8S_MESH_BIN'] ?? join(__dirname, '../../../lib/bin');

export const PROGRAMS = { cli: join(BIN, 'cdk8s-mesh.js'), proxy: join(BIN, 'proxy.js'), page: join(BIN, 'page.html') };

/** Every process that is started with this in its environment can be found again, its descendants too. */
const MARK = 'CDK8S_MESH_TEST_RUN';

/** A run of the command in a process of its own. */
export class CliRun {
  stdout = '';
  stderr = '';
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  private readonly mark = randomUUID();
  private readonly child: ChildProcess;

  /** @param command what starts it. Absent: Node, on the bundle */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, command: readonly string[] = [process.execPath, PROGRAMS.cli]) {
    if (!existsSync(PROGRAMS.cli)) throw new Error(`${PROGRAMS.cli} is not built; run npm run build`);
    this.child = spawn(command[0]!, [...command.slice(1), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env, [MARK]: this.mark },
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => { this.stdout += text; });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => { this.stderr += text; });
    this.exited = new Promise((resolve) => { this.child.once('close', (code, signal) => resolve({ code, signal })); });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** What it prints from now on goes nowhere, as when `head` has enough. */
  stopReading(): void {
    this.child.stdout!.destroy();
  }

  /** A signal to all of its process group, as a terminal sends it; for a run that leads one. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.child.pid!, signal);
  }

  /** Waits until it has printed this. */
  async printed(text: string): Promise<void> {
    await until(() => this.stdout.includes(text), () => `'${text}' was not printed:\n${this.stdout}\n${this.stderr}`);
  }

  /** Processes of this run that are there now, itself among them; Linux only. */
  processes(): number[] {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${MARK}=${this.mark}`);
      } catch {
        return false;
      }
    }).map(Number);
  }
}

/** Waits for a condition, and fails after 20 s. */
export async function until(condition: () => boolean | Promise<boolean>, otherwise: () => string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(otherwise());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

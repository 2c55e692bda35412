/** Clients of databases, as they are: programs that run once. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** What a program printed; an error with all of it when it failed. @param input what it reads */
export function run(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { output += String(data); });
    child.on('error', reject);
    child.on('close', (status) => (status === 0 ? resolve(output) : reject(new Error(`${command} ${args.join(' ')} ended with ${status}: ${output}`))));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

export interface Sum {
  readonly sha256: string;
  readonly bytes: number;
}

/** The sum of what a program prints. @param input what it reads */
export async function sumOf(command: string, args: readonly string[], input?: Readable): Promise<Sum> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let problem = '';
  child.stderr.on('data', (data) => { problem += String(data); });
  child.stdin.on('error', () => {});
  if (input) input.pipe(child.stdin);
  else child.stdin.end();
  const sum = createHash('sha256');
  let bytes = 0;
  const closed = new Promise<number | null>((resolve) => { child.on('close', resolve); });
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    sum.update(chunk);
    bytes += chunk.length;
  }
  if (await closed !== 0) throw new Error(`${command} failed: ${problem}`);
  return { sha256: sum.digest('hex'), bytes };
}

/** Programs that refuse to run as root do as this user. */
export function asUser(user: string, command: string, args: readonly string[]): readonly [command: string, args: string[]] {
  if (process.getuid!() !== 0) return [command, [...args]];
  return ['setpriv', [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', command, ...args]];
}

/** A program of PostgreSQL, which Debian keeps apart by version. */
export function postgresProgram(name: string): string {
  const versions = '/usr/lib/postgresql';
  const found = existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin', name)).find((path) => existsSync(path)) : undefined;
  if (found === undefined) throw new Error(`there is no ${name}: apt-get install postgresql`);
  return found;
}

/** Installs what is missing of these packages of Debian. @param packages by the program that shows that it is there */
export function installed(packages: Readonly<Record<string, string>>): void {
  const missing = Object.entries(packages).filter(([program]) => !existsSync(program)).map(([, name]) => name);
  if (missing.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update', '-o', 'DPkg::Lock::Timeout=300', '-qq'], { env, stdio: 'ignore' });
  execFileSync('apt-get', ['install', '-o', 'DPkg::Lock::Timeout=300', '-y', '-qq', '--no-install-recommends', ...missing], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

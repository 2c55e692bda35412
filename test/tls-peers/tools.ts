/** Programs from the Python package index, fetched once into the user's cache, their versions pinned so that two runs find the same. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder of a package with all that it needs, to be put in PYTHONPATH. */
export function pythonPackage(requirement: string): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cdk8s-mesh-tls-peers', requirement.replace('==', '-'));
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const { status, stderr } = spawnSync('python3', ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', fresh, requirement], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pip install ${requirement} failed: ${stderr}`);
  spawnSync('mv', [fresh, folder]);
  return folder;
}

/** Output of a program; an error that says what to install when it is not there. */
export function outputOf(program: string, args: readonly string[], debianPackage: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { output += String(data); });
    child.on('error', (error) => reject(new Error(`${program} did not run (apt-get install ${debianPackage}): ${error.message}`)));
    child.on('close', () => resolve(output));
  });
}

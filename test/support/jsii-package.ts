/** The package of the constructs in another language than TypeScript, as jsii writes it from the last build, and what it is compared with. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { read } from '../docs/markdown';
import { runProgram } from '../docs/sample-runs';

const REPOSITORY = resolve(__dirname, '../..');

const { devDependencies } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };

/** The version of a package that the tests of this repository use. */
export const versionOf = (name: string): string => devDependencies[name]!;

/** Programs run with this: jsii says on each start that Node 20 is old, and keeps what it unpacks in the user's cache. */
export const JSII_ENVIRONMENT = { JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20', JSII_RUNTIME_PACKAGE_CACHE: 'disabled' };

/**
 * Writes the sources of the package for a language. Returns their folder.
 *
 * @param dependency a package in node_modules, in place of this one
 */
export function generatePackage(language: 'python' | 'go', folder: string, dependency?: string): string {
  const of = dependency === undefined ? [] : [join(REPOSITORY, 'node_modules', dependency)];
  run(process.execPath, [join(REPOSITORY, 'node_modules/.bin/jsii-pacmak'), '--code-only', '--targets', language, '--outdir', folder, ...of], { cwd: REPOSITORY });
  return join(folder, language);
}

/** The files that the README's example writes, with their texts. */
export function yamlOfTheReadme(folder: string): Record<string, string> {
  const example = read('README.md').blocks.find(({ language }) => language === 'ts')!;
  return yamlOf(folder, (outdir) => {
    const before = process.env.CDK8S_OUTDIR;
    process.env.CDK8S_OUTDIR = outdir;
    try {
      runProgram(example.text, { write: true });
    } finally {
      if (before === undefined) delete process.env.CDK8S_OUTDIR;
      else process.env.CDK8S_OUTDIR = before;
    }
  });
}

/** The files that a synthesis writes, with their texts. @param synthesize gets the folder to write to */
export function yamlOf(folder: string, synthesize: (outdir: string) => void): Record<string, string> {
  const outdir = mkdtempSync(join(folder, 'yaml-'));
  synthesize(outdir);
  return Object.fromEntries(readdirSync(outdir).map((file) => [file, readFileSync(join(outdir, file), 'utf8')]));
}

/** Runs a program to its end; its output. The error has what the program said. */
export function run(program: string, args: readonly string[], { cwd, env = {} }: { cwd: string; env?: NodeJS.ProcessEnv }): string {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe', env: { ...process.env, ...JSII_ENVIRONMENT, ...env } });
}

/** What `cdk8s-mesh init` does: checks name and folder, and writes the files of a new app, all of them or none. */
import { lstatSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Arguments } from '../command-line/command';
import { codeOf, messageOf, UserError } from '../command-line/errors';
import { filesOfNewApp } from './template';

/** A namespace of Kubernetes, which is a DNS label. */
const LABEL = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Settles with the exit code. */
export function init(args: Arguments): Promise<number> {
  const [folder = '.', ...rest] = args.positionals;
  if (rest.length > 0) throw new UserError(`init takes one folder, got ${args.positionals.map((each) => `'${each}'`).join(' and ')}`);
  const name = nameOf(folder, args.text('name'));
  const spec = args.text('package');
  if (spec?.trim() === '') throw new UserError("--package must be a version, a URL or a path, such as file:../cdk8s-mesh-0.1.0.tgz, got ''");
  const files = filesOfNewApp(name, spec);
  refuseToReplace(folder, [...files.keys()]);
  write(folder, files);
  process.stdout.write(`${report(folder, name, [...files.keys()]).join('\n')}\n`);
  return Promise.resolve(0);
}

function nameOf(folder: string, given: string | undefined): string {
  if (given !== undefined) {
    if (!LABEL.test(given)) throw new UserError(`--name must be lower-case letters, digits and '-', begin with a letter, and have at most 63 of them, got '${given}'`);
    return given;
  }
  const own = basename(resolve(folder));
  const name = own.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+/, '').slice(0, 63).replace(/-+$/, '');
  if (!LABEL.test(name)) throw new UserError(`the folder's name '${own}' has no letter to make a name of; say one with --name NAME`);
  return name;
}

/** Nothing is written when one of the files is there, or when a part of a path is no folder. */
function refuseToReplace(folder: string, paths: readonly string[]): void {
  const parents = [...new Set(paths.flatMap((path) => parentsOf(join(folder, path))))];
  const noFolder = parents.find((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === false);
  if (noFolder !== undefined) throw new UserError(`${noFolder} is a file, and the app needs a folder there; name another folder, or move the file away`);
  const there = paths.filter((path) => lstatSync(join(folder, path), { throwIfNoEntry: false }) !== undefined);
  if (there.length === 0) return;
  throw new UserError(`${folder} has ${there.join(', ')} already, and init replaces no file; name a new folder, or move ${there.length === 1 ? 'it' : 'them'} away`);
}

/** The folders above a path, outermost first. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path || parent === '.' ? [] : [...parentsOf(parent), parent];
}

/** Takes back what it has written when something can't be written. */
function write(folder: string, files: ReadonlyMap<string, string>): void {
  const written: string[] = [];
  try {
    for (const [path, text] of files) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      // A file that came since the check stays.
      writeFileSync(file, text, { flag: 'wx' });
      written.push(file);
    }
  } catch (error) {
    for (const file of written) rmSync(file, { force: true });
    throw codeOf(error) === '' ? error : new UserError(`the app can't be written: ${messageOf(error)}; nothing is left of it`);
  }
}

function report(folder: string, name: string, paths: readonly string[]): string[] {
  const there = relative('.', folder) || '.';
  return [
    `${there} has the app '${name}': ${paths.join(', ')}`,
    '',
    'next:',
    ...[...(there === '.' ? [] : [`cd ${there}`]), 'npm install', 'npm test', 'npm run synth', 'npm run up'].map((line) => `  ${line}`),
  ];
}

/**
 * The files of a new app, from `templates/` of this package. They are shipped as files, so that they are read and changed as what they are;
 * names that npm would not ship as they are (`.gitignore`) begin with `_` there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** What of this package's own package.json a new app needs. */
interface Manifest {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Minor versions of TypeScript may refuse what they took before. */
const PATCHES_ONLY = ['typescript'];

/**
 * Paths and texts of a new app.
 *
 * @param name of the app, a DNS label
 * @param spec of cdk8s-mesh in its package.json; absent: this version
 */
export function filesOfNewApp(name: string, spec?: string): ReadonlyMap<string, string> {
  const root = packageFolder(__dirname);
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const template = join(root, 'templates', 'typescript');
  const files = readdirSync(template, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map((entry): [string, string] => {
    const path = join(entry.parentPath, entry.name).slice(template.length + 1);
    const text = readFileSync(join(template, path), 'utf8').replaceAll('{{name}}', name);
    return [nameInApp(path), path === 'package.json' ? withVersions(text, own, spec ?? `^${own.version}`) : text];
  }).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function nameInApp(path: string): string {
  return path.split(sep).map((part) => part.replace(/^_/, '.')).join(sep);
}

/** Fills in the version of each package: those that this one is tested with, and their compatible successors. */
function withVersions(text: string, own: Manifest, spec: string): string {
  return text.replace(/"([^"]+)": "\{\{version\}\}"/g, (_, name: string) => `"${name}": ${JSON.stringify(name === 'cdk8s-mesh' ? spec : versionOf(name, own))}`);
}

function versionOf(name: string, { peerDependencies, devDependencies }: Manifest): string {
  return peerDependencies[name] ?? `${PATCHES_ONLY.includes(name) ? '~' : '^'}${devDependencies[name]!}`;
}

/** The folder of this package: the bundle is two levels below it, the sources are three. */
function packageFolder(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : packageFolder(dirname(from));
}

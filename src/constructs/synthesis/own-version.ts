/**
 * Which version of this package runs, and where it is. The folder is searched for upwards, so that a source may move, and a
 * bundle of a program that uses the package works from wherever it lies below it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const NAME = 'cdk8s-mesh';

/** Folder of this copy of the package. */
export const OWN_FOLDER = folderOfPackage(__dirname);

/** Read when it is first asked for. */
let version: string | undefined;

/** Version of this package. */
export function ownVersion(): string {
  return version ??= manifestOf(OWN_FOLDER)!.version;
}

/**
 * The nearest folder at or above `from` that holds this package's package.json.
 *
 * @throws when there is none
 */
export function folderOfPackage(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (manifestOf(folder)?.name === NAME) return folder;
    if (folder === dirname(folder)) {
      throw new Error(`${NAME} finds no package.json of its own at or above ${from}; when you bundle your program, leave ${NAME} outside of the bundle`);
    }
  }
}

function manifestOf(folder: string): { readonly name: string; readonly version: string } | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/**
 * Which version of this package runs, and where it is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of this copy of the package. */
export const OWN_FOLDER = join(__dirname, '..', '..', '..');

/** Read when it is first asked for. */
let version: string | undefined;

/** Version of this package. */
export function ownVersion(): string {
  return version ??= (JSON.parse(readFileSync(join(OWN_FOLDER, 'package.json'), 'utf8')) as { version: string }).version;
}

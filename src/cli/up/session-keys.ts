/**
 * The keys of session cookies, as files where the proxies of a run find them: those of the Secrets in the YAML, and random ones for
 * Secrets that are in none of the files, the same for all pods of the run.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SESSION_KEYS_DIR } from '../../contract';
import type { MeshModel } from '../model/model';

const MOUNTED = new RegExp(`^${SESSION_KEYS_DIR}/(?!\\.\\.)([^/]+)/(?!\\.\\.)([^/]+)$`);

export class SessionKeys {
  /** What each file holds, by its path. */
  private readonly written = new Map<string, string>();

  /** @param folder made when there are keys */
  constructor(private readonly folder: string) {}

  /**
   * Writes the keys that the model's documents name; those that are the same as before stay.
   *
   * @returns in words, which of them are made up
   */
  write(model: Pick<MeshModel, 'workloads' | 'secrets'>): string[] {
    const notices: string[] = [];
    for (const { namespace, config } of model.workloads) {
      const keyFiles = config.listeners.flatMap(({ routes }) => routes.flatMap(({ session }) => (session ? [session.keyFile] : [])));
      for (const keyFile of new Set(keyFiles)) {
        const { secret, key } = placeOf(keyFile);
        const path = this.fileOf(namespace, keyFile);
        const data = model.secrets.get(`${namespace}/${secret}`) ?? {};
        const content = Object.hasOwn(data, key) ? data[key] : undefined;
        const before = this.written.get(path);
        if (content === undefined && before === undefined) {
          notices.push(`the session keys '${key}' of Secret '${secret}' in namespace '${namespace}' are in none of the files; random ones take their place, `
            + 'so cookies are good for this run only');
        }
        this.put(path, content ?? before ?? randomBytes(32).toString('base64'), before);
      }
    }
    return notices;
  }

  /** Where a pod of this namespace finds what is at `keyFile` in a cluster. */
  fileOf(namespace: string, keyFile: string): string {
    const { secret, key } = placeOf(keyFile);
    return join(this.folder, namespace, secret, key);
  }

  /** At once for every reader. */
  private put(path: string, content: string, before: string | undefined): void {
    if (content === before) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, content, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.written.set(path, content);
  }
}

/** The Secret and the name in its data that are mounted at a path; a document written by hand may name any path. */
function placeOf(keyFile: string): { readonly secret: string; readonly key: string } {
  const [, secret, key] = MOUNTED.exec(keyFile) ?? [];
  return secret !== undefined && key !== undefined ? { secret, key } : { secret: 'elsewhere', key: `at-${encodeURIComponent(keyFile)}` };
}

/**
 * Files of a pod, laid out as the kubelet lays out a ConfigMap volume: `proxy.json` is a link into `..data`, which is a
 * link to a folder with a time in its name, and an update renames a new `..data` over the old. So the proxy's reload is
 * tried on what it meets in a cluster.
 */
import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class ConfigFolder {
  private generation = 0;

  /** `path` is made; it must not exist. */
  constructor(private readonly path: string, private readonly key: string) {
    mkdirSync(path, { recursive: true });
  }

  /** Path of the document. */
  get file(): string {
    return join(this.path, this.key);
  }

  /** Puts the document in place of the last one, at once for every reader. */
  write(text: string): void {
    const data = join(this.path, '..data');
    const folder = `..generation_${++this.generation}`;
    mkdirSync(join(this.path, folder));
    writeFileSync(join(this.path, folder, this.key), text);
    const old = this.generation > 1 ? readlinkSync(data) : undefined;
    symlinkSync(folder, `${data}_tmp`);
    renameSync(`${data}_tmp`, data);
    if (old === undefined) symlinkSync(join('..data', this.key), this.file);
    else rmSync(join(this.path, old), { recursive: true, force: true });
  }

  /** Takes everything away. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

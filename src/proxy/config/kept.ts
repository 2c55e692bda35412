/**
 * The document in force, kept in a file for the next process of the same pod. What outlives a reload so outlives a restart of the
 * container: outbound listeners that have left the document (retain.ts), and the whole document when the one that is mounted now
 * would be refused.
 *
 * The file is as good as its folder lives: an emptyDir is there for all processes of one pod and for no other pod. Losing it costs
 * what a new pod doesn't have either, so nothing stops for a file that can't be read or written; the log says so. It is
 * written beside and renamed, so it is whole or not there, but not forced to disk: it outlives a process, not a machine.
 */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTRACT_MINOR, ResolvedProxyConfig } from '../../contract';
import { decodeConfig, describeErrors } from './decode';

/** Name of the file. */
export const KEPT_FILE = 'in-force.json';

/** What a process leaves to the next. */
export interface Kept {
  /** The document, as it was mounted. */
  readonly text: string;
  /** What was made of it, with all that was retained. */
  readonly config: ResolvedProxyConfig;
}

export class KeptDocument {
  private readonly path: string | undefined;
  private writing: Promise<void> = Promise.resolve();

  /**
   * @param folder undefined: nothing is kept
   * @param onProblem called when the file can't be used or written, with the reason in words
   */
  constructor(folder: string | undefined, private readonly onProblem: (problem: string) => void) {
    this.path = folder === undefined ? undefined : join(folder, KEPT_FILE);
  }

  /** What the process before has left; undefined when there was none, or when this one can't use it. */
  read(): Kept | undefined {
    if (this.path === undefined) return undefined;
    try {
      const { text, config } = JSON.parse(readFileSync(this.path, 'utf8')) as { readonly text: unknown; readonly config: unknown };
      if (typeof text !== 'string') throw new Error('it holds no document');
      const decoded = decodeConfig(JSON.stringify(config) ?? '');
      if (!decoded.ok) throw new Error(describeErrors(decoded.errors).join('; '));
      return { text, config: decoded.config };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.onProblem(`${this.path} can't be used: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** Keeps what is in force now. Resolves when it is written, or can't be. */
  save({ text, config }: Kept): Promise<void> {
    const { path } = this;
    if (path === undefined) return this.writing;
    // With every default of this proxy filled in, it is of this proxy's form.
    const content = JSON.stringify({ text, config: { ...config, minor: Math.max(CONTRACT_MINOR, config.minor ?? 0) } });
    // One after the other: two at a time would share the file beside.
    this.writing = this.writing.then(async () => {
      try {
        await writeFile(`${path}.new`, content, { mode: 0o600 });
        await rename(`${path}.new`, path);
      } catch (error) {
        this.onProblem(`${path} can't be written: ${(error as Error).message}`);
      }
    });
    return this.writing;
  }
}

/**
 * Paths that are let in whatever the load: health checks, above all, for an app that is busy and not ill must not look ill. Compared byte
 * by byte, as they stand in the request: another spelling of a path (`/%68ealthz`) is one of the many and is limited.
 */
import { word } from '../../http1/bytes';
import type { RequestHead } from '../../http1/request-head';

const QUESTION = 0x3f;

interface Pattern {
  readonly path: Uint8Array;
  readonly isPrefix: boolean;
}

export class ExemptPaths {
  private readonly patterns: readonly Pattern[];

  /** @param paths each a path, or with `*` at its end the beginning of one */
  constructor(paths: readonly string[]) {
    this.patterns = paths.map((path) => ({ path: word(path.replace(/\*$/, '')), isPrefix: path.endsWith('*') }));
  }

  includes(buffer: Buffer, { targetStart, targetEnd }: RequestHead): boolean {
    if (this.patterns.length === 0) return false;
    let end = targetStart;
    while (end < targetEnd && buffer[end] !== QUESTION) end += 1;
    for (const { path, isPrefix } of this.patterns) {
      // A target without a path stands for the root, which is the shortest that a pattern can have.
      if (end === targetStart ? path.length === 1 : matches(buffer, targetStart, end, path, isPrefix)) return true;
    }
    return false;
  }
}

function matches(buffer: Buffer, start: number, end: number, path: Uint8Array, isPrefix: boolean): boolean {
  const length = end - start;
  if (isPrefix ? length < path.length : length !== path.length) return false;
  for (let i = 0; i < path.length; i += 1) if (buffer[start + i] !== path[i]) return false;
  return true;
}

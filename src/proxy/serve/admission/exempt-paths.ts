/**
 * Paths that are let in whatever the load: health checks, above all, for an app that is busy and not ill must not look ill. Compared byte
 * by byte in normal form, so another spelling of a path (`/%68ealthz`) is the same path.
 */
import { word } from '../../http1/bytes';
import type { RequestHead } from '../../http1/request-head';

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

  /** The head's path is in normal form. */
  includes({ path: { bytes, start, end } }: Pick<RequestHead, 'path'>): boolean {
    for (const { path, isPrefix } of this.patterns) if (matches(bytes, start, end, path, isPrefix)) return true;
    return false;
  }
}

function matches(buffer: Uint8Array, start: number, end: number, path: Uint8Array, isPrefix: boolean): boolean {
  const length = end - start;
  if (isPrefix ? length < path.length : length !== path.length) return false;
  for (let i = 0; i < path.length; i += 1) if (buffer[start + i] !== path[i]) return false;
  return true;
}

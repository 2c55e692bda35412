/**
 * Paths that are let in whatever the load: health checks, above all, for an app that is busy and not ill must not look ill. Patterns and
 * requests are compared byte by byte in normal form, so another spelling of a path (`/%68ealthz`) is the same path on both sides.
 */
import { type PathOptions, normalizePattern } from '../../../routing';
import { word } from '../../http1/bytes';
import type { RequestHead } from '../../http1/request-head';

interface Pattern {
  readonly path: Uint8Array;
  readonly isPrefix: boolean;
}

export class ExemptPaths {
  private readonly patterns: readonly Pattern[];

  /**
   * @param paths   each a path, or with `*` at its end the beginning of one; what no request can have is left out
   * @param options by which requests' paths are normalised
   */
  constructor(paths: readonly string[], options: PathOptions | undefined) {
    this.patterns = paths.flatMap((path) => {
      const normal = normalizePattern(path, options);
      return 'path' in normal ? [{ path: word(normal.path), isPrefix: normal.isPrefix }] : [];
    });
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

/** Patterns of paths, exact or with `*` at the end for how they begin, in the form that paths of requests have. */
import type { PathFault } from './fault';
import type { PathOptions } from './options';
import { normalizePath } from './path-normalizer';

export interface NormalPattern {
  readonly path: string;
  readonly isPrefix: boolean;
}

/** A prefix is normalised with a character of an element behind it, so that it neither ends in a dot segment nor in half an escape. */
const ANY = 'x';

/** The pattern as requests are compared with it; a fault when no request can have such a path. */
export function normalizePattern(pattern: string, options: PathOptions = {}): NormalPattern | PathFault {
  const isPrefix = pattern.endsWith('*');
  const path = normalizePath(isPrefix ? pattern.slice(0, -1) + ANY : pattern, options);
  if (typeof path !== 'string') return path;
  return { path: isPrefix ? path.slice(0, -ANY.length) : path, isPrefix };
}

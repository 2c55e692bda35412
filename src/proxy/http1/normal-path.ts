/**
 * Gives a request's path its normal form (src/routing/path), once, before anything goes by it: what is matched is what is sent on, logged and
 * let past the limits. A path that is normal already stays where it is; another one is noted in front of the rest of the target.
 */
import type { PathFault, PathNormalizer } from '../../routing';
import type { RequestHead } from './request-head';

const SLASH = 0x2f;

/** Undefined when `head` has the normal path of its target; or why that has none. */
export function normalizeTarget(normalizer: PathNormalizer, source: Buffer, head: RequestHead): PathFault | undefined {
  const { targetStart, targetEnd } = head;
  const wrong = normalizer.normalize(source, targetStart, targetEnd);
  if (wrong) return wrong;
  const { path, queryStart } = normalizer;
  head.path = path;
  head.queryStart = queryStart;
  // A target without a path stands for the root, and is written so.
  if (!normalizer.changed || targetStart === targetEnd || source[targetStart] !== SLASH) return undefined;
  head.targetPrefix = Buffer.from(path.bytes.subarray(path.start, path.end));
  head.targetStart = queryStart;
  return undefined;
}

/**
 * The keys of session cookies, as they stand in a file: one a line, so that a Secret can be written by hand and a new key be put before
 * the old ones. The first seals, all open: keys are changed without ending a session, by adding the new one as the second, then moving
 * it to the front once all proxies have it, and taking the old one away when its cookies are over.
 *
 * What is wrong is told without the keys themselves.
 */

/** Least bytes of a key; 32 random ones are 44 in base64. */
export const MIN_KEY_BYTES = 32;

/** Most keys in use. */
export const MAX_KEYS = 8;

/** Longest file that is read. */
export const MAX_KEY_FILE_BYTES = 16_384;

/** The keys of a file, or why they can't be used. */
export type ReadKeys = { readonly ok: true; readonly keys: readonly Buffer[] } | { readonly ok: false; readonly problem: string };

const REMEDY = 'put random keys of at least 32 bytes there, one a line, as \'openssl rand -base64 32\' makes them';

/** Reads the content of a key file. */
export function readKeys(content: string): ReadKeys {
  if (content.length > MAX_KEY_FILE_BYTES) return { ok: false, problem: `has more than ${MAX_KEY_FILE_BYTES} bytes; ${REMEDY}` };
  const keys = content.split('\n').map((line) => Buffer.from(line.trim())).filter((key) => key.length > 0);
  if (keys.length === 0) return { ok: false, problem: `has no key; ${REMEDY}` };
  if (keys.length > MAX_KEYS) return { ok: false, problem: `has ${keys.length} keys; keep the newest ${MAX_KEYS}` };
  const short = keys.findIndex((key) => key.length < MIN_KEY_BYTES);
  if (short >= 0) return { ok: false, problem: `has a key of ${keys[short]!.length} bytes, number ${short + 1}; ${REMEDY}` };
  return { ok: true, keys };
}

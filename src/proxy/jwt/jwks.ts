/**
 * The public keys of an issuer, from a JSON Web Key Set (RFC 7517). Only keys of three signatures exist here: RS256, ES256 and EdDSA. A key
 * says which one it is for, by its type, and a token can't choose another: `none`, and HMAC with a public key as the secret, can't be
 * expressed. A set without a single usable key is no set, so nobody ever verifies without keys.
 */
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { crypto } from '../runtime/on-demand';
import { JsonObject, parseUnique } from './unique-json';

export type JwtAlgorithm = 'RS256' | 'ES256' | 'EdDSA';

export interface VerificationKey {
  readonly algorithm: JwtAlgorithm;
  readonly key: KeyObject;
}

/** Keys by their `kid`; at least one. */
export type KeySet = ReadonlyMap<string, VerificationKey>;

export type ReadKeySet = { readonly ok: true; readonly keys: KeySet } | { readonly ok: false; readonly problem: string };

/** Longest file that is read. */
export const MAX_JWKS_BYTES = 262_144;

/** Most keys of a file. */
export const MAX_JWKS_KEYS = 64;

/** Shortest RSA key (NIST SP 800-131A). */
const MIN_RSA_BITS = 2_048;

/** Members of private and symmetric keys (RFC 7518 section 6). */
const SECRET = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

/** Reads the content of a file. Keys of other kinds or for other uses are left out. */
export function readKeySet(content: string): ReadKeySet {
  if (content.length > MAX_JWKS_BYTES) return refused(`has more than ${MAX_JWKS_BYTES} bytes`);
  const keys = parseUnique(Buffer.from(content))?.['keys'];
  if (!Array.isArray(keys)) return refused('is no JSON Web Key Set, an object with a list of \'keys\'');
  if (keys.length > MAX_JWKS_KEYS) return refused(`has ${keys.length} keys; keep at most ${MAX_JWKS_KEYS}`);
  const found = new Map<string, VerificationKey>();
  for (const jwk of keys as unknown[]) {
    if (typeof jwk !== 'object' || jwk === null) return refused('has an entry that is no key');
    const { kid } = jwk as JsonObject;
    // HMAC's key is the secret itself, which has no place in a file of public keys.
    if (SECRET.some((member) => member in jwk)) return refused(`has a private or secret key${typeof kid === 'string' ? `, '${kid}'` : ''}; put only public keys there`);
    const key = keyOf(jwk as JsonObject);
    if (!key || typeof kid !== 'string' || kid === '') continue;
    if (found.has(kid)) return refused(`has two keys with the kid '${kid}'`);
    found.set(kid, key);
  }
  return found.size > 0 ? { ok: true, keys: found } : refused('has no key with a kid that RS256, ES256 or EdDSA could be verified with');
}

/** Undefined for one that is for something else. */
function keyOf(jwk: JsonObject): VerificationKey | undefined {
  const { kty, crv, alg, use, key_ops: operations } = jwk;
  const algorithm = kty === 'RSA' ? 'RS256' : kty === 'EC' && crv === 'P-256' ? 'ES256' : kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined;
  if (!algorithm || (alg !== undefined && alg !== algorithm) || (use !== undefined && use !== 'sig')) return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return undefined;
  try {
    const key = crypto().createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    return algorithm === 'RS256' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS ? undefined : { algorithm, key };
  } catch {
    return undefined;
  }
}

/** Whether `signature` is of `key` over `data`. */
export function verifies({ algorithm, key }: VerificationKey, data: Uint8Array, signature: Uint8Array): boolean {
  const { verify, constants } = crypto();
  switch (algorithm) {
    case 'RS256': return verify('sha256', data, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
    // RFC 7518 section 3.4: both numbers in full length, not DER.
    case 'ES256': return signature.length === 64 && verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature);
    case 'EdDSA': return verify(null, data, key, signature);
  }
}

function refused(problem: string): ReadKeySet {
  return { ok: false, problem };
}

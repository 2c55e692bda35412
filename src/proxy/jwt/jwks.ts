/**
 * The public keys of an issuer, from a JSON Web Key Set (RFC 7517). Only keys of three signatures exist here: RS256, ES256 and EdDSA. A key
 * says which one it is for, by its type, and a token can't choose another: `none`, and HMAC with a public key as the secret, can't be
 * expressed. A set without a single usable key is no set, so nobody ever verifies without keys.
 */
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { JwtAlgorithm, keysOfJwks, MAX_JWKS_BYTES, NO_USABLE_KEY } from '../../contract';
import { crypto } from '../runtime/on-demand';
import { JsonObject, parseUnique } from './unique-json';

export interface VerificationKey {
  readonly algorithm: JwtAlgorithm;
  readonly key: KeyObject;
}

/** Keys by their `kid`; at least one. */
export type KeySet = ReadonlyMap<string, VerificationKey>;

export type ReadKeySet = { readonly ok: true; readonly keys: KeySet } | { readonly ok: false; readonly problem: string };

/** Shortest RSA key (NIST SP 800-131A). */
const MIN_RSA_BITS = 2_048;

/** Reads the content of a file. Keys of other kinds or for other uses are left out. */
export function readKeySet(content: string): ReadKeySet {
  if (content.length > MAX_JWKS_BYTES) return refused(`has more than ${MAX_JWKS_BYTES} bytes`);
  const usable = keysOfJwks(parseUnique(Buffer.from(content)));
  if (typeof usable === 'string') return refused(usable);
  const keys = new Map<string, VerificationKey>();
  for (const [kid, { algorithm, jwk }] of usable) {
    const key = keyOf(algorithm, jwk);
    if (key) keys.set(kid, key);
  }
  return keys.size > 0 ? { ok: true, keys } : refused(NO_USABLE_KEY);
}

/** Undefined for one that is malformed or too short. */
function keyOf(algorithm: JwtAlgorithm, jwk: JsonObject): VerificationKey | undefined {
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

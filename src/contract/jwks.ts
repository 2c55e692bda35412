/**
 * What a JSON Web Key Set (RFC 7517) must be for tokens to be verified with it, as far as no cryptography is needed for it: the constructs look at
 * sets that are in the YAML, and the proxy at the files it gets.
 */

export type JwtAlgorithm = 'RS256' | 'ES256' | 'EdDSA';

/** Longest file that is read. */
export const MAX_JWKS_BYTES = 262_144;

/** Most keys of a file. */
export const MAX_JWKS_KEYS = 64;

/** Members of private and symmetric keys (RFC 7518 section 6). */
const SECRET = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

type Jwk = Readonly<Record<string, unknown>>;

/** Keys by their `kid`, or what is wrong with the set. Keys of other kinds or for other uses are left out. */
export function keysOfJwks(set: unknown): ReadonlyMap<string, { readonly algorithm: JwtAlgorithm; readonly jwk: Jwk }> | string {
  const keys = isObject(set) ? set['keys'] : undefined;
  if (!Array.isArray(keys)) return 'is no JSON Web Key Set, an object with a list of \'keys\'';
  if (keys.length > MAX_JWKS_KEYS) return `has ${keys.length} keys; keep at most ${MAX_JWKS_KEYS}`;
  const found = new Map<string, { readonly algorithm: JwtAlgorithm; readonly jwk: Jwk }>();
  for (const jwk of keys as unknown[]) {
    if (!isObject(jwk)) return 'has an entry that is no key';
    const { kid } = jwk;
    // HMAC's key is the secret itself, which has no place in a file of public keys.
    if (SECRET.some((member) => member in jwk)) return `has a private or secret key${typeof kid === 'string' ? `, '${kid}'` : ''}; put only public keys there`;
    const algorithm = algorithmOf(jwk);
    if (!algorithm || typeof kid !== 'string' || kid === '') continue;
    if (found.has(kid)) return `has two keys with the kid '${kid}'`;
    found.set(kid, { algorithm, jwk });
  }
  return found;
}

export const NO_USABLE_KEY = 'has no key with a kid that RS256, ES256 or EdDSA could be verified with';

/** What is wrong with a set in a text, in words; undefined when nothing is. */
export function problemOfJwks(text: string): string | undefined {
  if (text.length > MAX_JWKS_BYTES) return `has more than ${MAX_JWKS_BYTES} bytes`;
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    return 'is no JSON';
  }
  const keys = keysOfJwks(set);
  return typeof keys === 'string' ? keys : keys.size === 0 ? NO_USABLE_KEY : undefined;
}

/** Undefined of a key that is for something else. */
function algorithmOf({ kty, crv, alg, use, key_ops: operations }: Jwk): JwtAlgorithm | undefined {
  const algorithm = kty === 'RSA' ? 'RS256' : kty === 'EC' && crv === 'P-256' ? 'ES256' : kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined;
  if (!algorithm || (alg !== undefined && alg !== algorithm) || (use !== undefined && use !== 'sig')) return undefined;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify')) ? algorithm : undefined;
}

function isObject(value: unknown): value is Jwk {
  return typeof value === 'object' && value !== null;
}

/**
 * Verifies a token of one issuer (JWT, RFC 7519, signed as RFC 7515 has it, with the advice of RFC 8725): whether it is the issuer's, for whom
 * it is, and what it claims. The result is a good token, or why it is none; there is no third that could be taken for either.
 */
import type { ResolvedJwt } from '../../contract';
import type { AskedClaim, Claims } from '../../routing';
import type { TokenResult } from '../telemetry/jwt-instruments';
import { claimLines } from './claim-lines';
import { KeySet, verifies } from './jwks';
import { conditionTextsOf } from './claim-texts';
import { JsonObject, parseUnique } from './unique-json';

export type TokenProblem = Exclude<TokenResult, 'verified' | 'remembered'>;

/** A token whose signature and audience are right. Whether this is its time is asked anew for each request. */
export interface GoodToken {
  /** Only those that conditions ask for. */
  readonly claims: Claims;
  /** Field lines that tell the app of claims. */
  readonly lines: Buffer;
  /** Whether it goes on with the request. */
  readonly forward: boolean;
  /** In seconds since 1970, the skew allowed for. */
  readonly from: number;
  readonly until: number;
}

/** The keys of a file as they are now. */
export interface CurrentKeys {
  readonly keys: KeySet;
}

/** The claims that conditions ask for, by their keys. */
export type WantedClaims = ReadonlyMap<string, AskedClaim>;

export class TokenVerifier {
  /** @param wanted the claims that conditions ask for */
  constructor(private readonly config: ResolvedJwt, private readonly source: CurrentKeys, private readonly wanted: WantedClaims) {}

  get keys(): KeySet { return this.source.keys; }

  verify({ text, header, payload, signed, signature }: ParsedToken): GoodToken | TokenProblem {
    if (text.length > this.config.maxTokenBytes) return 'too_long';
    // What must be understood isn't (RFC 7515 section 4.1.11). Keys that a token brings along (jwk, jku, x5c) are never looked at.
    if ('crit' in header) return 'malformed';
    const key = typeof header['kid'] === 'string' ? this.keys.get(header['kid']) : undefined;
    if (!key) return 'unknown_key';
    if (header['alg'] !== key.algorithm) return 'algorithm';
    if (!verifies(key, signed, signature)) return 'signature';
    const { aud, exp, nbf = 0 } = payload;
    const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
    if (!audiences.some((audience) => this.config.audiences.includes(audience as string))) return 'audience';
    if (!isTime(exp) || !isTime(nbf)) return 'malformed';
    const skew = this.config.clockSkewMs / 1_000;
    const { claimHeaders, forward } = this.config;
    return { claims: claimsOf(payload, this.wanted), lines: claimLines(payload, claimHeaders), forward, from: nbf - skew, until: exp + skew };
  }
}

/** A token that has the form of one. Nothing of it is verified. */
export interface ParsedToken {
  readonly text: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** What the signature is over. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Undefined for what is no signed token. */
export function parseToken(text: string): ParsedToken | undefined {
  const parts = text.split('.');
  if (parts.length !== 3) return undefined;
  const [header, payload, signature] = parts.map(fromBase64url);
  if (!header || !payload || !signature) return undefined;
  const [head, body] = [parseUnique(header), parseUnique(payload)];
  if (!head || !body) return undefined;
  return { text, header: head, payload: body, signed: Buffer.from(text.slice(0, text.lastIndexOf('.')), 'latin1'), signature };
}

/** Node decodes leniently: what it would not write so is refused. */
function fromBase64url(text: string): Buffer | undefined {
  if (text === '') return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function claimsOf(payload: JsonObject, wanted: WantedClaims): Claims {
  const claims = new Map<string, readonly Uint8Array[]>();
  for (const [key, asked] of wanted) {
    const texts = conditionTextsOf(payload, asked);
    if (texts) claims.set(key, texts.map((text) => Buffer.from(text)));
  }
  return claims;
}

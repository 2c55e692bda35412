/** Tokens (JWT) that requests carry, and whose claims rules of authorization can ask for. */
import type { Integer } from './scalars';

/**
 * An issuer of tokens. Its tokens come in the field Authorization, as `Bearer`, and are signed by RS256, ES256 or EdDSA with a key that `kid`
 * names. A token that is not good refuses the request (401); a request without one has no claims.
 */
export interface JwtConfig {
  /**
   * The claim `iss` of its tokens, compared whole.
   * @minLength 1
   * @maxLength 1024
   * @pattern ^[!-~]+$
   */
  readonly issuer: string;
  /**
   * Whom its tokens must be for: one of these in their claim `aud`.
   * @minItems 1
   * @maxItems 16
   */
  readonly audiences: JwtAudience[];
  /**
   * File with its public keys, a JSON Web Key Set. Read again when it changes; while it can't be used, the keys before stay.
   * @minLength 1
   */
  readonly jwksFile: string;
  /**
   * How far the clocks of issuer and proxy may be apart: so much later than `exp` and earlier than `nbf` a token is good.
   * @maximum 300000
   * @default 30000
   */
  readonly clockSkewMs?: Integer;
  /**
   * Longest token. Longer ones are refused before anything is read of them.
   * @minimum 64
   * @maximum 65536
   * @default 8192
   */
  readonly maxTokenBytes?: Integer;
}

/**
 * An audience of a token.
 * @minLength 1
 * @maxLength 1024
 * @pattern ^[!-~]+$
 */
export type JwtAudience = string;

/** A condition of a verified claim: it is one of these texts, or a list that has one of them. Of `scope`, each word counts. */
export interface ClaimMatch {
  /**
   * Its name, with its case.
   * @minLength 1
   * @maxLength 256
   * @pattern ^[!-~]+$
   */
  readonly name: string;
  /**
   * Values, compared whole.
   * @minItems 1
   * @maxItems 64
   */
  readonly values: ClaimValue[];
}

/**
 * A value of a claim.
 * @minLength 1
 * @maxLength 1024
 */
export type ClaimValue = string;

/** {@link JwtConfig} with nothing left open. */
export type ResolvedJwt = Required<JwtConfig>;

/** Default of each `jwt`. */
export const DEFAULT_JWT: Required<Pick<JwtConfig, 'clockSkewMs' | 'maxTokenBytes'>> = {
  // #region generated defaults of JwtConfig
  clockSkewMs: 30_000,
  maxTokenBytes: 8_192,
  // #endregion
};

/** What is wrong with the issuers of a listener, by its field. */
export function errorsOfJwt(jwt: readonly JwtConfig[], authorizes: boolean): { readonly field: string; readonly message: string }[] {
  const seen = new Set<string>();
  const errors = jwt.flatMap(({ issuer }, index) => {
    const known = seen.has(issuer);
    seen.add(issuer);
    return known ? [{ field: `jwt/${index}/issuer`, message: `the issuer '${issuer}' is there twice; give it once, with all its audiences` }] : [];
  });
  // A token alone lets nobody in: without rules, requests that have none would pass.
  if (!authorizes) errors.push({ field: 'jwt', message: 'tokens would be asked of nobody; give the listener an authorization with rules that have claims' });
  return errors;
}

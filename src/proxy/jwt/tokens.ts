/**
 * The tokens of a listener's requests that come in one place. Verifying one takes 150 to 400 microseconds, finding one again 5, so those that
 * were good are remembered by their SHA-256, with the claims that conditions ask for, until they expire or the keys of their issuer change. What
 * was not good is not remembered: anybody can make any number of those.
 */
import type { ResolvedJwt } from '../../contract';
import { crypto } from '../runtime/on-demand';
import { Recent } from '../session/recent';
import type { KeySet } from './jwks';
import { CurrentKeys, GoodToken, parseToken, TokenProblem, TokenVerifier, WantedClaims } from './token-verifier';

/** Limit `recentTokens`: tokens of a listener that are remembered as good; twice as many at most. */
export const MAX_RECENT_TOKENS = 1_024;

export type Verified =
  | { readonly ok: true; readonly token: GoodToken; readonly remembered: boolean }
  | { readonly ok: false; readonly problem: TokenProblem };

interface Remembered {
  readonly good: GoodToken;
  readonly verifier: TokenVerifier;
  /** It was verified with these. */
  readonly keys: KeySet;
}

export class Tokens {
  private readonly byIssuer: ReadonlyMap<string, TokenVerifier>;
  private readonly longest: number;
  private readonly recent: Recent<Remembered>;

  /** @param wanted the claims that conditions ask for */
  constructor(
    issuers: readonly ResolvedJwt[], keysOf: (jwksFile: string) => CurrentKeys, wanted: WantedClaims, onLimit: (limit: string) => void,
  ) {
    this.byIssuer = new Map(issuers.map((config) => [config.issuer, new TokenVerifier(config, keysOf(config.jwksFile), wanted)]));
    this.longest = Math.max(...issuers.map(({ maxTokenBytes }) => maxTokenBytes));
    this.recent = new Recent(MAX_RECENT_TOKENS, () => onLimit('recentTokens'));
  }

  /** @param seconds now, since 1970 */
  verify(text: string, seconds: number): Verified {
    if (text.length > this.longest) return not('too_long');
    const digest = crypto().createHash('sha256').update(text, 'latin1').digest('base64');
    const known = this.recent.get(digest);
    const remembered = known !== undefined && known.keys === known.verifier.keys;
    const good = remembered ? known.good : this.read(text, digest);
    if (typeof good === 'string') return not(good);
    if (seconds >= good.until) return not('expired');
    if (seconds < good.from) return not('not_yet_valid');
    return { ok: true, token: good, remembered };
  }

  private read(text: string, digest: string): GoodToken | TokenProblem {
    const token = parseToken(text);
    if (!token) return 'malformed';
    const { iss } = token.payload;
    const verifier = typeof iss === 'string' ? this.byIssuer.get(iss) : undefined;
    if (!verifier) return 'unknown_issuer';
    const good = verifier.verify(token);
    if (typeof good !== 'string') this.recent.set(digest, { good, verifier, keys: verifier.keys });
    return good;
  }
}

function not(problem: TokenProblem): Verified {
  return { ok: false, problem };
}

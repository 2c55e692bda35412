/**
 * What a listener makes of the tokens of its requests: which one a request has, and what goes on of it. With several, in one place or in two,
 * nobody knows which one an app takes, so such a request has no good one.
 */
import type { ResolvedJwt } from '../../contract';
import type { RequestView } from '../../routing';
import { joined } from '../http1/bytes';
import type { RequestHead } from '../http1/request-head';
import { leaveOut, SEVERAL, TokenSource, tokenSourceOf } from './token-source';
import type { CurrentKeys, GoodToken, WantedClaims } from './token-verifier';
import { Tokens, Verified } from './tokens';

const NO_LINES = Buffer.alloc(0);
const AMBIGUOUS: Verified = { ok: false, problem: 'ambiguous' };

/** A place where tokens are, and those that are there. */
interface Place {
  readonly source: TokenSource;
  readonly tokens: Tokens;
}

export class RequestTokens {
  private readonly places: readonly Place[];
  /** Names of fields that tell the app of claims: only the proxy writes them. */
  private readonly ownFields: readonly Buffer[];

  /** @param wanted the claims that conditions ask for */
  constructor(
    issuers: readonly ResolvedJwt[], keysOf: (jwksFile: string) => CurrentKeys, wanted: WantedClaims, onLimit: (limit: string) => void,
  ) {
    const byKey = new Map<string, { readonly source: TokenSource; readonly issuers: ResolvedJwt[] }>();
    for (const issuer of issuers) {
      const source = tokenSourceOf(issuer);
      const known = byKey.get(source.key);
      if (known) known.issuers.push(issuer);
      else byKey.set(source.key, { source, issuers: [issuer] });
    }
    this.places = [...byKey.values()].map(({ source, issuers: its }) => ({ source, tokens: new Tokens(its, keysOf, wanted, onLimit) }));
    const names = issuers.flatMap(({ claimHeaders }) => claimHeaders.map(({ header }) => header.toLowerCase()));
    this.ownFields = [...new Set(names)].map((name) => Buffer.from(name));
  }

  /**
   * The token of a request; undefined when it has none.
   *
   * @param seconds now, since 1970
   */
  of(request: RequestView, seconds: number): Verified | undefined {
    let found: string | undefined;
    let at: Place | undefined;
    for (let i = 0; i < this.places.length; i += 1) {
      const place = this.places[i]!;
      const text = place.source.find(request);
      if (text === undefined) continue;
      if (text === SEVERAL || at) return AMBIGUOUS;
      found = text;
      at = place;
    }
    return at && at.tokens.verify(found!, seconds);
  }

  /**
   * Leaves out of the request that is sent on what only the proxy may say, and its token, unless that goes on.
   *
   * @returns field lines that it gets besides
   */
  prepare(source: Buffer, head: RequestHead, token: GoodToken | undefined): Buffer {
    this.leaveOutOwn(source, head);
    if (!token) return NO_LINES;
    const kept = token.forward ? NO_LINES : this.strip(source, head);
    return joined(kept, token.lines);
  }

  /** Leaves out what only the proxy may say. */
  leaveOutOwn(source: Buffer, section: Pick<RequestHead, 'fields'>): void {
    for (let i = 0; i < this.ownFields.length; i += 1) leaveOut(this.ownFields[i]!, source, section);
  }

  /** A request with a good token has nothing in the other places. */
  private strip(source: Buffer, head: RequestHead): Buffer {
    let lines: Buffer = NO_LINES;
    for (const place of this.places) lines = joined(lines, place.source.strip(source, head));
    return lines;
  }
}

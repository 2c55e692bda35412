/**
 * The token that a request is said to carry, for `explain`: what it claims. Its signature and its times are taken for good, since the keys of
 * its issuer are in the cluster; issuer and audience are compared, as the document has those.
 */
import type { ResolvedJwt } from '../../contract';
import { claimLines } from '../../proxy/jwt/claim-lines';
import { conditionTextsOf } from '../../proxy/jwt/claim-texts';
import { parseToken } from '../../proxy/jwt/token-verifier';
import { bytesOf, type Claims } from '../../routing';
import { UserError } from '../command-line/errors';
import { listed } from '../words/quantities';

const FORM = /^([^\s=]+)=([^]*)$/;
const NO_CLAIMS: Claims = new Map();

type Payload = Readonly<Record<string, unknown>>;

export class AskedToken {
  /** From `sub=ann` and the like; a claim that is given several times is a list. */
  static ofClaims(pairs: readonly string[]): AskedToken {
    const values = new Map<string, string[]>();
    for (const pair of pairs) {
      const [, name, value] = FORM.exec(pair) ?? [];
      if (name === undefined) throw new UserError(`--claim must be a claim such as groups=staff, got '${pair}'`);
      values.set(name, [...values.get(name) ?? [], value!]);
    }
    return AskedToken.of(Object.fromEntries([...values].map(([name, its]) => [name, its.length === 1 ? its[0]! : its])));
  }

  /** Of any issuer and for any audience, unless its claims say. */
  static of(claims: Readonly<Record<string, string | readonly string[]>>): AskedToken {
    return new AskedToken(claims);
  }

  /** From a token itself. */
  static ofText(text: string): AskedToken {
    const token = parseToken(text.trim());
    if (!token) throw new UserError('--token is no signed token (JWT): three parts of base64url with dots between them, and no name in it twice');
    return new AskedToken({ iss: '', aud: '', ...token.payload });
  }

  private constructor(private readonly payload: Payload) {}

  /** Why a listener with these issuers refuses it, in words. */
  problemFor(jwt: readonly ResolvedJwt[]): string | undefined {
    const { iss, aud } = this.payload;
    const issuer = this.issuerOf(jwt);
    if (!issuer) return `its token is of '${String(iss)}', and must be of ${jwt.map((each) => `'${each.issuer}'`).join(' or ')}`;
    const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
    if (aud === undefined || audiences.some((audience) => issuer.audiences.includes(audience as string))) return undefined;
    return `its token is for ${listed(audiences.map((audience) => `'${String(audience)}'`))}, and must be for ${issuer.audiences.map((audience) => `'${audience}'`).join(' or ')}`;
  }

  /** As conditions of such a listener see it. */
  claimsFor(jwt: readonly ResolvedJwt[]): Claims {
    const issuer = this.issuerOf(jwt);
    if (!issuer || this.problemFor(jwt) !== undefined) return NO_CLAIMS;
    const payload: Payload = { ...this.payload, iss: issuer.issuer };
    return new Map(Object.keys(payload).flatMap((name) => {
      const texts = conditionTextsOf(payload, name);
      return texts ? [[name, texts.map(bytesOf)] as const] : [];
    }));
  }

  /** Whether it goes on with the request. */
  passes(jwt: readonly ResolvedJwt[]): boolean {
    return this.issuerOf(jwt)?.forward === true;
  }

  /** Fields that tell the app of its claims. */
  fieldsFor(jwt: readonly ResolvedJwt[]): (readonly [name: string, value: string])[] {
    const issuer = this.issuerOf(jwt);
    const lines = issuer ? claimLines({ ...this.payload, iss: issuer.issuer }, issuer.claimHeaders).toString('latin1').split('\r\n').slice(0, -1) : [];
    return lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
  }

  private issuerOf(jwt: readonly ResolvedJwt[]): ResolvedJwt | undefined {
    const { iss } = this.payload;
    return iss === undefined ? jwt[0] : jwt.find(({ issuer }) => issuer === iss);
  }
}

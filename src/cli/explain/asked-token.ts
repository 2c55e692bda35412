/**
 * The token that a request is said to carry, for `explain`: what it claims. Its signature and its times are taken for good, since the keys of
 * its issuer are in the cluster; issuer and audience are compared, as the document has those.
 */
import type { ResolvedJwt } from '../../contract';
import { claimLines } from '../../proxy/jwt/claim-lines';
import { conditionTextsOf } from '../../proxy/jwt/claim-texts';
import { parseToken } from '../../proxy/jwt/token-verifier';
import { bytesOf, claimKey, ClaimType, type Claims } from '../../routing';
import { UserError } from '../command-line/errors';
import { listed } from '../words/quantities';

/** `sub=ann`, or `level:=3` with a value in JSON. */
const FORM = /^([^\s=]+?)(:?)=([^]*)$/;
const TYPES: readonly ClaimType[] = ['text', 'number', 'boolean'];
/** Names that lead to a claim, at most: what no condition can ask for. */
const MAX_DEPTH = 8;
const NO_CLAIMS: Claims = new Map();

type Payload = Readonly<Record<string, unknown>>;

export class AskedToken {
  /** From `sub=ann`, `level:=3` and the like; a claim that is given several times is a list. */
  static ofClaims(pairs: readonly string[]): AskedToken {
    const values = new Map<string, unknown[]>();
    for (const pair of pairs) {
      const [, name, isJson, value] = FORM.exec(pair) ?? [];
      if (name === undefined) throw new UserError(`--claim must be a claim such as groups=staff, got '${pair}'`);
      values.set(name, [...values.get(name) ?? [], isJson === ':' ? jsonOf(pair, value!) : value!]);
    }
    return AskedToken.of(Object.fromEntries([...values].map(([name, its]) => [name, its.length === 1 ? its[0] : its])));
  }

  /** Of any issuer and for any audience, unless its claims say. */
  static of(claims: Payload): AskedToken {
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
    return new Map(pathsIn(payload).flatMap((path) => TYPES.flatMap((type) => {
      const texts = conditionTextsOf(payload, { path, type });
      return texts ? [[claimKey({ path, type }), texts.map(bytesOf)] as const] : [];
    })));
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

/** The places of all claims, and of those within claims. */
function pathsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || path.length === MAX_DEPTH) return [];
  return Object.entries(value).flatMap(([name, member]) => [[...path, name], ...pathsIn(member, [...path, name])]);
}

function jsonOf(pair: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`--claim with := takes a value in JSON, such as level:=3 or 'realm_access:={"roles":["staff"]}', got '${pair}'`);
  }
}

/** Issuers of tokens for tests: keys of each kind, and tokens right or wrong in one thing. */
import { createHmac, generateKeyPairSync, JsonWebKey, KeyObject, sign } from 'node:crypto';

export const NOW = 1_700_000_000;
export const ISSUER = 'https://issuer.example';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly jwk: JsonWebKey & Record<string, unknown>;
}

export function keyOf(alg: 'RS256' | 'ES256' | 'EdDSA', kid: string = alg): SigningKey {
  const { publicKey, privateKey } = alg === 'RS256' ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
    : alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return { kid, alg, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg } };
}

export const jwks = (...keys: readonly object[]): string => JSON.stringify({ keys });

export const encode = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export const GOOD = { iss: ISSUER, aud: 'shop', exp: NOW + 600, sub: 'ann' };

/** A token of these claims, given as a text to have them written as they are. */
export function token(key: SigningKey, payload: object | string = GOOD, header: object | string = { alg: key.alg, kid: key.kid, typ: 'JWT' }): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${signatureOf(key, signed).toString('base64url')}`;
}

export function signatureOf({ alg, privateKey }: SigningKey, signed: string): Buffer {
  if (alg === 'ES256') return sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(signed), privateKey);
}

/** Signed by HMAC, with what everybody knows as the secret. */
export function hmacToken(secret: string | Buffer, header: object, payload: object = GOOD): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

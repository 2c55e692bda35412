import { generateKeyPairSync } from 'node:crypto';
import { MAX_JWKS_BYTES, MAX_JWKS_KEYS } from '../../../src/contract';
import { readKeySet } from '../../../src/proxy/jwt/jwks';
import { jwks, keyOf } from './support';

const RSA = keyOf('RS256', 'r');
const EC = keyOf('ES256', 'e');
const ED = keyOf('EdDSA', 'd');

function kids(content: string): string[] {
  const read = readKeySet(content);
  if (!read.ok) throw new Error(read.problem);
  return [...read.keys].map(([kid, { algorithm }]) => `${kid} ${algorithm}`);
}

test('keys of the three signatures are read, each for its own', () => {
  expect(kids(jwks(RSA.jwk, EC.jwk, ED.jwk))).toEqual(['r RS256', 'e ES256', 'd EdDSA']);
});

test('keys for other things are left out', () => {
  const other = (change: object): object => ({ ...RSA.jwk, kid: 'x', ...change });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' });
  const small = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' });
  expect(kids(jwks(
    RSA.jwk, other({ use: 'enc' }), other({ alg: 'RS512' }), other({ alg: 'HS256' }), other({ key_ops: ['encrypt'] }), other({ kid: undefined }), other({ kid: 7 }),
    { kty: 'oct', kid: 'empty' }, { ...p384, kid: 'p384' }, { ...small, kid: 'small' }, { kty: 'RSA', kid: 'broken', n: '!', e: 'AQAB' }, { kty: 'EC', crv: 'P-256', kid: 'off', x: 'AA', y: 'AA' },
  ))).toEqual(['r RS256']);
});

test.each<[string, string, RegExp]>([
  ['nothing', '', /is no JSON Web Key Set/], ['no JSON', '{', /is no JSON Web Key Set/], ['a list', '[]', /is no JSON Web Key Set/], ['no keys in a list', jwks(), /has no key with a kid/],
  ['keys that are named twice', `{"keys":[],"keys":[${JSON.stringify(RSA.jwk)}]}`, /is no JSON Web Key Set/], ['something else', jwks(7 as never), /an entry that is no key/],
  ['two keys of a kid', jwks(RSA.jwk, { ...EC.jwk, kid: 'r' }), /two keys with the kid 'r'/],
  ['a private key', jwks({ ...RSA.privateKey.export({ format: 'jwk' }), kid: 'r' }), /a private or secret key, 'r'/],
  ['a secret', jwks(RSA.jwk, { kty: 'oct', kid: 's', k: 'c2VjcmV0' }), /a private or secret key, 's'/],
  ['only keys for other things', jwks({ ...RSA.jwk, use: 'enc' }), /has no key with a kid/],
  ['too many', jwks(...Array.from({ length: MAX_JWKS_KEYS + 1 }, (_, index) => ({ ...ED.jwk, kid: `k${index}` }))), /has 65 keys/],
  ['too much', jwks({ ...ED.jwk, x5c: 'x'.repeat(MAX_JWKS_BYTES) }), /more than 262144 bytes/],
])('GIVEN %s THEN there are no keys', (_, content, problem) => {
  const read = readKeySet(content);
  expect(read.ok ? '' : read.problem).toMatch(problem);
});

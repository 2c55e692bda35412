/** Tokens that are good, and all that are not. */
import { createPublicKey } from 'node:crypto';
import type { ResolvedJwt } from '../../../src/contract';
import { KeySet, readKeySet } from '../../../src/proxy/jwt/jwks';
import { MAX_RECENT_TOKENS, Tokens, Verified } from '../../../src/proxy/jwt/tokens';
import { askedClaims } from '../../../src/routing';
import { encode, GOOD, hmacToken, ISSUER, jwks, keyOf, NOW, signatureOf, SigningKey, token } from './support';

const RSA = keyOf('RS256');
const EC = keyOf('ES256');
const ED = keyOf('EdDSA');
const OTHER = keyOf('RS256', 'other');

function keySet(...keys: SigningKey[]): KeySet {
  const read = readKeySet(jwks(...keys.map(({ jwk }) => jwk)));
  if (!read.ok) throw new Error(read.problem);
  return read.keys;
}

const CONFIG: ResolvedJwt = { issuer: ISSUER, audiences: ['shop', 'edge'], jwksFile: '/keys', clockSkewMs: 30_000, maxTokenBytes: 2_048, forward: false, claimHeaders: [] };
const WANTED = askedClaims([{ claims: ['sub', 'groups', 'scope', 'admin', '__proto__'].map((name) => ({ name })) }]);

function tokensOf(source = { keys: keySet(RSA, EC, ED) }, onLimit = (): void => undefined): Tokens {
  const second: ResolvedJwt = { ...CONFIG, issuer: 'https://second.example', jwksFile: '/second', audiences: ['shop'], clockSkewMs: 0, maxTokenBytes: 600 };
  const secondKeys = { keys: keySet(OTHER) };
  return new Tokens([CONFIG, second], (file) => (file === '/keys' ? source : secondKeys), WANTED, onLimit);
}

const result = (verified: Verified): string => (verified.ok ? 'good' : verified.problem);
const verify = (text: string, seconds = NOW): string => result(tokensOf().verify(text, seconds));

test.each([['RS256', RSA], ['ES256', EC], ['EdDSA', ED]])('%s is good', (_, key) => {
  expect(verify(token(key))).toBe('good');
});

describe('signatures', () => {
  const spki = (key: SigningKey): string => String(createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' }));
  it.each<[string, string, string]>([
    ['alg none, without a signature', `${encode({ alg: 'none', kid: 'RS256' })}.${encode(GOOD)}.`, 'malformed'],
    ['alg none, with one', `${encode({ alg: 'none', kid: 'RS256' })}.${encode(GOOD)}.${encode('x')}`, 'algorithm'],
    ['alg None', `${encode({ alg: 'None', kid: 'RS256' })}.${encode(GOOD)}.${encode('x')}`, 'algorithm'],
    ['no alg', token(RSA, GOOD, { kid: 'RS256' }), 'algorithm'],
    ['a list of alg', token(RSA, GOOD, { alg: ['RS256'], kid: 'RS256' }), 'algorithm'],
    ['HS256 with the public key as the secret', hmacToken(JSON.stringify(RSA.jwk), { alg: 'HS256', kid: 'RS256' }), 'algorithm'],
    ['HS256 with the public key in PEM', hmacToken(spki(RSA), { alg: 'HS256', kid: 'RS256' }), 'algorithm'],
    ['HS256 that says RS256', hmacToken(JSON.stringify(RSA.jwk), { alg: 'RS256', kid: 'RS256' }), 'signature'],
    ['HS256 with nothing as the secret', hmacToken('', { alg: 'HS256', kid: 'RS256' }), 'algorithm'],
    ['RS384', token(RSA, GOOD, { alg: 'RS384', kid: 'RS256' }), 'algorithm'],
    ['PS256', token(RSA, GOOD, { alg: 'PS256', kid: 'RS256' }), 'algorithm'],
    ['the alg of another key', token(RSA, GOOD, { alg: 'ES256', kid: 'RS256' }), 'algorithm'],
    ['the kid of another kind of key', token(RSA, GOOD, { alg: 'RS256', kid: 'ES256' }), 'algorithm'],
    ['another key under this kid', token({ ...OTHER, kid: 'RS256' }), 'signature'],
    ['an unknown kid', token(RSA, GOOD, { alg: 'RS256', kid: 'nobody' }), 'unknown_key'],
    ['no kid', token(RSA, GOOD, { alg: 'RS256' }), 'unknown_key'],
    ['a kid that is a path', token(RSA, GOOD, { alg: 'RS256', kid: '../../keys' }), 'unknown_key'],
    ['a kid that is a name of objects', token(RSA, GOOD, { alg: 'RS256', kid: '__proto__' }), 'unknown_key'],
    ['its own key along', token(OTHER, GOOD, { alg: 'RS256', kid: 'other', jwk: OTHER.jwk }), 'unknown_key'],
    ['an address of keys along', token(OTHER, GOOD, { alg: 'RS256', kid: 'RS256', jku: 'https://evil.example/keys' }), 'signature'],
    ['something that must be understood', token(RSA, GOOD, { alg: 'RS256', kid: 'RS256', crit: ['b64'], b64: false }), 'malformed'],
    ['a signature in DER', `${token(EC).split('.').slice(0, 2).join('.')}.${encode('x'.repeat(70))}`, 'signature'],
    ['a signature that is all zero', `${token(EC).split('.').slice(0, 2).join('.')}.${Buffer.alloc(64).toString('base64url')}`, 'signature'],
    ['a signature that is cut', `${token(RSA).split('.').slice(0, 2).join('.')}.${Buffer.alloc(255, 7).toString('base64url')}`, 'signature'],
    ['other claims under the signature', token(RSA).replace(encode(GOOD), encode({ ...GOOD, sub: 'bob' })), 'signature'],
  ])('%s is not good', (_, text, problem) => {
    expect(verify(text)).toBe(problem);
  });
});

describe('forms', () => {
  const [head, body, signature] = token(RSA).split('.') as [string, string, string];
  it.each<[string, string]>([
    ['nothing', ''], ['one part', head], ['two parts', `${head}.${body}`], ['four parts', `${head}.${body}.${signature}.x`], ['five, as of an encrypted one', `${head}.a.b.c.d`],
    ['padding', `${head}=.${body}.${signature}`], ['the other base64', `${head}.${body}.${signature.slice(0, -1)}+`], ['a space', `${head}. ${body}.${signature}`], ['a line break', `${head}.${body}.${signature}\n`],
    ['a head that is no object', token(RSA, GOOD, '[]')], ['claims that are no object', token(RSA, '"x"')], ['claims that are null', token(RSA, 'null')], ['claims that are no JSON', token(RSA, '{')],
    ['claims that are no UTF-8', `${head}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${signature}`],
    ['a claim twice', token(RSA, `{"iss":"${ISSUER}","aud":"shop","exp":${NOW + 600},"sub":"ann","sub":"admin"}`)],
    ['a claim twice, the second escaped', token(RSA, `{"iss":"${ISSUER}","aud":"shop","exp":${NOW + 600},"sub":"ann","s\\u0075b":"admin"}`)],
    ['the issuer twice', token(RSA, `{"iss":"x","aud":"shop","exp":${NOW + 600},"iss":"${ISSUER}"}`)],
    ['a claim twice further in', token(RSA, `{"iss":"${ISSUER}","aud":"shop","exp":${NOW + 600},"x":[{"a":1, "a" :2}]}`)],
    ['alg twice', token(RSA, GOOD, '{"alg":"none","kid":"RS256","alg":"RS256"}')],
  ])('%s is malformed', (_, text) => {
    expect(verify(text)).toBe('malformed');
  });

  it('names that only look alike are different ones', () => {
    expect(verify(token(RSA, `{"iss":"${ISSUER}","aud":"shop","exp":${NOW + 600},"a":"b\\":","b":{"a":"\\\\"},"c":[{"a":1},{"a":1}]}`))).toBe('good');
  });

  it('the last bits of a signature can\'t be others', () => {
    const text = token(ED);
    const last = text.at(-1)!;
    expect([...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].filter((character) => (
      verify(text.slice(0, -1) + character) === 'good'))).toEqual([last]);
  });
});

describe('issuers and audiences', () => {
  it.each<[string, object, string]>([
    ['another issuer', { iss: 'https://evil.example' }, 'unknown_issuer'], ['no issuer', { iss: undefined }, 'unknown_issuer'], ['an issuer with a slash more', { iss: `${ISSUER}/` }, 'unknown_issuer'],
    ['a list of issuers', { iss: [ISSUER] }, 'unknown_issuer'], ['an issuer in capitals', { iss: ISSUER.toUpperCase() }, 'unknown_issuer'],
    ['one issuer with the key of the other', { iss: 'https://second.example' }, 'unknown_key'],
    ['another audience', { aud: 'shop2' }, 'audience'], ['no audience', { aud: undefined }, 'audience'], ['audiences without this one', { aud: ['a', 'b'] }, 'audience'], ['no audiences', { aud: [] }, 'audience'],
    ['an audience that is an object', { aud: { shop: true } }, 'audience'], ['an audience with more', { aud: 'shop edge' }, 'audience'], ['audiences within audiences', { aud: [['shop']] }, 'audience'],
    ['audiences with this one', { aud: ['a', 'edge'] }, 'good'],
  ])('%s: %j is %s', (_, claims, expected) => {
    expect(verify(token(RSA, { ...GOOD, ...claims }))).toBe(expected);
  });

  it('each issuer has its own keys and bounds', () => {
    const second = { ...GOOD, iss: 'https://second.example' };
    expect(verify(token(OTHER, second))).toBe('good');
    expect(verify(token(OTHER, second), NOW + 600)).toBe('expired');
    expect(verify(token(keyOf('RS256', 'other'), second))).toBe('signature');
    expect(verify(token(OTHER, { ...second, pad: 'x'.repeat(200) }))).toBe('too_long');
    expect(verify(token(OTHER, { ...second, aud: 'edge' }))).toBe('audience');
  });
});

describe('times', () => {
  it.each<[string, object, number, string]>([
    ['expired by a second beyond the skew', { exp: NOW }, NOW + 31, 'expired'], ['expired at the skew', { exp: NOW }, NOW + 30, 'expired'], ['expired within the skew', { exp: NOW }, NOW + 29, 'good'],
    ['not valid yet', { nbf: NOW + 31 }, NOW, 'not_yet_valid'], ['not valid yet, within the skew', { nbf: NOW + 30 }, NOW, 'good'], ['valid again after its time', { exp: NOW - 3_600 }, NOW, 'expired'],
    ['without an end', { exp: undefined }, NOW, 'malformed'], ['with a text for an end', { exp: `${NOW + 600}` }, NOW, 'malformed'], ['with an end below 0', { exp: -1 }, NOW, 'malformed'],
    ['with null for a beginning', { nbf: null }, NOW, 'malformed'], ['with a fraction', { exp: NOW + 0.5 }, NOW + 30.4, 'good'], ['issued in the future', { iat: NOW + 999 }, NOW, 'good'],
  ])('%s: %j', (_, claims, at, expected) => {
    expect(verify(token(RSA, { ...GOOD, ...claims }), at)).toBe(expected);
  });

  it('an end that is no number of JSON\'s is none', () => {
    expect(verify(token(RSA, `{"iss":"${ISSUER}","aud":"shop","exp":1e999}`))).toBe('malformed');
  });
});

test('claims are texts and lists of texts that conditions ask for, and nothing else', () => {
  const claims = (payload: object): object => {
    const verified = tokensOf().verify(token(RSA, { ...GOOD, ...payload }), NOW);
    return verified.ok ? Object.fromEntries([...verified.token.claims].map(([name, values]) => [name, values.map(String)])) : {};
  };
  expect(claims({ groups: ['a', 'b c', 7, null, ['d']], scope: 'read write', admin: true, other: 'x' })).toEqual({ sub: ['ann'], groups: ['a', 'b c'], scope: ['read', 'write'] });
  expect(claims({ sub: 'ann bob', groups: { a: true }, admin: 1 })).toEqual({ sub: ['ann bob'] });
  expect(tokensOf().verify(token(RSA, `{"iss":"${ISSUER}","aud":"shop","exp":${NOW + 9},"__proto__":"x"}`), NOW)).toMatchObject({ ok: true, token: { claims: new Map([['__proto__', [Buffer.from('x')]]]) } });
});

describe('sizes', () => {
  it('a token longer than its issuer\'s limit is refused, one longer than all before it is read', () => {
    expect(verify(token(RSA, { ...GOOD, pad: 'x'.repeat(2_000) }))).toBe('too_long');
    expect(verify('x.'.repeat(1_000_000))).toBe('too_long');
  });

  it('deep ones are read in bounded time, or not at all', () => {
    expect(['malformed', 'too_long', 'good']).toContain(verify(token(RSA, `{"iss":"${ISSUER}","aud":"shop","exp":${NOW + 9},"x":${'['.repeat(400)}${']'.repeat(400)}}`)));
  });
});

describe('what was verified before', () => {
  it('is remembered while its keys are the same and its time lasts', () => {
    const source = { keys: keySet(RSA) };
    const tokens = tokensOf(source);
    const text = token(RSA);
    expect(tokens.verify(text, NOW)).toMatchObject({ ok: true, remembered: false });
    expect(tokens.verify(text, NOW)).toMatchObject({ ok: true, remembered: true });
    expect(result(tokens.verify(text, NOW + 10_000))).toBe('expired');
    source.keys = keySet(RSA, EC);
    expect(tokens.verify(text, NOW)).toMatchObject({ ok: true, remembered: false });
    source.keys = keySet(EC);
    expect(result(tokens.verify(text, NOW))).toBe('unknown_key');
  });

  it('is not what was bad', () => {
    const source = { keys: keySet(EC) };
    const tokens = tokensOf(source);
    expect(result(tokens.verify(token(RSA), NOW))).toBe('unknown_key');
    source.keys = keySet(RSA);
    expect(result(tokens.verify(token(RSA), NOW))).toBe('good');
  });

  it('is not one with another signature', () => {
    const tokens = tokensOf();
    const text = token(EC);
    expect(result(tokens.verify(text, NOW))).toBe('good');
    const signed = text.slice(0, text.lastIndexOf('.'));
    expect(result(tokens.verify(`${signed}.${Buffer.alloc(64, 1).toString('base64url')}`, NOW))).toBe('signature');
    expect(tokens.verify(`${signed}.${signatureOf(EC, signed).toString('base64url')}`, NOW)).toMatchObject({ ok: true, remembered: false });
  });

  it('has a bound', () => {
    const reached: string[] = [];
    const tokens = tokensOf({ keys: keySet(ED) }, ((limit: string) => { reached.push(limit); }) as () => undefined);
    for (let turn = 0; turn <= MAX_RECENT_TOKENS; turn += 1) tokens.verify(token(ED, { ...GOOD, jti: turn }), NOW);
    expect(reached).toEqual(['recentTokens']);
  });
});

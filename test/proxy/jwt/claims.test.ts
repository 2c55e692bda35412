/** Which tokens a condition of a claim takes: by name and by path, of each type, and all that only looks the same. */
import fc from 'fast-check';
import { Authorization } from '../../../src/authorization';
import type { ClaimMatch, ResolvedJwt } from '../../../src/contract';
import { readKeySet } from '../../../src/proxy/jwt/jwks';
import { Tokens } from '../../../src/proxy/jwt/tokens';
import { AskedClaim, askedClaims, claimKey, RoutingRequest } from '../../../src/routing';
import { GOOD, ISSUER, jwks, keyOf, NOW, token } from './support';

const KEY = keyOf('EdDSA');
const CONFIG: ResolvedJwt = { issuer: ISSUER, audiences: ['shop'], jwksFile: '/keys', clockSkewMs: 0, maxTokenBytes: 8_192, forward: false, claimHeaders: [] };

/** Whether a rule with these conditions lets in who has a token of these claims, given as JSON. */
function takes(claims: ClaimMatch | ClaimMatch[], payload: string): boolean {
  const matches = [{ claims: [claims].flat() }];
  const rules = Authorization.of([{ name: 'rule', plain: true, matches }], undefined);
  if (!(rules instanceof Authorization)) throw new Error(rules.map(({ message }) => message).join());
  const keys = readKeySet(jwks(KEY.jwk));
  if (!keys.ok) throw new Error(keys.problem);
  const verified = new Tokens([CONFIG], () => keys, askedClaims(matches), () => {}).verify(token(KEY, `${JSON.stringify(GOOD).slice(0, -1)},${payload.slice(1)}`), NOW);
  if (!verified.ok) throw new Error(verified.problem);
  const request = RoutingRequest.of('GET', '/', {}, {}, verified.token.claims);
  return rules.decide(undefined, request as RoutingRequest).allowed;
}

describe('a claim within others', () => {
  const roles: ClaimMatch = { path: ['realm_access', 'roles'], value: 'staff' };
  it.each<[string, ClaimMatch, string, boolean]>([
    ['a member of a list', roles, '{"realm_access":{"roles":["guest","staff"]}}', true],
    ['a text', roles, '{"realm_access":{"roles":"staff"}}', true],
    ['another text', roles, '{"realm_access":{"roles":["staff2"]}}', false],
    ['a claim whose name has the dot', roles, '{"realm_access.roles":["staff"]}', false],
    ['that name, asked for', { path: ['realm_access.roles'], value: 'staff' }, '{"realm_access.roles":["staff"]}', true],
    ['that name, and the place', { path: ['realm_access.roles'], value: 'staff' }, '{"realm_access":{"roles":["staff"]}}', false],
    ['the same further in', roles, '{"x":{"realm_access":{"roles":["staff"]}}}', false],
    ['the same at the top', roles, '{"roles":["staff"]}', false],
    ['the same in a list', roles, '{"realm_access":[{"roles":["staff"]}]}', false],
    ['a list in a list', roles, '{"realm_access":{"roles":[["staff"]]}}', false],
    ['a name of lists', { path: ['groups', '0'], value: 'staff' }, '{"groups":["staff"]}', false],
    ['the length of a list', { path: ['groups', 'length'], number: 1 }, '{"groups":["staff"]}', false],
    ['a name of objects', { path: ['a', 'constructor'] }, '{"a":{}}', false],
    ['a name of objects that is there', { path: ['__proto__', 'a'], value: 'b' }, '{"__proto__":{"a":"b"}}', true],
    ['eight names', { path: [...'abcdefgh'], value: 'x' }, '{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":"x"}}}}}}}}', true],
    ['a path of one name', { path: ['groups'], value: 'staff' }, '{"groups":["staff"]}', true],
    ['a name that looks like a path', { name: '["a","b"]', value: 'x' }, '{"a":{"b":"x"}}', false],
    ['that name itself', { name: '["a","b"]', value: 'x' }, '{"[\\"a\\",\\"b\\"]":"x"}', true],
    ['words of scope, which are of the claim at the top', { path: ['a', 'scope'], value: 'read' }, '{"a":{"scope":"read write"}}', false],
    ['words of scope at the top', { path: ['scope'], value: 'read' }, '{"scope":"read write"}', true],
    ['a null on the way', roles, '{"realm_access":null}', false],
    ['an expression', { path: ['a', 'b'], regex: 'x[0-9]+' }, '{"a":{"b":["y","x12"]}}', true],
    ['a name with a blank', { path: ['full name'], value: 'Ann' }, '{"full name":"Ann"}', true],
  ])('%s: %j, %s, %s', (_, claim, payload, expected) => expect(takes(claim, payload)).toBe(expected));
});

describe('numbers and booleans', () => {
  const three: ClaimMatch = { name: 'level', number: 3 };
  const yes: ClaimMatch = { path: ['email', 'verified'], boolean: true };
  it.each<[string, ClaimMatch, string, boolean]>([
    ['the number', three, '{"level":3}', true],
    ['written in another way', three, '{"level":30e-1}', true],
    ['in a list', three, '{"level":[1,"3",3]}', true],
    ['the text', three, '{"level":"3"}', false],
    ['a number for the text', { name: 'level', value: '3' }, '{"level":3}', false],
    ['a fraction', three, '{"level":3.5}', false],
    ['another one', three, '{"level":33}', false],
    ['its negative', three, '{"level":-3}', false],
    ['a list in a list', three, '{"level":[[3]]}', false],
    ['nothing', three, '{"other":3}', false],
    ['zero, either one', { name: 'level', number: 0 }, '{"level":-0}', true],
    ['true for 1', { name: 'level', number: 1 }, '{"level":true}', false],
    ['the largest', { name: 'id', number: 9_007_199_254_740_991 }, '{"id":9007199254740991}', true],
    ['one that is rounded to it', { name: 'id', number: 9_007_199_254_740_991 }, '{"id":9007199254740993}', false],
    ['infinity', three, '{"level":1e999}', false],
    ['true', yes, '{"email":{"verified":true}}', true],
    ['false', yes, '{"email":{"verified":false}}', false],
    ['the text true', yes, '{"email":{"verified":"true"}}', false],
    ['1 for true', yes, '{"email":{"verified":1}}', false],
    ['true in a list', yes, '{"email":{"verified":[false,true]}}', true],
    ['false, asked for', { name: 'bot', boolean: false }, '{"bot":false}', true],
    ['false, when there is none', { name: 'bot', boolean: false }, '{"other":false}', false],
    ['null for false', { name: 'bot', boolean: false }, '{"bot":null}', false],
    ['true for the text', { name: 'admin', value: 'true' }, '{"admin":true}', false],
    // What was let in only for being there was a text, and stays one.
    ['a number that is there', { name: 'level' }, '{"level":3}', false],
    ['a boolean that is there', { name: 'admin' }, '{"admin":false}', false],
    ['an expression for a number', { name: 'level', regex: '.*' }, '{"level":3}', false],
  ])('%s: %j, %s, %s', (_, claim, payload, expected) => expect(takes(claim, payload)).toBe(expected));

  it('a number and a text of one claim are two conditions, in a route', () => {
    const both: ClaimMatch[] = [{ name: 'a', value: 'x' }, { name: 'a', number: 3 }];
    expect([takes(both, '{"a":["x",3]}'), takes(both, '{"a":"x"}'), takes(both, '{"a":3}')]).toEqual([true, false, false]);
  });
});

describe('texts that are not ASCII', () => {
  it.each<[string, ClaimMatch, string, boolean]>([
    ['the same', { name: 'team', value: 'Größe' }, '{"team":"Größe"}', true],
    ['escaped', { name: 'team', value: 'Größe' }, '{"team":"Gr\\u00f6\\u00dfe"}', true],
    ['composed in another way', { name: 'team', value: 'Größe' }, '{"team":"Gro\\u0308\\u00dfe"}', false],
    ['in capitals', { name: 'team', value: 'größe' }, '{"team":"Größe"}', false],
    ['beyond the first plane', { name: 'team', value: '🚀' }, '{"team":["x","\\ud83d\\ude80"]}', true],
    ['half of it', { name: 'team', value: '\ufffd' }, '{"team":"\\ud83d"}', false],
    ['the sign for what can\'t be read', { name: 'team', value: '\ufffd' }, '{"team":"\\ufffd"}', true],
    ['a name', { path: ['größe', '名'], value: '大' }, '{"größe":{"名":"大"}}', true],
    ['a control character', { name: 'team', value: 'a\u0001b' }, '{"team":"a\\u0001b"}', true],
  ])('%s: %j, %s, %s', (_, claim, payload, expected) => expect(takes(claim, payload)).toBe(expected));
});

describe('what can\'t be meant', () => {
  it.each<[string, ClaimMatch, RegExp]>([
    ['nothing named', { value: 'x' }, /says by 'name' or by 'path' which it is about/],
    ['two names', { name: 'a', path: ['a'] }, /give one of them/],
    ['two values', { name: 'a', value: '3', number: 3 }, /has both 'value' and 'number'; use one of them/],
    ['a boolean with an expression', { name: 'a', boolean: true, regex: 'x' }, /has both 'boolean' and 'regex'/],
    ['a number that is rounded', { name: 'a', number: 2 ** 53 }, /9007199254740992 is no whole number from/],
    ['a fraction', { name: 'a', number: 0.1 }, /0\.1 is no whole number/],
    ['half a character', { name: 'a', value: '\ud83d' }, /half of a surrogate pair/],
    ['half a character in a path', { path: ['\ud83d'] }, /half of a surrogate pair/],
  ])('%s', (_, claim, message) => expect(() => takes(claim, '{"x":1}')).toThrow(message));
});

test('two conditions have the same key only when they ask for the same', () => {
  const name = fc.oneof(fc.constantFrom('a', 'a.b', 'a (number)', '["a"]', '["a","b"]', '"', '\\', ' ', '['), fc.string({ minLength: 1, maxLength: 4 }));
  const asked: fc.Arbitrary<AskedClaim> = fc.record({ path: fc.array(name, { minLength: 1, maxLength: 3 }), type: fc.constantFrom('text', 'number', 'boolean') });
  fc.assert(fc.property(asked, asked, (one, other) => {
    expect(claimKey(one) === claimKey(other)).toBe(JSON.stringify([one.path, one.type]) === JSON.stringify([other.path, other.type]));
  }), { numRuns: 2_000 });
  expect([claimKey({ path: ['sub'], type: 'text' }), claimKey({ path: ['a', 'b'], type: 'number' })]).toEqual(['sub', '["a","b"] (number)']);
});

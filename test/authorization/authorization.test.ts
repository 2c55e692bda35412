/** Who may send what: the table, and what must hold of all rules. */
import * as fc from 'fast-check';
import { Authorization, type Decision } from '../../src/authorization';
import type { AuthorizationRule, ValueMatch } from '../../src/contract';
import { PathFault, RoutingRequest } from '../../src/routing';
import { anyMatch, anyRequest, asText, requestOf } from '../routing/support';
import { bytesPerCall } from '../support/allocation';
import { AUTHORIZATION_CASES, rulesOf } from './cases';
import { naiveDecision } from './naive';

function authorizationOf(rules: readonly AuthorizationRule[], options = {}): Authorization {
  const compiled = Authorization.of(rules, options);
  if (!(compiled instanceof Authorization)) throw new Error(compiled.map(({ message }) => message).join('\n'));
  return compiled;
}

function nameOf(decision: Decision): string {
  return decision.allowed ? decision.name : decision.cause;
}

test('the table has at least 200 cases', () => {
  expect(AUTHORIZATION_CASES.length).toBeGreaterThanOrEqual(200);
});

describe.each([...new Set(AUTHORIZATION_CASES.map(({ group }) => group))])('GIVEN $name', (group) => {
  it.each(AUTHORIZATION_CASES.filter((each) => each.group === group))('WHEN $request THEN $expected', ({ caller, method, target, fields, expected }) => {
    const values: Record<string, string[]> = {};
    // What Connection names is left out by the proxy's view of a request.
    const nominated = fields.filter(([name]) => name === 'connection').map(([, value]) => value);
    for (const [name, value] of fields) if (!nominated.includes(name)) (values[name] ??= []).push(value);
    const request = RoutingRequest.of(method, target, values, group.path);
    if (request instanceof PathFault) return expect(`!${request.code}`).toBe(expected);
    expect(nameOf(authorizationOf(rulesOf(group), group.path).decide(caller, request))).toBe(expected);
  });
});

const CALLERS = ['spiffe://td/a', 'spiffe://td/b', 'spiffe://td/ab'];
const anyRule: fc.Arbitrary<AuthorizationRule> = fc.record({
  name: fc.constant('rule'),
  callers: fc.uniqueArray(fc.constantFrom(...CALLERS), { minLength: 1 }),
  anyAuthenticated: fc.constant(true as const),
  plain: fc.constant(true as const),
  matches: fc.array(anyMatch, { minLength: 1, maxLength: 3 }),
}, { requiredKeys: ['name'] });
const anyRules = fc.array(anyRule, { maxLength: 6 }).map((rules) => rules.map((rule, index) => ({ ...rule, name: `r${index}` })));
const anyCaller = fc.constantFrom(undefined, ...CALLERS, 'spiffe://td/c');

describe('claims', () => {
  const rules = authorizationOf([
    { name: 'health', plain: true, matches: [{ path: { type: 'exact', value: '/healthz' } }] },
    { name: 'reader', plain: true, matches: ['staff', 'guests'].map((value) => ({ method: 'GET', claims: [{ name: 'groups', value }] })) },
    { name: 'admin', plain: true, matches: [{ claims: [{ name: 'groups', value: 'admins' }, { name: 'sub', regex: 'ann|bob' }] }] },
    { name: 'web', callers: ['spiffe://td/web'], matches: [{ claims: [{ name: 'sub', value: 'ann' }] }] },
    { name: 'any', plain: true, matches: [{ method: 'PATCH', claims: [{ name: 'iss' }] }] },
  ]);
  it.each<[string | undefined, string, Record<string, string[]> | undefined, string]>([
    [undefined, 'GET /', undefined, 'no_match'], [undefined, 'GET /', {}, 'no_match'], [undefined, 'GET /healthz', undefined, 'health'],
    [undefined, 'GET /', { groups: ['staff'] }, 'reader'], [undefined, 'GET /', { groups: ['x', 'guests'] }, 'reader'], [undefined, 'POST /', { groups: ['staff'] }, 'no_match'],
    [undefined, 'GET /', { groups: ['staff2'] }, 'no_match'], [undefined, 'GET /', { groups: ['Staff'] }, 'no_match'], [undefined, 'GET /', { groups: [] }, 'no_match'],
    [undefined, 'GET /', { group: ['staff'] }, 'no_match'], [undefined, 'GET /healthz', { groups: ['staff'] }, 'health'],
    [undefined, 'PATCH /', { iss: ['x'] }, 'any'], [undefined, 'PATCH /', { sub: ['x'] }, 'no_match'], [undefined, 'PATCH /', { iss: [] }, 'no_match'],
    [undefined, 'POST /', { groups: ['admins'] }, 'no_match'], [undefined, 'POST /', { groups: ['admins'], sub: ['eve'] }, 'no_match'],
    [undefined, 'POST /', { groups: ['admins'], sub: ['bob'] }, 'admin'], [undefined, 'POST /', { sub: ['bob'] }, 'no_match'],
    ['spiffe://td/web', 'GET /', undefined, 'no_match'], ['spiffe://td/web', 'GET /', { sub: ['ann'] }, 'web'], ['spiffe://td/web', 'GET /', { groups: ['staff'] }, 'no_match'],
    ['spiffe://td/x', 'GET /', { sub: ['ann'], groups: ['staff'] }, 'unknown_caller'],
  ])('%s %s with %j: %s', (caller, line, has, expected) => {
    const [method, target] = line.split(' ') as [string, string];
    expect(nameOf(rules.decide(caller, requestOf(method, target, {}, has)))).toBe(expected);
  });

  it('a rule with claims takes nothing without them, and nothing that it would not take without them', () => {
    const anyClaims = fc.record({ a: fc.subarray(['1', '2']), b: fc.subarray(['1', '2']) }, { requiredKeys: [] });
    const condition = (name: string): fc.Arbitrary<ValueMatch> => (
      fc.record({ name: fc.constant(name), value: fc.constantFrom('1', '2') }, { requiredKeys: ['name'] }));
    const conditions = fc.subarray(['a', 'b'], { minLength: 1 }).chain((names) => fc.tuple(...names.map(condition)));
    fc.assert(fc.property(anyRule, conditions, anyCaller, anyRequest, anyClaims, (rule, needed, caller, request, has) => {
      const asked = asText(request);
      const tied = authorizationOf([{ ...rule, matches: (rule.matches ?? [{}]).map((match) => ({ ...match, claims: needed })) }]);
      const claimed = has as Record<string, string[] | undefined>;
      const holds = needed.every(({ name, value }) => claimed[name]?.some((each) => value === undefined || each === value) ?? false);
      const without = authorizationOf([rule]).decide(caller, asked).allowed;
      expect(tied.decide(caller, asked).allowed).toBe(false);
      expect(tied.decide(caller, asText(request, has as Record<string, string[]>)).allowed).toBe(holds && without);
    }));
  });

  it('deciding by them allocates nothing', () => {
    const request = requestOf('POST', '/', {}, { groups: ['x', 'admins'], sub: ['bob'] });
    expect(bytesPerCall(() => rules.decide(undefined, request))).toBe(0);
  });
});

describe('for any rules and requests', () => {
  it('the decision is that of a reading that tries every rule', () => {
    fc.assert(fc.property(anyRules, anyCaller, anyRequest, (rules, caller, request) => {
      expect(authorizationOf(rules).decide(caller, asText(request))).toEqual(naiveDecision(rules, caller, request));
    }), { numRuns: 3_000 });
  });

  it('another rule takes nothing away, and adds no more than it lets in by itself', () => {
    fc.assert(fc.property(anyRules, anyRule, fc.nat(), anyCaller, anyRequest, (rules, rule, at, caller, request) => {
      const asked = asText(request);
      const more = [...rules];
      more.splice(at % (rules.length + 1), 0, { ...rule, name: 'added' });
      const before = authorizationOf(rules).decide(caller, asked).allowed;
      const alone = authorizationOf([rule]).decide(caller, asked).allowed;
      expect(authorizationOf(more).decide(caller, asked).allowed).toBe(before || alone);
    }), { numRuns: 2_000 });
  });

  it('without rules nobody is let in', () => {
    fc.assert(fc.property(anyCaller, anyRequest, (caller, request) => {
      expect(authorizationOf([]).decide(caller, asText(request))).toEqual({ allowed: false, cause: caller === undefined ? 'no_identity' : 'unknown_caller' });
    }));
  });

  it('a value that fails a condition denies, wherever it stands and whatever else is there', () => {
    const values = fc.array(fc.constantFrom('good', 'bad', '', 'good,bad'), { minLength: 1, maxLength: 5 });
    const conditions = { headers: [{ name: 'h', value: 'good' }], query: [{ name: 'q', value: 'good' }], cookies: [{ name: 'c', value: 'good' }] };
    fc.assert(fc.property(values, values, values, (headers, parameters, cookies) => {
      const rules = authorizationOf([{ name: 'r', anyAuthenticated: true, matches: [conditions] }]);
      const target = `/?${parameters.map((value) => `q=${value}`).join('&')}`;
      const request = requestOf('GET', target, { H: headers, cookie: cookies.map((value) => `c=${value}`) });
      const good = [...headers, ...parameters, ...cookies].every((value) => value === 'good');
      expect(rules.decide('spiffe://td/a', request).allowed).toBe(good);
    }));
  });
});

test('GIVEN an identity without a name THEN it is none', () => {
  const rules = authorizationOf([{ name: 'all', anyAuthenticated: true }]);
  expect(rules.decide('', requestOf('GET', '/'))).toEqual({ allowed: false, cause: 'no_identity' });
});

test('decisions can\'t be changed', () => {
  const rules = authorizationOf([{ name: 'web', callers: ['spiffe://td/a'] }]);
  for (const caller of ['spiffe://td/a', 'spiffe://td/b', undefined]) expect(Object.isFrozen(rules.decide(caller, requestOf('GET', '/')))).toBe(true);
});

test('deciding allocates nothing', () => {
  const rules = authorizationOf([
    { name: 'all', anyAuthenticated: true, matches: [{ path: { type: 'exact', value: '/healthz' } }] },
    ...CALLERS.map((caller, index) => ({ name: `r${index}`, callers: [caller], matches: [{ path: { type: 'prefix' as const, value: `/r${index}` }, method: 'GET', hosts: ['a.io'] }] })),
  ]);
  for (const [caller, target] of [['spiffe://td/a', '/r0/x'], ['spiffe://td/a', '/r1'], ['spiffe://td/x', '/healthz'], [undefined, '/']] as const) {
    const request = requestOf('GET', target, { host: 'a.io' });
    expect(bytesPerCall(() => rules.decide(caller, request))).toBe(0);
  }
});

test('callers that the same rules are for share a table, and one more caller costs no rows', () => {
  const callers = Array.from({ length: 1_000 }, (_, index) => `spiffe://td/ns/shop/sa/c${index}`);
  const matches = Array.from({ length: 64 }, (_, index) => ({ path: { type: 'prefix' as const, value: `/${index}` }, hosts: ['a.io', 'b.io'] }));
  const rules = authorizationOf([{ name: 'many', callers, matches }]);
  for (const caller of callers) expect(nameOf(rules.decide(caller, requestOf('GET', '/63/x', { host: 'b.io' })))).toBe('many');
});

test.each<[string, AuthorizationRule[], string, RegExp]>([
  ['a path that no request has', [{ name: 'a', plain: true, matches: [{ path: { type: 'exact', value: '/a%2Fb' } }] }], 'matches/0/path/value', /in no request that is let through/],
  ['an expression that can take long', [{ name: 'a', plain: true, matches: [{}, { path: { type: 'regex', value: '/(a)\\1' } }] }], 'matches/1/path/value', /linear time/],
  ['no matches in a list', [{ name: 'a', plain: true, matches: [] }], 'matches', /the list is empty/],
])('GIVEN %s THEN it is refused', (_, rules, field, message) => {
  expect(Authorization.of(rules)).toEqual([{ rule: 0, field, message: expect.stringMatching(message) as string }]);
});

test('GIVEN more rows than a table may have THEN the rules are refused', () => {
  const hosts = Array.from({ length: 16 }, (_, index) => `h${index}.io`);
  const matches = Array.from({ length: 64 }, () => ({ hosts }));
  const all = Array.from({ length: 60 }, (_, index) => ({ name: `r${index}`, callers: [`spiffe://td/${index}`], matches }));
  expect(Authorization.of([{ name: 'all', anyAuthenticated: true, matches }, ...all]))
    .toMatchObject([{ message: expect.stringMatching(/use at most 65536/) as string }]);
});

/** Regular expressions: against those of JavaScript, in steps, and what is not taken. */
import * as fc from 'fast-check';
import { Regex, RegexProblem } from '../../src/routing';
import { Automaton, StateBudget } from '../../src/routing/regex/automaton';
import { RegexSet } from '../../src/routing/regex/regex-set';
import { bytesPerCall } from '../support/allocation';
import { seededRandom } from '../support/random';

function compiled(pattern: string): Regex {
  const regex = Regex.compile(pattern);
  if (!(regex instanceof Regex)) throw new Error(`${pattern}: ${regex.message}`);
  return regex;
}

const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '[a-c]', '\\d', '\\w', '\\D', '\\.', '[\\w-]', '[b-]', '1', '(?:)', '\\x61', '/');
const suffix = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,}', '{0,2}', '{0}', '*?', '{1,2}?');
const { node } = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.tuple(atom, suffix).map((parts) => parts.join('')),
    fc.tuple(tie('node'), tie('node')).map((parts) => parts.join('')),
    fc.tuple(tie('node'), tie('node'), suffix).map(([one, other, times]) => `(${one}|${other})${times}`),
    fc.tuple(tie('node'), suffix).map(([inner, times]) => `(?:${inner})${times}`),
  ),
}));
const value = fc.array(fc.constantFrom('a', 'b', 'c', '1', '-', '.', '/', 'A'), { maxLength: 6 }).map((characters) => characters.join(''));

test('GIVEN any expression and any values THEN it takes what that of JavaScript takes', () => {
  fc.assert(fc.property(node, fc.array(value, { minLength: 10, maxLength: 10 }), (pattern, values) => {
    const regex = compiled(pattern);
    const reference = new RegExp(`^(?:${pattern})$`, 's');
    expect(values.filter((each) => regex.testText(each) !== reference.test(each))).toEqual([]);
  }), { numRuns: 2_000 });
});

test('GIVEN any expression in any case THEN it takes what that of JavaScript takes', () => {
  fc.assert(fc.property(node, fc.array(value, { minLength: 5, maxLength: 5 }), (pattern, values) => {
    const regex = compiled(`(?i)${pattern}`);
    const reference = new RegExp(`^(?:${pattern})$`, 'si');
    expect(values.filter((each) => regex.testText(each) !== reference.test(each))).toEqual([]);
  }), { numRuns: 1_000 });
});

test.each([
  ['^/a$', '/a', true], ['^a|b$', 'b', true], ['^a|b$', 'ab', false], ['a$|^b', 'a', true], ['', '', true], ['', 'a', false], ['a|', '', true],
  ['(a|)b', 'b', true], ['(?P<name>a)', 'a', true], ['(?<name>a)', 'a', true], ['[a\\]]+', 'a]', true], ['[\\^a]', '^', true], ['[a^]', '^', true],
  ['[[]', '[', true], ['a{2,3}', 'aaaa', false], ['a{2,3}', 'aaa', true], ['\\$1', '$1', true], ['a]', 'a]', true], ['a}', 'a}', true], ['\\t', '\t', true],
  ['/users/[0-9]+(/orders)?', '/users/17/orders', true], ['/users/[0-9]+(/orders)?', '/users/17/order', false], ['\\xff', '\xff', false], ['\\xc3.', '\u00e9', true], ['a\\xc3.b', 'a\u00e9b', true],
  ['.{2}', '\u00e9', true], ['[\\d.]+', '1.2', true], ['\\s', ' ', true], ['\\S', ' ', false], ['\\/a', '/a', true],
])('GIVEN %p and %p THEN it is %p', (pattern, text, expected) => {
  expect(compiled(pattern).testText(text)).toBe(expected);
});

test.each([
  '(a*)*b', '(a+)+b', '(a|a)*b', '(a|aa)+b', '(.*)*b', '([a-z]+)*b', '(a?){50}a{50}b', '((a*)*)*b', '(a|b|ab)*bc', '(.*a){12}b', '(a*a*)*b', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$',
])('GIVEN %s, which makes engines that backtrack take forever THEN steps grow with the value, not faster', (pattern) => {
  const length = 2_000;
  const regex = compiled(pattern);
  const size = pattern.length * 60;
  regex.testText('a'.repeat(length));
  expect(regex.automaton.steps).toBeLessThan(length * size);
  const before = regex.automaton.steps;
  regex.testText('a'.repeat(length));
  // What is known is not worked out again.
  expect(regex.automaton.steps - before).toBeLessThanOrEqual(before);
});

test.each(['(a|b)*a(a|b){12}', '[ab]*a[ab]{500}'])('GIVEN %s, with more states than are kept THEN it is right all the same, and linear', (pattern) => {
  const regex = compiled(pattern);
  const reference = new RegExp(`^(?:${pattern})$`);
  const random = seededRandom(7);
  const text = Array.from({ length: 6_000 }, () => (random() < 0.5 ? 'a' : 'b')).join('');
  for (let end = 5_900; end < 6_000; end++) expect(regex.testText(text.slice(end - 700, end))).toBe(reference.test(text.slice(end - 700, end)));
  expect(regex.testText(text)).toBe(reference.test(text));
  const { built, steps } = regex.automaton;
  regex.testText(text);
  // Beyond the limits nothing is kept of a value, and each byte costs one step an instruction, and what leads from one to the next.
  expect(regex.automaton.steps - steps).toBeLessThan(6_000 * 4 * 510);
  expect(regex.automaton.built - built).toBeLessThanOrEqual(128);
  for (let i = 0; i < 200; i++) regex.testText(text.slice(i * 20, i * 20 + 700));
  expect(regex.automaton.built).toBeLessThan(16_384 / 12);
});

test('GIVEN expressions of one table that have very many states THEN what is kept for all of them together is bounded, and they are right', () => {
  const budget = new StateBudget(5_000);
  const random = seededRandom(3);
  const text = Array.from({ length: 2_000 }, () => (random() < 0.5 ? 'a' : 'b')).join('');
  const built = Array.from({ length: 20 }, (_, n) => {
    const pattern = `(a|b)*a(a|b){${n + 10}}`;
    const regex = Regex.compile(pattern, budget) as Regex;
    for (let end = 1_000; end < 1_020; end++) expect(regex.testText(text.slice(0, end))).toBe(new RegExp(`^(?:${pattern})$`).test(text.slice(0, end)));
    return regex.automaton.built;
  });
  expect(built.reduce((sum, each) => sum + each, 0)).toBeLessThan(5_000 / 5);
  expect(budget.left).toBeGreaterThanOrEqual(0);
});

test('GIVEN any expressions as a set THEN it says of any value which of them take it', () => {
  fc.assert(fc.property(fc.array(node, { minLength: 1, maxLength: 6 }), fc.array(value, { minLength: 10, maxLength: 10 }), (patterns, values) => {
    const regexes = patterns.map((pattern) => Regex.compile(pattern)).filter((regex) => regex instanceof Regex);
    fc.pre(regexes.length > 0);
    const set = new RegexSet(regexes);
    for (const each of values) {
      const bytes = Buffer.from(each);
      expect(set.matching(bytes, 0, bytes.length)).toEqual([...regexes.keys()].filter((index) => regexes[index]!.testText(each)));
    }
  }), { numRuns: 400 });
});

test('GIVEN a set that has very many states THEN what it keeps is bounded, and it says where the expressions have to be tried', () => {
  const budget = new StateBudget(5_000);
  const regexes = [10, 11, 12].map((n) => Regex.compile(`(a|b)*a(a|b){${n}}`, budget) as Regex);
  const set = new RegexSet(regexes);
  const random = seededRandom(5);
  const told = Array.from({ length: 300 }, () => {
    const bytes = Buffer.from(Array.from({ length: 100 }, () => (random() < 0.5 ? 'a' : 'b')).join(''));
    const matching = set.matching(bytes, 0, bytes.length);
    if (matching) expect(matching).toEqual([0, 1, 2].filter((index) => regexes[index]!.test(bytes, 0, bytes.length)));
    return matching !== undefined;
  });
  expect(told).toContain(false);
  expect(budget.left).toBeGreaterThanOrEqual(0);
});

test('GIVEN a set and values of a known kind THEN nothing is allocated', () => {
  const set = new RegexSet(['/a/[0-9]+', '/a/[a-z]+', '/a/.*x'].map((pattern) => Regex.compile(pattern) as Regex));
  const bytes = Buffer.from('/a/ax');
  expect(set.matching(bytes, 0, bytes.length)).toEqual([1, 2]);
  expect(bytesPerCall(() => set.matching(bytes, 0, bytes.length)?.length === 2)).toBe(0);
});

test('GIVEN an expression THEN nothing is built of it before the first value that begins as it does', () => {
  const regex = compiled('/a[0-9]+');
  expect([regex.testText('/b1'), regex.takesAllFrom(Buffer.from('/'))]).toEqual([false, false]);
  expect(Object.values(regex)).not.toContainEqual(expect.any(Automaton));
});

test.each([
  ['(a)\\1', 3, 'backreference'], ['\\k<a>', 0, 'backreference'], ['(?=a)', 0, 'look-around'], ['(?!a)', 0, 'look-around'], ['(?<=a)b', 0, 'look-around'],
  ['(?<!a)b', 0, 'look-around'], ['a(?i)b', 1, '(?i)'], ['(?m)a', 0, '(?:'], ['\\bword\\b', 0, 'word boundaries'], ['\\pL', 0, 'Unicode'], ['\\Aa', 0, 'not needed'],
  ['a^b', 1, '`^`'], ['(^a)', 1, '`^`'], ['a$b', 1, '`$`'], ['(a$)', 2, '`$`'], ['*a', 0, 'nothing before it'], ['a|*', 2, 'nothing before it'], ['(+)', 1, 'nothing before it'],
  ['{2}', 0, 'nothing before it'], ['a**', 1, 'two repetitions'], ['a*+', 1, 'two repetitions'], ['a{2}{3}', 1, 'two repetitions'], ['a{', 1, 'no count'],
  ['a{x}', 1, 'no count'], ['a{,3}', 1, 'no count'], ['a{3,2}', 1, 'below its start'], ['a{1001}', 1, 'above 1000'], ['(a', 0, 'without `)`'], ['a)', 1, 'without `(`'],
  ['[a', 0, 'without `]`'], ['[]', 1, 'begins with `]`'], ['[^]', 2, 'begins with `]`'], ['[b-a]', 1, 'before it begins'], ['[a-\\d]', 3, 'ends in a class'],
  ['[\\d-a]', 3, 'begins with a class'], ['[[:alpha:]]', 1, 'named classes'], ['a\\', 1, 'backslash at the end'], ['\\y', 0, 'not known'], ['\\xg1', 0, 'not known'],
  ['caf\u00e9', 3, 'visible ASCII'], ['a\nb', 1, 'visible ASCII'], ['((a{100}){100}){100}', 0, 'smaller counts'], ['a{1000}b{1000}c{1000}', 0, 'smaller counts'],
  ['a'.repeat(1_025), 1_024, 'shorter'], [`${'('.repeat(101)}a${')'.repeat(101)}`, 100, 'flatter'],
])('GIVEN %p THEN it is refused at %p', (pattern, at, said) => {
  const problem = Regex.compile(pattern) as RegexProblem;
  expect(problem).toBeInstanceOf(RegexProblem);
  expect(problem.message).toContain(said);
  expect(problem.at).toBe(at);
});

test('GIVEN a pattern of the longest length THEN it is taken', () => {
  expect(compiled('a'.repeat(1_024)).testText('a'.repeat(1_024))).toBe(true);
});

test.each([
  ['.*', '/a', true], ['/.*', '/a', true], ['/a(/.*)?', '/a/', true], ['/a(/.*)?', '/a', false], ['/a.*', '/b', false], ['[^z]*', '/', false], ['/a/.+', '/a/', false],
  ['/(a|b).*', '/b', true], ['(a|b)*a(a|b){12}', '', false],
])('GIVEN %s and %s THEN that it takes all that begins so is %p', (pattern, prefix, expected) => {
  expect(compiled(pattern).takesAllFrom(Buffer.from(prefix))).toBe(expected);
});

test('GIVEN values of a known kind THEN nothing is allocated', () => {
  const regex = compiled('/users/[0-9]+/orders(/.*)?');
  const bytes = Buffer.from('/users/1234567/orders/7');
  expect(bytesPerCall(() => regex.test(bytes, 0, bytes.length))).toBe(0);
});

/** The normal form of paths: the table of known bypasses, and what must hold of any path. */
import * as fc from 'fast-check';
import { normalizePath, PathFault, PathNormalizer, type PathOptions } from '../../src/routing';
import { bytesPerCall } from '../support/allocation';
import { PATH_CASES } from './path-cases';

const OPTIONS: PathOptions[] = [{}, { mergeSlashes: true }, { encodedSlashes: 'keep' }, { encodedSlashes: 'decode' }, { encodedSlashes: 'keep', mergeSlashes: true }];

/** Made of what matters, so that it often comes together. */
const anyPath = fc.array(fc.constantFrom(
  '/', '/', '/', 'a', 'B', '.', '.', '..', '%2e', '%2E', '%2F', '%2f', '%5C', '%25', '2', 'e', '%41', '%c3%a9', '%C0', '%AF', ';', '%3B', '"', '{', '?', '%', '%00', ' ',
), { maxLength: 14 }).map((parts) => `/${parts.join('')}`);

test('GIVEN the cases THEN there are 150 and more, each with a name of its own', () => {
  expect(new Set(PATH_CASES.map(({ name }) => name)).size).toBe(PATH_CASES.length);
  expect(PATH_CASES.length).toBeGreaterThanOrEqual(150);
});

test.each(PATH_CASES)('GIVEN $name: $path THEN $normal$fault', ({ path, normal, fault, options }) => {
  const result = normalizePath(path, options);
  expect(result instanceof PathFault ? result.code : result).toBe(fault ?? normal);
});

test('GIVEN any path WHEN normalised twice THEN the second time changes nothing', () => {
  fc.assert(fc.property(anyPath, fc.constantFrom(...OPTIONS), (path, options) => {
    const once = normalizePath(path, options);
    if (!(once instanceof PathFault)) expect(normalizePath(once, options)).toBe(once);
  }), { numRuns: 3_000 });
});

test('GIVEN any path WHEN slashes are merged THEN its normal form has nothing that could be read in two ways', () => {
  fc.assert(fc.property(anyPath, (path) => {
    const form = normalizePath(path, { mergeSlashes: true });
    if (form instanceof PathFault) return;
    expect(form).toMatch(/^\/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})*$/);
    expect(form).not.toMatch(/\/\/|\/\.\.?(?:[/;]|$)|%(?:2F|5C|00|41|2E)/);
  }), { numRuns: 3_000 });
});

test('GIVEN any path that passes as it is THEN it is left where it lies, and any other is rewritten', () => {
  fc.assert(fc.property(anyPath, (path) => {
    const bytes = Buffer.from(`xx${path}yy`);
    const normalizer = new PathNormalizer();
    if (normalizer.normalize(bytes, 2, bytes.length - 2)) return;
    const { path: { bytes: buffer, start, end }, changed, queryStart } = normalizer;
    expect(queryStart).toBe(2 + (path.includes('?') ? path.indexOf('?') : path.length));
    expect(changed).toBe(Buffer.from(buffer).toString('latin1', start, end) !== path.split('?')[0]);
    expect(buffer === bytes).toBe(!changed);
  }), { numRuns: 2_000 });
});

test('GIVEN the URL parser of browsers WHEN a path has only letters, dot segments and slashes THEN the forms are the same', () => {
  // Not names that begin with a dot: the parser of Node 20 leaves `//.b/..` as it is.
  const segment = fc.constantFrom('a', 'b', '', '.', '..', '%2e', '.%2e', '%2E%2e');
  const simple = fc.array(segment, { maxLength: 9 }).map((segments) => `/${segments.join('/')}`);
  fc.assert(fc.property(simple, (path) => {
    const { pathname } = new URL(`http://h${path}`);
    expect(normalizePath(path)).toBe(pathname.replace(/%2e/gi, '.'));
  }), { numRuns: 2_000 });
});

test('GIVEN a path longer than the buffer that is kept THEN it is rewritten all the same', () => {
  expect(normalizePath(`/a/..${'/"'.repeat(5_000)}`)).toBe('/%22'.repeat(5_000));
});

test('GIVEN one normalizer for all THEN each path is read for itself', () => {
  const normalizer = new PathNormalizer();
  const read = (path: string): string | undefined => {
    const bytes = Buffer.from(path);
    if (normalizer.normalize(bytes, 0, bytes.length)) return undefined;
    return Buffer.from(normalizer.path.bytes).toString('latin1', normalizer.path.start, normalizer.path.end);
  };
  expect(['/a/b/../c', '/%00', '', '/x', '/y/./z/'].map(read)).toEqual(['/a/c', undefined, '/', '/x', '/y/z/']);
});

test('GIVEN a path, normal or not WHEN it is read THEN nothing is allocated', () => {
  const normalizer = new PathNormalizer();
  const [plain, dotted] = [Buffer.from('/api/v1/users/12345?x=1'), Buffer.from('/api/./v1/%75sers/..')];
  expect(bytesPerCall(() => normalizer.normalize(plain, 0, plain.length))).toBe(0);
  expect(bytesPerCall(() => normalizer.normalize(dotted, 0, dotted.length))).toBe(0);
});

/** Patterns of exempt paths have the normal form that paths of requests have, so that no spelling on either side makes a difference. */
import fc from 'fast-check';
import { ExemptPaths } from '../../../../src/proxy/serve/admission/exempt-paths';
import { normalizePath, normalizePattern, PathFault, PathOptions, RoutingRequest } from '../../../../src/routing';

function isExempt(pattern: string, target: string, options: PathOptions = {}): boolean {
  const request = RoutingRequest.of('GET', target, {}, options);
  if (request instanceof PathFault) throw new Error(request.message);
  return new ExemptPaths([pattern], options).includes(request);
}

test.each<[string, string, boolean]>([
  ['/healthz', '/healthz', true],
  ['/healthz', '/%68ealthz', true],
  ['/%68ealthz', '/healthz', true],
  ['/a/../healthz', '/healthz', true],
  ['/a/../healthz', '/a', false],
  ['/caf%c3%a9', '/caf%C3%A9', true],
  ['/events/*', '/events/1', true],
  ['/e%76ents/*', '/events/1', true],
  ['/events/*', '/events', false],
  ['/events*', '/events', true],
  ['/x/../events/*', '/events/1', true],
  ['/*', '/anything', true],
])('%s and %s: %s', (pattern, target, exempt) => {
  expect(isExempt(pattern, target)).toBe(exempt);
});

test('a prefix that ends in dots or in half an escape lets in nothing else', () => {
  expect(isExempt('/a/..*', '/admin')).toBe(false);
  expect(isExempt('/a/.*', '/a/b')).toBe(false);
  expect(normalizePattern('/a%2*')).toBeInstanceOf(PathFault);
  expect(new ExemptPaths(['/a%2*', '/a%2Fb'], {}).includes(RoutingRequest.of('GET', '/a', {}) as RoutingRequest)).toBe(false);
});

test('slashes are read as the listener reads them', () => {
  expect(isExempt('/a//b', '/a/b', { mergeSlashes: true })).toBe(true);
  expect(isExempt('/a//b', '/a/b')).toBe(false);
  expect(isExempt('/a%2fb', '/a%2Fb', { encodedSlashes: 'keep' })).toBe(true);
});

test('of any path, a pattern of it takes it', () => {
  fc.assert(fc.property(fc.stringMatching(/^\/[a-zA-Z0-9%._~/-]{0,30}$/), (path) => {
    const normal = normalizePath(path);
    fc.pre(typeof normal === 'string');
    expect(isExempt(path, path)).toBe(true);
    expect(isExempt(path, normal as string)).toBe(true);
  }));
});

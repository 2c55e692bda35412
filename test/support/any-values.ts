/** Values for properties that hold whatever people write: most are ones that can be. */
import * as fc from 'fast-check';

/** Values most of which can be. */
export function mostly<T>(sound: readonly T[], odd: readonly unknown[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 80, arbitrary: fc.constantFrom(...sound) }, { weight: 1, arbitrary: fc.constantFrom(...odd as T[]) });
}

/** Left out, most of the time. */
export function seldom<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

/** Names that people have tried, with some that hit what a language or an object has of its own. */
export const ODD_NAMES = [
  'Redis', 'my_db', '10.0.0.1', '1web', '-x', 'x-', ' ', 'a b', 'é', 'a'.repeat(63), 'a'.repeat(64), 'kubernetes', 'localhost', '__proto__', 'constructor', 'a.b',
  'a/b', 'a'.repeat(16), 'grpc', 'mesh-proxy', 'mesh-in', 5, null,
];
export const ODD_HOSTS = [...ODD_NAMES, '::::', '[::1]', '::1', '1.2.3', 'host:80', 'example.com.', '*.example.com', '0.0.0.0', '8.8.8.8', `${'a'.repeat(63)}.`.repeat(4) + 'b'];
export const ODD_PORTS = [0, -1, 65_536, 1.5, NaN, '80', null, 443, 6379, 15_006, 15_020, 15_443, 53];

/** The claims of a token, as conditions ask for them. */
import type { ValueTest } from '../bytes/bytes';
import type { Claims } from './request-view';

/** Whether one of the values of a claim passes. */
export function testAnyClaim(claims: Claims, name: string, test: ValueTest): boolean {
  const values = claims.get(name);
  if (values === undefined) return false;
  for (let i = 0; i < values.length; i++) if (test.test(values[i]!, 0, values[i]!.length)) return true;
  return false;
}

/** The token of a request: what Authorization has behind `Bearer` (RFC 6750 section 2.1). Tokens elsewhere, as in the query, are not looked at. */
import type { RequestView, ValueTest } from '../../../routing';

const AUTHORIZATION = Buffer.from('authorization');
const SCHEME = /^bearer +/i;

/** Several fields: an app may take another one than the proxy. */
export const SEVERAL = Symbol('several');

/** Collects values, and passes none, so that all are shown. One instance serves the whole process. */
class Values implements ValueTest {
  count = 0;
  first = '';

  test(bytes: Uint8Array, start: number, end: number): boolean {
    this.count += 1;
    if (this.count === 1) this.first = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    return false;
  }
}

const VALUES = new Values();

/** Undefined when there is none, or another scheme is used. */
export function bearerToken(request: RequestView): string | typeof SEVERAL | undefined {
  VALUES.count = 0;
  VALUES.first = '';
  request.anyHeader(AUTHORIZATION, VALUES);
  if (VALUES.count > 1) return SEVERAL;
  const scheme = SCHEME.exec(VALUES.first);
  return scheme ? VALUES.first.slice(scheme[0].length) : undefined;
}

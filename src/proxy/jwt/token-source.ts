/**
 * Where requests have their tokens: what Authorization has behind `Bearer` (RFC 6750 section 2.1), a field of its own, or a cookie. Tokens
 * elsewhere, as in the query, are not looked at.
 */
import type { JwtConfig } from '../../contract';
import { equalsAlike, equalsInAnyCase, type RequestView, type ValueTest } from '../../routing';
import { Kind } from '../http1/fields';
import type { RequestHead } from '../http1/request-head';
import { withoutCookie } from './without-cookie';

const AUTHORIZATION = Buffer.from('authorization');
const SCHEME = /^bearer +/i;
const NO_LINES = Buffer.alloc(0);

/** Several: an app may take another one than the proxy. */
export const SEVERAL = Symbol('several');

/** Collects values, and passes none, so that all are shown. One instance serves the whole process. */
class Values implements ValueTest {
  count = 0;
  first = '';

  begin(): this {
    this.count = 0;
    this.first = '';
    return this;
  }

  test(bytes: Uint8Array, start: number, end: number): boolean {
    this.count += 1;
    if (this.count === 1) this.first = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    return false;
  }
}

const VALUES = new Values();

/** One place. */
export interface TokenSource {
  /** The same for sources that are the same. */
  readonly key: string;
  /** Undefined when there is none. */
  find(request: RequestView): string | typeof SEVERAL | undefined;
  /** Takes the token out of the request that is sent on. @returns field lines in place of those that are left out */
  strip(source: Buffer, head: RequestHead): Buffer;
}

export function tokenSourceOf({ header, cookie }: Pick<JwtConfig, 'header' | 'cookie'>): TokenSource {
  if (cookie !== undefined) return new CookieSource(cookie);
  return header === undefined || header.toLowerCase() === 'authorization' ? new BearerSource() : new FieldSource(header.toLowerCase());
}

/** Leaves fields of a name out of the request that is sent on; those with `_` for `-`, too, which some apps take for the same. */
export function leaveOut(name: Uint8Array, source: Buffer, { fields }: Pick<RequestHead, 'fields'>): void {
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] === Kind.OTHER && equalsAlike(source, fields.nameStart(i), fields.nameEnd(i), name)) fields.kinds[i] = Kind.HOP_BY_HOP;
  }
}

class BearerSource implements TokenSource {
  readonly key = 'authorization';

  find(request: RequestView): string | typeof SEVERAL | undefined {
    request.anyHeader(AUTHORIZATION, VALUES.begin());
    if (VALUES.count > 1) return SEVERAL;
    const scheme = SCHEME.exec(VALUES.first);
    return scheme ? VALUES.first.slice(scheme[0].length) : undefined;
  }

  /** What Authorization has by another scheme is not the proxy's. */
  strip(source: Buffer, head: RequestHead): Buffer {
    const { fields } = head;
    for (let i = 0; i < fields.count; i += 1) {
      const isBearer = equalsInAnyCase(source, fields.nameStart(i), fields.nameEnd(i), AUTHORIZATION)
        && SCHEME.test(source.toString('latin1', fields.valueStart(i), fields.valueEnd(i)));
      if (fields.kinds[i] === Kind.OTHER && isBearer) fields.kinds[i] = Kind.HOP_BY_HOP;
    }
    return NO_LINES;
  }
}

class FieldSource implements TokenSource {
  private readonly name: Buffer;

  constructor(readonly key: string) {
    this.name = Buffer.from(key);
  }

  find(request: RequestView): string | typeof SEVERAL | undefined {
    request.anyHeader(this.name, VALUES.begin());
    return VALUES.count > 1 ? SEVERAL : VALUES.count === 1 ? VALUES.first : undefined;
  }

  strip(source: Buffer, head: RequestHead): Buffer {
    leaveOut(this.name, source, head);
    return NO_LINES;
  }
}

class CookieSource implements TokenSource {
  readonly key: string;
  private readonly name: Buffer;

  constructor(name: string) {
    this.key = `cookie ${name}`;
    this.name = Buffer.from(name);
  }

  find(request: RequestView): string | typeof SEVERAL | undefined {
    request.anyCookie(this.name, VALUES.begin());
    return VALUES.count > 1 ? SEVERAL : VALUES.count === 1 ? VALUES.first : undefined;
  }

  strip(source: Buffer, head: RequestHead): Buffer {
    return withoutCookie(this.name, source, head);
  }
}

/**
 * Cookies in a request's head (RFC 6265 section 5.4), read in place, and the Set-Cookie field of a response. Names are compared with
 * their case. Several Cookie fields are read like one, for clients of HTTP/2 may split theirs.
 */
import { EQUALS, HTAB, isWord, SEMICOLON, SP, word } from './bytes';
import type { FieldTable } from './fields';

const COOKIE = word('cookie');

/** What a visitor returns to see the next cookie of the name. */
export const NEXT = -1;

/** Looks at the value in `buffer[start, end)`; ends the search with any result but {@link NEXT}. */
export type CookieVisitor = (buffer: Buffer, start: number, end: number) => number;

/** Shows a visitor the values of all cookies of a name in their order, till it has what it looks for; {@link NEXT} when it never has. */
export function visitCookies(name: Uint8Array, buffer: Buffer, fields: FieldTable, visit: CookieVisitor): number {
  for (let i = 0; i < fields.count; i += 1) {
    if (!isWord(buffer, fields.nameStart(i), fields.nameEnd(i), COOKIE)) continue;
    const end = fields.valueEnd(i);
    let position = fields.valueStart(i);
    while (position < end) {
      while (position < end && (isBlank(buffer[position]!) || buffer[position] === SEMICOLON)) position += 1;
      let pairEnd = position;
      while (pairEnd < end && buffer[pairEnd] !== SEMICOLON) pairEnd += 1;
      const valueStart = valueOf(name, buffer, position, pairEnd);
      if (valueStart >= 0) {
        const found = visit(buffer, valueStart, pairEnd);
        if (found !== NEXT) return found;
      }
      position = pairEnd;
    }
  }
  return NEXT;
}

/** Where the value of the pair `name=value` begins; -1 when the pair has another name. */
export function valueOf(name: Uint8Array, buffer: Buffer, start: number, end: number): number {
  if (end - start <= name.length || buffer[start + name.length] !== EQUALS) return -1;
  for (let i = 0; i < name.length; i += 1) if (buffer[start + i] !== name[i]) return -1;
  return start + name.length + 1;
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

/** Attributes of a cookie. */
export interface CookieAttributes {
  readonly path: string;
  /** Absent: until the client forgets it. */
  readonly maxAgeSeconds?: number | undefined;
  readonly sameSite?: 'strict' | 'lax' | 'none';
  readonly secure?: boolean;
}

const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;

/** The field line, with its CRLF, in two parts between which the value goes. No script of a page needs to read what a proxy made. */
export function setCookieParts(name: string, { path, maxAgeSeconds, sameSite, secure }: CookieAttributes): readonly [before: string, after: string] {
  const maxAge = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`;
  const site = sameSite === undefined ? '' : `; SameSite=${SAME_SITE[sameSite]}`;
  return [`set-cookie: ${name}=`, `; Path=${path}${maxAge}; HttpOnly${site}${secure ? '; Secure' : ''}\r\n`];
}

/**
 * What a condition of a claim asks for, as one text: which claim, and of which type. Two conditions have the same one only when they ask for the
 * same: a name that is plain stands for itself, all else is written as a list in JSON, which no plain name looks like, and a blank parts the type.
 */
import type { ClaimMatch } from '../../contract';

/** Texts are compared with texts, numbers with numbers, booleans with booleans. */
export type ClaimType = 'text' | 'number' | 'boolean';

/** A claim that some condition asks for. */
export interface AskedClaim {
  readonly path: readonly string[];
  readonly type: ClaimType;
}

/** Printable ASCII without blanks that does not begin with `[`. */
const PLAIN = /^[!-Z\\-~][!-~]*$/;

export function claimKey({ path, type }: AskedClaim): string {
  const [name, ...inner] = path;
  const place = inner.length === 0 && name !== undefined && PLAIN.test(name) ? name : JSON.stringify(path);
  return type === 'text' ? place : `${place} (${type})`;
}

export function askedClaim({ name = '', path = [name], number, boolean }: ClaimMatch): AskedClaim {
  return { path, type: number !== undefined ? 'number' : boolean !== undefined ? 'boolean' : 'text' };
}

/** The claims that matches ask for, each once, by their keys. */
export function askedClaims(matches: readonly { readonly claims?: readonly ClaimMatch[] }[]): Map<string, AskedClaim> {
  return new Map(matches.flatMap(({ claims = [] }) => claims.map(askedClaim)).map((asked) => [claimKey(asked), asked]));
}

/** Half of a surrogate pair stands for no character, and has no UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}

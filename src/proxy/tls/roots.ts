/** Files with root certificates. */
import { crypto } from '../runtime/on-demand';

/** Most roots in a trust bundle. */
export const MAX_ROOTS = 64;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates in a text, in PEM form. */
export function pemsIn(text: string): readonly string[] {
  return text.match(CERTIFICATE) ?? [];
}

export interface Roots {
  /** PEM, each once, in an order of its own. */
  readonly pems: readonly string[];
  /** When the last of them expires, in seconds since 1970. */
  readonly expireAt: number;
  readonly problems: readonly string[];
}

/**
 * @param source what the text is of, in words
 * @param ofAuthorities each certificate must be that of an authority, since each is trusted by itself and its signature is not looked at
 */
export function readRoots(source: string, text: string, ofAuthorities: boolean): Roots {
  const pems = pemsIn(text);
  const wrong = (problem: string): Roots => ({ pems: [], expireAt: 0, problems: [`${source} ${problem}`] });
  if (pems.length === 0) return wrong('holds no certificate in PEM form');
  if (pems.length > MAX_ROOTS) return wrong(`holds ${pems.length} certificates, and may hold ${MAX_ROOTS}`);
  try {
    const roots = pems.map((pem) => new (crypto().X509Certificate)(pem));
    const other = ofAuthorities ? roots.find(({ ca }) => !ca) : undefined;
    if (other) return wrong(`holds a certificate that is no authority's${other.subject ? ` (${other.subject.replaceAll('\n', ', ')})` : ''}; take it out`);
    const expireAt = Math.max(...roots.map(({ validTo }) => Date.parse(validTo) / 1_000));
    // Another order, or another way to break lines, is no other bundle.
    return { pems: [...new Set(pems.map((pem) => pem.replace(/\r/g, '')))].sort(), expireAt, problems: [] };
  } catch {
    return wrong('holds a certificate that can\'t be read');
  }
}

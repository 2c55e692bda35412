/**
 * Whether a proxy's own certificate leads to its own trust bundle, as every peer with the same bundle will ask. Signatures and names decide; times
 * are the peers' to judge, for a file does not change when one passes. What a chain may look like is what OpenSSL takes from a peer: any
 * certificate of the bundle is trusted by itself, and those in between may come in any order.
 */
import type { X509Certificate } from 'node:crypto';
import { crypto } from '../runtime/on-demand';
import { pemsIn } from './roots';

/** Most certificates that are looked at in the file of a certificate, itself included. Further ones don't count. */
export const MAX_CHAIN = 16;

/**
 * What is wrong with the way from the first certificate of `chain` to one of `roots`; undefined when there is one.
 *
 * @param chain PEM: the certificate and those behind it
 * @param roots PEM, each found to be an authority's
 */
export function problemOfChain(chain: string, roots: readonly string[]): string | undefined {
  const parse = (pem: string): X509Certificate => new (crypto().X509Certificate)(pem);
  const trusted = roots.map(parse);
  let between: readonly X509Certificate[];
  try {
    between = pemsIn(chain).slice(0, MAX_CHAIN).map(parse);
  } catch {
    return 'it is followed by a certificate that can\'t be read';
  }
  // From the leaf upwards; each certificate is gone through once, so a loop of cross-signed ones ends.
  const seen = new Set(between.slice(0, 1));
  let last = between[0]!;
  for (const certificate of seen) {
    if (trusted.some((root) => hasIssued(root, certificate))) return undefined;
    for (const issuer of between) if (hasIssued(issuer, certificate)) seen.add(issuer);
    last = certificate;
  }
  return `it leads to ${nameOf(last.issuer)}, and there is ${trusted.map(({ subject }) => nameOf(subject)).join(' and ')}`;
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function nameOf(name: string | undefined): string {
  return name ? `'${name.replaceAll('\n', ', ')}'` : 'an authority without a name';
}

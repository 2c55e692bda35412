/**
 * The reader of certificates under mutated ones. What must hold for any bytes:
 *   - it never throws;
 *   - an id that it takes is what OpenSSL reads, too: the one URI of a certificate that is no authority's.
 */
import { X509Certificate } from 'node:crypto';
import { verifySpiffe } from '../../src/proxy/tls/spiffe';

const TRUST_DOMAIN = 'cluster.local';

/** What went wrong; undefined when nothing did. */
export function checkCertificate(der: Buffer): string | undefined {
  try {
    const verdict = verifySpiffe(der, TRUST_DOMAIN);
    if (!verdict.ok) return undefined;
    const names = namesByOpenssl(der);
    // OpenSSL reads a certificate before it comes to this one, and refuses what it can't read.
    if (names === undefined) return undefined;
    const uris = names.split(', ').filter((name) => name.startsWith('URI:'));
    return uris.length === 1 && uris[0] === `URI:${verdict.id}` ? undefined : `takes ${verdict.id}, where OpenSSL reads ${JSON.stringify(names)}`;
  } catch (error) {
    return `throws ${(error as Error).stack}`;
  }
}

/** Undefined when it can't be read; of an authority, which may prove nothing, none. */
function namesByOpenssl(der: Buffer): string | undefined {
  try {
    const { ca, subjectAltName } = new X509Certificate(der);
    return ca ? '' : subjectAltName ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * The SPIFFE id of a certificate, and whether the certificate may be used to prove it: the rules of X509-SVID
 * (https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md, sections 2 to 5) and of SPIFFE-ID (section 2). A pure function of
 * the DER. Whether the chain leads to an authority that is trusted, and whether it is valid now, OpenSSL has judged before.
 *
 * An id is compared byte by byte in its full length; nothing is decoded, folded or matched by a pattern that is made of names.
 */
import { readCertificate } from './certificate-fields';

/** Longest id (SPIFFE-ID section 2.3). */
export const MAX_ID_BYTES = 2_048;
/** Longest trust domain (SPIFFE-ID section 2.1). */
const MAX_TRUST_DOMAIN_BYTES = 255;

const SCHEME = Buffer.from('spiffe://');
const SLASH = 0x2f;
const DOT = 0x2e;

export type Verdict =
  | { readonly ok: true; readonly id: string }
  /** `problem` in words, without anything from the certificate but a name that is well formed. */
  | { readonly ok: false; readonly problem: string };

/** Whether the certificate in `der` is a leaf of the trust domain by which its owner can prove an id, and which. */
export function verifySpiffe(der: Uint8Array, trustDomain: string): Verdict {
  const fields = readCertificate(der);
  if (!fields) return refused('it can\'t be read as a certificate of version 3');
  const { uris, usage, purposes } = fields;
  const [uri, ...others] = uris;
  if (!uri) return refused('it names no URI, so no SPIFFE id');
  if (others.length > 0) return refused(`it names ${uris.length} URIs, and must name exactly one, its SPIFFE id`);
  if (fields.subjectEmpty && !fields.namesCritical) return refused('it has no subject, and its alternative names are not critical');
  if (fields.authority) return refused('it is the certificate of an authority, which may not prove an id');
  if (!usage) return refused('it has no key usage');
  if (!usage.critical) return refused('its key usage is not critical');
  if (!usage.signs) return refused('its key usage is without digitalSignature');
  if (usage.certifies) return refused('its key may sign certificates or revocation lists');
  if (purposes && !(purposes.server && purposes.client)) return refused('its extended key usage is not both for servers and for clients');
  const problem = problemOfId(uri);
  if (problem !== undefined) return refused(`its URI is no SPIFFE id of a workload: ${problem}`);
  const id = Buffer.from(uri).toString('latin1');
  return trustDomainOf(id) === trustDomain ? { ok: true, id } : refused(`it is of ${id}, which is not of the trust domain '${trustDomain}'`);
}

/** Of a well-formed id. */
export function trustDomainOf(id: string): string {
  const end = id.indexOf('/', SCHEME.length);
  return id.slice(SCHEME.length, end < 0 ? undefined : end);
}

/** What is wrong with the bytes of an id of a workload; undefined when nothing is. */
export function problemOfId(uri: Uint8Array): string | undefined {
  if (uri.length > MAX_ID_BYTES) return `it is longer than ${MAX_ID_BYTES} bytes`;
  for (let i = 0; i < SCHEME.length; i += 1) if (uri[i] !== SCHEME[i]) return 'it does not begin with spiffe://';
  let end = SCHEME.length;
  while (end < uri.length && uri[end] !== SLASH) {
    if (!isOfTrustDomain(uri[end]!)) return 'its trust domain has a character other than a to z, 0 to 9, `.`, `-` and `_`';
    end += 1;
  }
  if (end === SCHEME.length) return 'it has no trust domain';
  if (end - SCHEME.length > MAX_TRUST_DOMAIN_BYTES) return `its trust domain is longer than ${MAX_TRUST_DOMAIN_BYTES} bytes`;
  return end === uri.length ? 'it has no path, as only an authority\'s' : problemOfPath(uri, end);
}

/** @param start of the first slash */
function problemOfPath(uri: Uint8Array, start: number): string | undefined {
  let segment = start + 1;
  for (let i = segment; i <= uri.length; i += 1) {
    if (i < uri.length && uri[i] !== SLASH) {
      if (!isOfPath(uri[i]!)) return 'its path has a character other than letters, digits, `.`, `-` and `_`';
      continue;
    }
    const length = i - segment;
    if (length === 0) return 'its path has an empty segment, or ends in a slash';
    if (length <= 2 && uri[segment] === DOT && uri[i - 1] === DOT) return 'its path has a segment `.` or `..`';
    segment = i + 1;
  }
  return undefined;
}

function isOfTrustDomain(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === DOT || byte === 0x2d || byte === 0x5f;
}

function isOfPath(byte: number): boolean {
  return isOfTrustDomain(byte) || (byte >= 0x41 && byte <= 0x5a);
}

function refused(problem: string): Verdict {
  return { ok: false, problem };
}

/**
 * A small certificate authority for tests, laptops and CI: a root, an issuer below it, and leaves with SPIFFE ids. It is no part of a
 * mesh in a cluster, which takes its certificates from cert-manager, SPIRE or Kubernetes itself.
 *
 * A certificate is valid from a little before it was made ({@link SKEW_MS}), so that a clock that goes behind takes it, too. Who checks
 * it allows for nothing.
 */
import { createPrivateKey, generateKeyPairSync, KeyObject, X509Certificate } from 'node:crypto';
import { CertificateContent, pemOf, writeCertificate } from './certificate';

/** How long before now a certificate begins to be valid: what Istio allows for clocks that differ. */
export const SKEW_MS = 120_000;

const DAY_MS = 86_400_000;

/** A certificate and its private key in PEM form. */
export interface Credentials {
  /** The certificate, and behind it those that lead to the root, which is not among them. */
  readonly certificate: string;
  /** PKCS#8. */
  readonly key: string;
}

/** A {@link Credentials} that may sign others. */
export interface Issuer extends Credentials {
  /** Common name. */
  readonly subject: string;
  /** Whose ids it may issue. */
  readonly trustDomain: string;
}

export interface Validity {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly lifetimeMs?: number;
}

/** Fields of a leaf in place of the usual ones. */
export type LeafOverrides = Partial<CertificateContent>;

/** A root: it signs itself, and its certificate is what others trust. */
export function makeRoot(trustDomain: string, { now, lifetimeMs = DAY_MS * 30 }: Validity, name = 'root'): Issuer {
  const { privateKey, publicKey } = newKey();
  const subject = `cdk8s-mesh ${name} of ${trustDomain}`;
  const content = authorityContent(subject, trustDomain, now, lifetimeMs);
  return { subject, trustDomain, key: pemOfKey(privateKey), certificate: pemOf(writeCertificate(content, publicKey, { subject, key: privateKey })) };
}

/** An issuer below another one: leaves are signed by it, so that the root's key can be put away. */
export function makeIssuer(above: Issuer, { now, lifetimeMs = DAY_MS * 7 }: Validity, name = 'issuer'): Issuer {
  const { privateKey, publicKey } = newKey();
  const subject = `cdk8s-mesh ${name} of ${above.trustDomain}`;
  const der = writeCertificate(authorityContent(subject, above.trustDomain, now, lifetimeMs), publicKey, signerOf(above));
  return { subject, trustDomain: above.trustDomain, key: pemOfKey(privateKey), certificate: pemOf(der) + chainOf(above) };
}

/** A leaf: what a workload shows, both as a server and as a client. */
export function issue(issuer: Issuer, id: string, { now, lifetimeMs = DAY_MS }: Validity, overrides: LeafOverrides = {}): Credentials {
  const { privateKey, publicKey } = newKey();
  const content: CertificateContent = {
    subject: '', notBefore: now - SKEW_MS, notAfter: now + lifetimeMs, authority: false, uris: [id], usages: ['digitalSignature'],
    purposes: ['serverAuth', 'clientAuth'], ...overrides,
  };
  return { key: pemOfKey(privateKey), certificate: pemOf(writeCertificate(content, publicKey, signerOf(issuer))) + chainOf(issuer) };
}

/** A leaf that a server shows to clients from outside, for these host names. */
export function issueServer(issuer: Issuer, dnsNames: readonly string[], validity: Validity): Credentials {
  return issue(issuer, '', validity, { uris: [], dnsNames, purposes: ['serverAuth'] });
}

/** A leaf of what is outside of the mesh, for a host name, or an address as 4 or 16 bytes. */
export function issueForHost(issuer: Issuer, host: string | readonly number[], validity: Validity, overrides: LeafOverrides = {}): Credentials {
  const names = typeof host === 'string' ? { dnsNames: [host] } : { addresses: [host] };
  return issue(issuer, '', validity, { uris: [], ...names, purposes: ['serverAuth'], ...overrides });
}

/** An issuer from its files; undefined when they are not those of one that was made here. */
export function readIssuer(certificate: string, key: string): Issuer | undefined {
  try {
    const parsed = new X509Certificate(certificate);
    const subject = /^CN=(.*)$/.exec(parsed.subject)?.[1];
    const trustDomain = /^URI:spiffe:\/\/([a-z0-9._-]+)$/.exec(parsed.subjectAltName ?? '')?.[1];
    if (subject === undefined || trustDomain === undefined || !parsed.ca || !parsed.checkPrivateKey(createPrivateKey(key))) return undefined;
    return { subject, trustDomain, certificate, key };
  } catch {
    return undefined;
  }
}

/** The id that Istio, Linkerd with SPIRE, and cert-manager's driver give a service account. */
export function spiffeIdOf(trustDomain: string, namespace: string, serviceAccount: string): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

function authorityContent(subject: string, trustDomain: string, now: number, lifetimeMs: number): CertificateContent {
  return {
    subject, notBefore: now - SKEW_MS, notAfter: now + lifetimeMs, authority: true, uris: [`spiffe://${trustDomain}`], usages: ['keyCertSign', 'cRLSign'],
  };
}

function signerOf({ subject, key }: Issuer): { readonly subject: string; readonly key: KeyObject } {
  return { subject, key: createPrivateKey(key) };
}

/** What stands behind a certificate that it signs: nothing of a root, which everybody has. */
function chainOf({ certificate }: Issuer): string {
  const own = new X509Certificate(certificate);
  return own.verify(own.publicKey) ? '' : certificate;
}

function newKey(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pemOfKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

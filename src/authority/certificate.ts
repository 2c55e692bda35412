/**
 * Writes an X.509 certificate (RFC 5280), which `node:crypto` reads and checks, but can't make. Keys are of P-256, signatures
 * ECDSA with SHA-256: what every peer of the mesh speaks, and small.
 */
import { createHash, createPublicKey, KeyObject, randomBytes, sign } from 'node:crypto';
import { bitString, boolean, integer, objectIdentifier, octetString, sequence, set, tagged, time, utf8String } from './der';

const COMMON_NAME = '2.5.4.3';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';

/** Bits of KeyUsage, by their number. */
const USAGE_BITS = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const;
const PURPOSES = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' } as const;

export type KeyUsage = keyof typeof USAGE_BITS;
export type Purpose = keyof typeof PURPOSES;

/** What a certificate says. */
export interface CertificateContent {
  /** Common name; empty for no subject at all. */
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** It may sign other certificates. */
  readonly authority: boolean;
  /** URIs of the subject, as they are written, whatever is in them. */
  readonly uris: readonly string[];
  readonly dnsNames?: readonly string[];
  /** IP addresses of the subject, as 4 or 16 bytes. */
  readonly addresses?: readonly (readonly number[])[];
  readonly usages: readonly KeyUsage[];
  /** Absent: all. */
  readonly purposes?: readonly Purpose[] | undefined;
}

/** Who signs: the subject and the private key of its certificate. */
export interface Signer {
  readonly subject: string;
  readonly key: KeyObject;
}

/** The certificate of a public key, in DER. */
export function writeCertificate(content: CertificateContent, publicKey: KeyObject, signer: Signer): Buffer {
  const algorithm = sequence(objectIdentifier(ECDSA_WITH_SHA256));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const tbs = sequence(
    tagged(0, true, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    nameOf(signer.subject),
    sequence(time(content.notBefore), time(content.notAfter)),
    nameOf(content.subject),
    spki,
    tagged(3, true, sequence(...extensionsOf(content, publicKey, signer.key))),
  );
  return sequence(tbs, algorithm, bitString(sign('sha256', tbs, signer.key)));
}

/** DER as PEM (RFC 7468). */
export function pemOf(der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function nameOf(commonName: string): Buffer {
  return commonName === '' ? sequence() : sequence(set(sequence(objectIdentifier(COMMON_NAME), utf8String(commonName))));
}

function extensionsOf(content: CertificateContent, own: KeyObject, signer: KeyObject): Buffer[] {
  const { subject, authority, uris, dnsNames = [], addresses = [], usages, purposes } = content;
  const named = (number: number, texts: readonly string[]): Buffer[] => texts.map((text) => tagged(number, false, Buffer.from(text, 'latin1')));
  const names = [...named(6, uris), ...named(2, dnsNames), ...addresses.map((bytes) => tagged(7, false, Buffer.from(bytes)))];
  return [
    extension(BASIC_CONSTRAINTS, true, authority ? sequence(boolean(true)) : sequence()),
    extension(KEY_USAGE, true, usageBits(usages)),
    ...purposes ? [extension(EXTENDED_KEY_USAGE, false, sequence(...purposes.map((purpose) => objectIdentifier(PURPOSES[purpose]))))] : [],
    extension(SUBJECT_KEY_IDENTIFIER, false, octetString(identifierOf(own))),
    extension(AUTHORITY_KEY_IDENTIFIER, false, sequence(tagged(0, false, identifierOf(signer)))),
    // Without a subject, the names are all there is to identify it by (RFC 5280 section 4.2.1.6).
    ...names.length > 0 ? [extension(SUBJECT_ALT_NAME, subject === '', sequence(...names))] : [],
  ];
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(id), ...critical ? [boolean(true)] : [], octetString(value));
}

function usageBits(usages: readonly KeyUsage[]): Buffer {
  let bits = 0;
  let last = 0;
  for (const usage of usages) {
    bits |= 0x80 >> USAGE_BITS[usage];
    last = Math.max(last, USAGE_BITS[usage]);
  }
  return bitString(Buffer.from([bits]), 7 - last);
}

/** The first way of RFC 5280 section 4.2.1.2, by the whole SubjectPublicKeyInfo, as RFC 7093 allows. */
function identifierOf(key: KeyObject): Buffer {
  const spki = (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}

/**
 * What a certificate says of who it is for (RFC 5280), read from its DER. Node shows the names as one text, whose quoting others have
 * read in two ways (CVE-2021-44532), and ends a name at a NUL byte nowhere; here a name is its bytes, all of them.
 */
import { DerReader, equalBytes, Tag } from './der-reader';

/** Longest certificate that is read. */
export const MAX_CERTIFICATE_BYTES = 65_535;

/** Object identifiers, as they are encoded. */
const KEY_USAGE = Uint8Array.of(0x55, 0x1d, 0x0f);
const SUBJECT_ALT_NAME = Uint8Array.of(0x55, 0x1d, 0x11);
const BASIC_CONSTRAINTS = Uint8Array.of(0x55, 0x1d, 0x13);
const EXTENDED_KEY_USAGE = Uint8Array.of(0x55, 0x1d, 0x25);
const SERVER_AUTH = Uint8Array.of(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01);
const CLIENT_AUTH = Uint8Array.of(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02);

// Tags that the types around them give.
const VERSION = 0xa0;
const ISSUER_ID = 0x81;
const SUBJECT_ID = 0x82;
const EXTENSIONS = 0xa3;
const URI_NAME = 0x86;
/** All kinds of names (GeneralName, RFC 5280 section 4.2.1.6). */
const NAMES: ReadonlySet<number> = new Set([0xa0, 0x81, 0x82, 0xa3, 0xa4, 0xa5, URI_NAME, 0x87, 0x88]);

// Bits of KeyUsage, the first one being the highest.
const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;
const CRL_SIGN = 0x02;

export interface CertificateFields {
  /** URIs among the subject's alternative names. */
  readonly uris: readonly Uint8Array[];
  readonly namesCritical: boolean;
  readonly subjectEmpty: boolean;
  readonly authority: boolean;
  /** Undefined when it says nothing of how its key is used. */
  readonly usage: { readonly critical: boolean; readonly signs: boolean; readonly certifies: boolean } | undefined;
  /** Undefined when it says nothing of what for. */
  readonly purposes: { readonly server: boolean; readonly client: boolean } | undefined;
}

/** Undefined when it is not the DER of a certificate of version 3, or has an extension twice. */
export function readCertificate(der: Uint8Array): CertificateFields | undefined {
  if (der.length > MAX_CERTIFICATE_BYTES) return undefined;
  const outer = new DerReader(der);
  const certificate = outer.enter(Tag.SEQUENCE);
  const tbs = certificate.enter(Tag.SEQUENCE);
  const version = tbs.enter(VERSION).read(Tag.INTEGER);
  tbs.read(Tag.INTEGER);
  // Algorithm, issuer, validity.
  for (let i = 0; i < 3; i += 1) tbs.read(Tag.SEQUENCE);
  const subjectEmpty = tbs.read(Tag.SEQUENCE).length === 0;
  tbs.read(Tag.SEQUENCE);
  tbs.optional(ISSUER_ID);
  tbs.optional(SUBJECT_ID);
  const wrapper = tbs.enter(EXTENSIONS);
  const extensions = wrapper.enter(Tag.SEQUENCE);
  const fields = readExtensions(extensions, subjectEmpty);
  certificate.read(Tag.SEQUENCE);
  certificate.read(Tag.BIT_STRING);
  const sound = [extensions, wrapper, tbs, certificate, outer].every((reader) => reader.done && !reader.broken);
  return sound && version.length === 1 && version[0] === 2 ? fields : undefined;
}

function readExtensions(extensions: DerReader, subjectEmpty: boolean): CertificateFields | undefined {
  const found = new Map<Uint8Array, { readonly critical: boolean; readonly value: DerReader }>();
  while (!extensions.done) {
    const extension = extensions.enter(Tag.SEQUENCE);
    const id = extension.read(Tag.OBJECT_IDENTIFIER);
    const critical = extension.optional(Tag.BOOLEAN)?.[0] === 0xff;
    const value = new DerReader(extension.read(Tag.OCTET_STRING));
    if (extension.broken || !extension.done) return undefined;
    const known = [KEY_USAGE, SUBJECT_ALT_NAME, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE].find((each) => equalBytes(each, id));
    if (!known) continue;
    if (found.has(known)) return undefined;
    found.set(known, { critical, value });
  }
  const [names, constraints, usage, purposes] = [SUBJECT_ALT_NAME, BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE].map((id) => found.get(id));
  const fields = {
    uris: names ? readUris(names.value) : [],
    namesCritical: names?.critical ?? false,
    subjectEmpty,
    authority: constraints !== undefined && readAuthority(constraints.value),
    usage: usage && { critical: usage.critical, ...readUsage(usage.value) },
    purposes: purposes && readPurposes(purposes.value),
  };
  return [...found.values()].some(({ value }) => value.broken || !value.done) ? undefined : fields;
}

function readUris(value: DerReader): Uint8Array[] {
  const names = value.enter(Tag.SEQUENCE);
  const uris: Uint8Array[] = [];
  while (!names.done) {
    if (names.tag === URI_NAME) uris.push(names.read(URI_NAME));
    else if (NAMES.has(names.tag)) names.skip();
    else names.fail();
  }
  if (names.broken) value.fail();
  return uris;
}

function readAuthority(value: DerReader): boolean {
  const constraints = value.enter(Tag.SEQUENCE);
  const authority = constraints.optional(Tag.BOOLEAN);
  // Behind it may be how many authorities may follow.
  constraints.optional(Tag.INTEGER);
  if (constraints.broken || !constraints.done) value.fail();
  // What isn't plainly false is taken for true, which refuses a leaf.
  return authority !== undefined && authority[0] !== 0;
}

function readUsage(value: DerReader): { readonly signs: boolean; readonly certifies: boolean } {
  const bits = value.read(Tag.BIT_STRING)[1] ?? 0;
  return { signs: (bits & DIGITAL_SIGNATURE) !== 0, certifies: (bits & (KEY_CERT_SIGN | CRL_SIGN)) !== 0 };
}

function readPurposes(value: DerReader): { readonly server: boolean; readonly client: boolean } {
  const purposes = value.enter(Tag.SEQUENCE);
  let [server, client] = [false, false];
  while (!purposes.done) {
    const purpose = purposes.read(Tag.OBJECT_IDENTIFIER);
    server ||= equalBytes(purpose, SERVER_AUTH);
    client ||= equalBytes(purpose, CLIENT_AUTH);
  }
  if (purposes.broken) value.fail();
  return { server, client };
}

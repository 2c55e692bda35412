/** Which certificates prove a SPIFFE id: the rules of X509-SVID, one by one, and the mistakes that others have made. */
import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { issue, LeafOverrides, makeIssuer, makeRoot } from '../../../src/authority';
import { MAX_CERTIFICATE_BYTES, readCertificate } from '../../../src/proxy/tls/certificate-fields';
import { DerReader } from '../../../src/proxy/tls/der-reader';
import { MAX_ID_BYTES, problemOfId, verifySpiffe } from '../../../src/proxy/tls/spiffe';

const NOW = Date.UTC(2026, 5, 1);
const DOMAIN = 'cluster.local';
const ID = `spiffe://${DOMAIN}/ns/shop/sa/web`;

const root = makeRoot(DOMAIN, { now: NOW });

function derOf(overrides: LeafOverrides = {}): Buffer {
  return new X509Certificate(issue(root, ID, { now: NOW }, overrides).certificate).raw;
}

function verify(overrides: LeafOverrides): string {
  const verdict = verifySpiffe(derOf(overrides), DOMAIN);
  return verdict.ok ? verdict.id : `refused: ${verdict.problem}`;
}

test('a leaf with a name of no kind is refused', () => {
  const der = derOf({ dnsNames: ['x'] });
  const at = der.indexOf(Buffer.from([0x82, 0x01, 'x'.charCodeAt(0)]));
  der[at] = 0x83;
  expect(verifySpiffe(der, DOMAIN)).toMatchObject({ ok: false, problem: expect.stringMatching(/can't be read/) });
});

describe('a leaf proves its id', () => {
  test.each<[string, LeafOverrides]>([
    ['as issued', {}],
    ['with a subject, where its names need not be critical', { subject: 'web' }],
    ['with DNS names beside the URI', { dnsNames: ['web.shop', 'web.shop.svc'] }],
    ['without extended key usage', { purposes: undefined }],
  ])('%s', (_, overrides) => {
    expect(verify(overrides)).toBe(ID);
  });

  test('of the longest form', () => {
    const id = `spiffe://${DOMAIN}/${'a'.repeat(MAX_ID_BYTES - 10 - DOMAIN.length)}`;
    expect(id).toHaveLength(MAX_ID_BYTES);
    expect(verify({ uris: [id] })).toBe(id);
    expect(verify({ uris: [`${id}a`] })).toMatch(/longer than 2048 bytes/);
  });
});

describe('a certificate proves no id', () => {
  test.each<[string, LeafOverrides, RegExp]>([
    ['without a URI', { uris: [], dnsNames: ['web.shop'] }, /names no URI/],
    ['without any name', { uris: [], subject: 'web' }, /names no URI/],
    ['with two URIs', { uris: [ID, ID] }, /names 2 URIs/],
    ['with a second URI that is none of SPIFFE', { uris: [ID, 'https://shop'] }, /names 2 URIs/],
    ['of an authority', { authority: true }, /authority/],
    ['with keyCertSign', { usages: ['digitalSignature', 'keyCertSign'] }, /may sign certificates/],
    ['with cRLSign', { usages: ['digitalSignature', 'cRLSign'] }, /may sign certificates/],
    ['without digitalSignature', { usages: [] }, /without digitalSignature/],
    ['for servers only', { purposes: ['serverAuth'] }, /both for servers and for clients/],
    ['for clients only', { purposes: ['clientAuth'] }, /both for servers and for clients/],
    ['with the trust domain in capitals', { uris: ['spiffe://Cluster.local/ns/shop/sa/web'] }, /trust domain has a character/],
    ['with an escape in its path', { uris: [`spiffe://${DOMAIN}/ns/shop%2fsa/web`] }, /path has a character/],
    ['with a path that ends in a slash', { uris: [`${ID}/`] }, /ends in a slash/],
    ['with an empty segment', { uris: [`spiffe://${DOMAIN}/ns//sa/web`] }, /empty segment/],
    ['with a segment that leads up', { uris: [`spiffe://${DOMAIN}/ns/shop/../sa`] }, /segment `\.` or `\.\.`/],
    ['with a segment of one dot', { uris: [`spiffe://${DOMAIN}/./shop`] }, /segment `\.` or `\.\.`/],
    ['without a path', { uris: [`spiffe://${DOMAIN}`] }, /no path/],
    ['without a trust domain', { uris: ['spiffe:///ns/shop'] }, /no trust domain/],
    ['with a port', { uris: [`spiffe://${DOMAIN}:80/ns/shop`] }, /trust domain has a character/],
    ['with user information', { uris: [`spiffe://me@${DOMAIN}/ns/shop`] }, /trust domain has a character/],
    ['with a query', { uris: [`${ID}?a=b`] }, /path has a character/],
    ['with a fragment', { uris: [`${ID}#a`] }, /path has a character/],
    ['of another scheme', { uris: [`https://${DOMAIN}/ns/shop/sa/web`] }, /begin with spiffe/],
    ['with the scheme in capitals', { uris: [`SPIFFE://${DOMAIN}/ns/shop/sa/web`] }, /begin with spiffe/],
    ['with a NUL byte behind the id of another', { uris: [`${ID}\0.evil`] }, /path has a character/],
    ['with a NUL byte in its trust domain', { uris: [`spiffe://${DOMAIN}\0.evil/ns/shop/sa/web`] }, /trust domain has a character/],
    ['of another trust domain', { uris: ['spiffe://other.local/ns/shop/sa/web'] }, /not of the trust domain 'cluster.local'/],
    ['of a trust domain that begins alike', { uris: [`spiffe://${DOMAIN}.evil/ns/shop/sa/web`] }, /not of the trust domain/],
    ['of a trust domain that a pattern would take', { uris: ['spiffe://clusterxlocal/ns/shop/sa/web'] }, /not of the trust domain/],
  ])('%s', (_, overrides, problem) => {
    expect(verify(overrides)).toMatch(problem);
  });

  test('when it is that of an authority as issued', () => {
    const { certificate } = makeIssuer(root, { now: NOW });
    expect(verifySpiffe(new X509Certificate(certificate).raw, DOMAIN)).toMatchObject({ ok: false, problem: expect.stringContaining('authority') });
  });

  test('when something stands behind it, or its end is missing', () => {
    const der = derOf();
    expect(verifySpiffe(Buffer.concat([der, Buffer.of(0)]), DOMAIN).ok).toBe(false);
    for (let length = 0; length < der.length; length += 1) expect(verifySpiffe(der.subarray(0, length), DOMAIN).ok).toBe(false);
  });

  test('when it is longer than is read', () => {
    expect(readCertificate(Buffer.alloc(MAX_CERTIFICATE_BYTES + 1))).toBeUndefined();
  });
});

describe('the reader of DER', () => {
  test.each<[string, number[]]>([
    ['an indefinite length', [0x30, 0x80, 0x05, 0x00, 0x00, 0x00]],
    ['a length in a longer form than needed', [0x30, 0x81, 0x01, 0x00]],
    ['a length with a zero in front', [0x30, 0x82, 0x00, 0x80, ...Array<number>(128).fill(0)]],
    ['a length of more bytes than there are', [0x30, 0x84, 0xff, 0xff]],
    ['a length beyond the end', [0x30, 0x05, 0x00]],
    ['a tag without a length', [0x30]],
    ['nothing', []],
    ['another tag', [0x31, 0x00]],
  ])('refuses %s', (_, bytes) => {
    const reader = new DerReader(Uint8Array.from(bytes));
    expect(reader.read(0x30)).toHaveLength(0);
    expect(reader).toMatchObject({ broken: true, done: true });
  });

  test('refuses tags of several bytes', () => {
    const reader = new DerReader(Uint8Array.of(0x1f, 0x81, 0x01, 0x00));
    reader.skip();
    expect(reader.broken).toBe(true);
  });

  test('neither throws nor reads outside, whatever it is given', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      expect(verifySpiffe(bytes, DOMAIN).ok).toBe(false);
    }), { numRuns: 5_000 });
  });

  test('takes no certificate with changed bytes for one of another id', () => {
    const der = derOf();
    const allowed = (verdict: ReturnType<typeof verifySpiffe>, bytes: Buffer): boolean => !verdict.ok || bytes.includes(Buffer.from(verdict.id));
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(der.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = Buffer.from(der);
      for (const [at, value] of changes) bytes[at] = value;
      expect(allowed(verifySpiffe(bytes, DOMAIN), bytes)).toBe(true);
    }), { numRuns: 5_000 });
  });

  test('takes for ids only what the grammar of SPIFFE has', () => {
    const grammar = /^spiffe:\/\/[a-z0-9._-]{1,255}(\/(?!\.{1,2}(\/|$))[a-zA-Z0-9._-]+)+$/;
    const piece = fc.constantFrom('spiffe://', 'a', 'B', '.', '..', '/', '//', '-', '_', '%2f', '\0', 'é', ':', '@', '?', 'cluster.local', 'ns/shop/sa/web');
    fc.assert(fc.property(fc.array(piece, { maxLength: 8 }), fc.boolean(), (pieces, begins) => {
      const text = (begins ? 'spiffe://' : '') + pieces.join('');
      expect(problemOfId(Buffer.from(text, 'latin1')) === undefined).toBe(grammar.test(text));
    }), { numRuns: 5_000 });
  });
});

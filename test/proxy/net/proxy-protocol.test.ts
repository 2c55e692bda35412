/** The vectors are made by hand from the text of the specification. */
import fc from 'fast-check';
import { MAX_HEADER_BYTES, parseProxyHeader } from '../../../src/proxy/net/proxy-protocol';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

/** A header of version 2 with a length that is right unless said. */
function v2(command: number, family: number, content: Buffer, length = content.length): Buffer {
  const fixed = Buffer.concat([hex(SIGNATURE), Buffer.from([0x20 | command, family, length >> 8, length & 0xff])]);
  return Buffer.concat([fixed, content]);
}
const IPV4 = hex('c0000201 0a000001 d431 01bb');
const IPV6 = hex('20010db8000000000000000000000001 20010db8000000000000000000000002 d431 01bb');
const tlv = (type: number, value: Buffer, length = value.length): Buffer => Buffer.concat([Buffer.from([type, length >> 8, length & 0xff]), value]);

const SOUND: readonly [string, Buffer, object][] = [
  ['version 1, IPv4', Buffer.from('PROXY TCP4 192.0.2.1 10.0.0.1 54321 443\r\n'), { kind: 'v1', address: '192.0.2.1' }],
  ['version 1, IPv6', Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 54321 443\r\n'), { kind: 'v1', address: '2001:db8::1' }],
  ['version 1, unknown', Buffer.from('PROXY UNKNOWN\r\n'), { kind: 'local', address: undefined }],
  ['version 1, unknown, with more', Buffer.from(`PROXY UNKNOWN ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`), { kind: 'local' }],
  ['version 2, IPv4', v2(1, 0x11, IPV4), { kind: 'v2', address: '192.0.2.1' }],
  ['version 2, IPv6', v2(1, 0x21, IPV6), { kind: 'v2', address: '2001:db8::1' }],
  ['version 2, a mapped address', v2(1, 0x21, Buffer.concat([hex('00000000000000000000ffffc0000201'), IPV6.subarray(16)])), { kind: 'v2', address: '192.0.2.1' }],
  ['version 2, TLVs', v2(1, 0x11, Buffer.concat([IPV4, tlv(0x01, Buffer.from('h2')), tlv(0x04, Buffer.alloc(0)), tlv(0xea, Buffer.alloc(300))])), { kind: 'v2' }],
  ['version 2, local', v2(0, 0x00, Buffer.alloc(0)), { kind: 'local', address: undefined }],
  ['version 2, local, with what is to be skipped', v2(0, 0x31, Buffer.alloc(216, 0xff)), { kind: 'local', address: undefined }],
  ['version 2, unspecified', v2(1, 0x00, tlv(0x01, Buffer.from('h2'))), { kind: 'local', address: undefined }],
];

const MALFORMED: readonly [string, Buffer][] = [
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
  ['TLS', hex('160301')],
  ['version 1 with two spaces', Buffer.from('PROXY TCP4  192.0.2.1 10.0.0.1 54321 443\r\n')],
  ['version 1 with a space at its end', Buffer.from('PROXY TCP4 192.0.2.1 10.0.0.1 54321 443 \r\n')],
  ['version 1 in small letters', Buffer.from('proxy TCP4 192.0.2.1 10.0.0.1 54321 443\r\n')],
  ['version 1 with another family', Buffer.from('PROXY UDP4 192.0.2.1 10.0.0.1 54321 443\r\n')],
  ['version 1 with an address of the other family', Buffer.from('PROXY TCP4 ::1 ::1 54321 443\r\n')],
  ['version 1 with an address that is none', Buffer.from('PROXY TCP4 192.0.2.256 10.0.0.1 54321 443\r\n')],
  ['version 1 with an octal address', Buffer.from('PROXY TCP4 192.0.02.1 10.0.0.1 54321 443\r\n')],
  ['version 1 with a port that is none', Buffer.from('PROXY TCP4 192.0.2.1 10.0.0.1 65536 443\r\n')],
  ['version 1 with leading zeros', Buffer.from('PROXY TCP4 192.0.2.1 10.0.0.1 0443 443\r\n')],
  ['version 1 that is too long', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`)],
  ['version 1 without an end', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
  ['version 1 with a bare LF', Buffer.from(`PROXY TCP4 192.0.2.1 10.0.0.1 54321 443\n${'x'.repeat(100)}`)],
  ['version 3', Buffer.concat([hex(SIGNATURE), hex('31110000')])],
  ['an unknown command', v2(2, 0x11, IPV4)],
  ['UDP', v2(1, 0x12, IPV4)],
  ['a Unix socket', v2(1, 0x31, Buffer.alloc(216))],
  ['a length below that of the addresses', v2(1, 0x11, IPV4, 11)],
  ['IPv6 with the length of IPv4', v2(1, 0x21, IPV4)],
  ['a length above the limit', v2(1, 0x11, IPV4, MAX_HEADER_BYTES)],
  ['a TLV that is longer than the header', v2(1, 0x11, Buffer.concat([IPV4, tlv(0x01, Buffer.from('h2'), 3)]))],
  ['a TLV that would take in the next bytes', Buffer.concat([v2(1, 0x11, Buffer.concat([IPV4, tlv(0x01, Buffer.from('h2'), 200)])), Buffer.alloc(400)])],
  ['a TLV that is cut off', v2(1, 0x11, Buffer.concat([IPV4, Buffer.from([0x01, 0x00])]))],
  ['a wrong checksum', v2(1, 0x11, Buffer.concat([IPV4, tlv(0x03, Buffer.alloc(4))]))],
  ['a checksum of another length', v2(1, 0x11, Buffer.concat([IPV4, tlv(0x03, Buffer.alloc(3))]))],
];

test.each(SOUND)('%s is read, and what follows is not', (_, header, expected) => {
  for (const rest of ['', 'GET / HTTP/1.1\r\n\r\n', '\r\n', 'PROXY ']) {
    expect(parseProxyHeader(Buffer.concat([header, Buffer.from(rest)]))).toMatchObject({ ...expected, length: header.length });
  }
});

test.each(SOUND)('%s needs all its bytes', (_, header) => {
  for (let length = 0; length < header.length; length += 1) expect(parseProxyHeader(header.subarray(0, length))).toEqual({ kind: 'partial' });
});

test.each(MALFORMED)('%s is malformed', (_, header) => {
  expect(parseProxyHeader(header)).toMatchObject({ kind: 'malformed' });
});

test('a right checksum is taken', () => {
  // crc32c of the bytes before with zeros in place of the checksum, worked out by a table and not bit by bit.
  const table = Array.from({ length: 256 }, (_, n) => Array.from({ length: 8 }).reduce<number>((c) => (c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1), n));
  const crcOf = (bytes: Buffer): number => (bytes.reduce((crc, byte) => table[(crc ^ byte) & 0xff]! ^ (crc >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
  expect(crcOf(Buffer.from('123456789'))).toBe(0xe3069283);
  const header = v2(1, 0x11, Buffer.concat([IPV4, tlv(0x03, Buffer.alloc(4))]));
  header.writeUInt32BE(crcOf(header), header.length - 4);
  expect(parseProxyHeader(header)).toMatchObject({ kind: 'v2' });
});

test('whatever comes, nothing is thrown, and a header never is longer than what came or the limit', () => {
  const begun = fc.constantFrom(Buffer.alloc(0), Buffer.from('PROXY TCP4 '), ...SOUND.map(([, header]) => header), hex(`${SIGNATURE}2111`), hex(`${SIGNATURE}2121`));
  fc.assert(fc.property(begun, fc.uint8Array({ maxLength: 600 }), fc.nat(600), (start, more, cut) => {
    const bytes = Buffer.concat([start.subarray(0, cut), more]);
    const header = parseProxyHeader(bytes);
    if ('length' in header) expect(header.length).toBeLessThanOrEqual(Math.min(bytes.length, MAX_HEADER_BYTES));
    if (header.kind === 'partial') expect(bytes.length).toBeLessThan(MAX_HEADER_BYTES);
  }), { numRuns: 2_000, seed: 1 });
});

/** What is read of a ClientHello, however it is cut, and what is refused. */
import fc from 'fast-check';
import { ClientHelloReader, HelloFault } from '../../../src/proxy/net/client-hello';
import { Extension, helloFor, helloMessage, helloOfNode, inRecords, record, serverNames } from '../../support/client-hello';

const MAX = 16_384;

/** Reads pieces one after the other; `more` when all of them are not enough. */
function read(pieces: readonly Buffer[], maxBytes = MAX): string {
  const reader = new ClientHelloReader(maxBytes);
  for (const piece of pieces) {
    // Bytes are valid during the call only.
    const lent = Buffer.from(piece);
    const result = reader.take(lent);
    lent.fill(0xee);
    if (result) return result instanceof HelloFault ? result.kind : `name ${result.serverName}`;
  }
  return 'more';
}

function detailOf(bytes: Buffer, maxBytes = MAX): string {
  const result = new ClientHelloReader(maxBytes).take(bytes);
  return result instanceof HelloFault ? result.detail : `none: ${JSON.stringify(result)}`;
}

/** The bytes in pieces of these sizes, and the rest. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size));
    at = Math.min(bytes.length, at + size);
  }
  return [...pieces, bytes.subarray(at)];
}

const grease = (length: number): Extension => ({ type: 0x2a2a, data: Buffer.alloc(length, 5) });
const ECH: Extension = { type: 0xfe0d, data: Buffer.alloc(200, 9) };
const withNames = (...extensions: readonly Extension[]): Buffer => inRecords(helloMessage({ extensions }));
const named = (name: string | Buffer): string => read([withNames(serverNames([name]))]);

describe('the name', () => {
  test.each([
    ['of a usual client', helloFor('db.example.com'), 'db.example.com'],
    ['in upper case', helloFor('DB.Example.COM'), 'db.example.com'],
    ['with a final dot', helloFor('db.example.com.'), 'db.example.com'],
    ['of one label', helloFor('db'), 'db'],
    ['with `_`, and `-` at the end of a label', helloFor('_a-.-b.xn--mnchen-3ya.example'), '_a-.-b.xn--mnchen-3ya.example'],
    ['of 253 bytes', helloFor(`${'a.'.repeat(126)}b`), `${'a.'.repeat(126)}b`],
    ['beside GREASE', withNames(grease(0), serverNames(['a.b']), grease(1)), 'a.b'],
    ['beside an encrypted ClientHello: the outer one', withNames(ECH, serverNames(['public.example'])), 'public.example'],
    ['after a long list of ciphers', inRecords(helloMessage({ ciphers: Buffer.alloc(400, 3), extensions: [serverNames(['a.b'])] })), 'a.b'],
    ['with data behind the message', Buffer.concat([helloFor('a.b'), record(Buffer.from('early'), 23), Buffer.from('anything')]), 'a.b'],
    ['with more of its last record behind it', record(Buffer.concat([helloMessage({ extensions: [serverNames(['a.b'])] }), Buffer.from([11, 0])])), 'a.b'],
    ['that is an address of IPv4', helloFor('10.0.0.1'), 'undefined'],
    ['that is an address of IPv4 with a final dot', helloFor('10.0.0.1.'), 'undefined'],
    ['that is an address of IPv6', helloFor('2001:db8::1'), 'undefined'],
    ['that nobody asks for', withNames(grease(3)), 'undefined'],
    ['of a client without extensions', inRecords(helloMessage({})), 'undefined'],
  ])('%s', (_, bytes, name) => {
    expect(read([bytes])).toBe(`name ${name}`);
  });

  test.each([
    ['Node\'s client with TLS 1.3', { minVersion: 'TLSv1.3' as const, servername: 'one.example' }, 'one.example'],
    ['Node\'s client with TLS 1.2', { maxVersion: 'TLSv1.2' as const, servername: 'Two.example' }, 'two.example'],
    ['Node\'s client with ALPN', { servername: 'three.example', ALPNProtocols: ['h2', 'postgresql'] }, 'three.example'],
    ['Node\'s client without a name', {}, 'undefined'],
  ])('of %s', async (_, options, name) => {
    expect(read([await helloOfNode(options)])).toBe(`name ${name}`);
  });
});

describe('what is refused', () => {
  const WITH_NAME = { extensions: [serverNames(['a.b'])] };
  test.each<[string, Buffer, string, RegExp]>([
    ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\n'), 'notTls', /^it does not begin with a ClientHello of TLS, but with 'GET \/ HTTP\/1.1\\x0d\\x0a'$/],
    ['SSL 2.0', Buffer.from([0x80, 0x2e, 1, 3, 1]), 'notTls', /'\\x80\.\\x01\\x03\\x01'$/],
    ['a record of no version of TLS', Buffer.from([22, 2, 0]), 'notTls', /'\\x16\\x02\\x00'$/],
    ['an alert', record(Buffer.from([2, 40]), 21), 'notTls', /'\\x15/],
    ['a first record of application data', record(Buffer.from('x'), 23), 'notTls', /'\\x17/],
    ['another message', inRecords(helloMessage({ ...WITH_NAME, type: 2 })), 'malformed', /message is of type 2$/],
    ['an empty record', Buffer.concat([record(Buffer.alloc(0)), helloFor('a.b')]), 'malformed', /a record of it is empty$/],
    ['a record that is too long', Buffer.from([22, 3, 1, 0x40, 1]), 'malformed', /16385 bytes; 16384 are possible$/],
    ['another record within it', Buffer.concat([record(helloMessage(WITH_NAME).subarray(0, 20)), record(Buffer.from([1]), 20)]), 'malformed', /a record of type 20 is within it$/],
    ['a length that is too short', inRecords(helloMessage({ ...WITH_NAME, lengthOff: -1 })), 'malformed', /extensions don't end where it ends$/],
    ['a session id that is too long', inRecords(helloMessage({ ...WITH_NAME, sessionId: Buffer.alloc(33) })), 'malformed', /session id is too long$/],
    ['half a cipher', inRecords(helloMessage({ ...WITH_NAME, ciphers: Buffer.alloc(3) })), 'malformed', /ciphers or compressions/],
    ['no cipher', inRecords(helloMessage({ ...WITH_NAME, ciphers: Buffer.alloc(0) })), 'malformed', /ciphers or compressions/],
    ['no compression', inRecords(helloMessage({ ...WITH_NAME, compression: Buffer.alloc(0) })), 'malformed', /ciphers or compressions/],
    ['another protocol\'s version', inRecords(helloMessage({ ...WITH_NAME, version: 0x0202 })), 'malformed', /of no version of TLS$/],
    ['two lists of names', withNames(serverNames(['a.b']), serverNames(['a.b'])), 'malformed', /two lists of server names$/],
    ['two names', withNames(serverNames(['a.b', 'c.d'])), 'malformed', /two server names$/],
    ['a name of an unknown type', withNames(serverNames(['a.b'], 1)), 'malformed', /list of server names can't be read$/],
    ['an empty list of names', withNames({ type: 0, data: Buffer.from([0, 0]) }), 'malformed', /can't be read$/],
    ['an extension without a list', withNames({ type: 0, data: Buffer.alloc(0) }), 'malformed', /can't be read$/],
    ['a name that is longer than its list', withNames({ type: 0, data: Buffer.from([0, 4, 0, 0, 9, 0x61]) }), 'malformed', /can't be read$/],
    ['bytes behind the list', withNames({ type: 0, data: Buffer.from([0, 4, 0, 0, 1, 0x61, 0]) }), 'malformed', /can't be read$/],
    ['an empty name', withNames(serverNames([''])), 'malformed', /server name '' is no host name$/],
    ['a dot', withNames(serverNames(['.'])), 'malformed', /is no host name$/],
    ['two final dots', withNames(serverNames(['a..'])), 'malformed', /is no host name$/],
    ['a NUL', withNames(serverNames(['a.b\0.evil'])), 'malformed', /server name 'a\.b\\x00\.evil' is no host name$/],
    ['a space', withNames(serverNames(['a b'])), 'malformed', /is no host name$/],
    ['a port', withNames(serverNames(['a.b:443'])), 'malformed', /is no host name$/],
    ['letters beyond ASCII', withNames(serverNames(['m\u00fcnchen.example'])), 'malformed', /'m\\xfcnchen\.example' is no host name$/],
    ['a label of 64 bytes', withNames(serverNames([`${'a'.repeat(64)}.b`])), 'malformed', /'a{24}\.\.\.' is no host name$/],
    ['a name of 254 bytes', withNames(serverNames([`${'a.'.repeat(126)}bb`])), 'malformed', /is no host name$/],
  ])('%s', (_, bytes, kind, detail) => {
    expect(read([bytes])).toBe(kind);
    expect(detailOf(bytes)).toMatch(detail);
  });

  test.each(['127.0.0.1', '::1', '[::1]'])('is not the address %s, which counts as no name, but in brackets', (address) => {
    expect(named(address)).toBe(address.startsWith('[') ? 'malformed' : 'name undefined');
  });

  test('is known by the first byte that tells', () => {
    const bytes = Buffer.from('EHLO mail\r\n');
    expect(read([bytes.subarray(0, 1)])).toBe('notTls');
    expect(read([record(Buffer.from([2])).subarray(0, 5)])).toBe('more');
    expect(read([record(Buffer.from([2]))])).toBe('malformed');
  });
});

describe('the limit', () => {
  const bytes = withNames(serverNames(['a.b']), grease(600));

  test('is the number of bytes up to the end of the message, with the headers of its records', () => {
    expect(read([bytes], bytes.length)).toBe('name a.b');
    expect(read([bytes], bytes.length - 1)).toBe('tooLarge');
    expect(detailOf(bytes, bytes.length - 1)).toBe(`the ClientHello has more than ${bytes.length - 1} bytes`);
    expect(read([Buffer.concat([bytes, Buffer.alloc(50_000)])], bytes.length)).toBe('name a.b');
  });

  test('counts records of one byte each', () => {
    const message = helloMessage({ extensions: [serverNames(['a.b'])] });
    const small = inRecords(message, message.toJSON().data.map(() => 1));
    expect(small.length).toBe(message.length * 6);
    expect(read([small], small.length)).toBe('name a.b');
    expect(read([small], small.length - 1)).toBe('tooLarge');
  });

  test('is told as soon as the message says how long it is', () => {
    expect(read([Buffer.from([22, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff])])).toBe('tooLarge');
  });
});

describe('however the bytes are cut', () => {
  const bytesUpTo = (maxLength: number) => fc.uint8Array({ maxLength }).map((data) => Buffer.from(data));
  const name = fc.oneof(fc.domain(), fc.string({ unit: 'binary', maxLength: 40 }), fc.ipV4(), fc.ipV6());
  const extension = fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.integer({ min: 1, max: 65_535 }), data: bytesUpTo(60) }) },
    { weight: 2, arbitrary: fc.array(name, { maxLength: 2 }).map((names) => serverNames(names)) },
    { weight: 1, arbitrary: bytesUpTo(20).map((data) => ({ type: 0, data })) },
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });
  const lengthOff = fc.constantFrom(0, 0, 0, 0, 1, -1, 30_000);
  const message = fc.record({ extensions: fc.array(extension, { maxLength: 5 }), lengthOff }).map(helloMessage);
  const sound = fc.tuple(message, sizes).map(([bytes, records]) => inRecords(bytes, records));
  /** Some bytes are others. */
  const broken = fc.tuple(sound, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 })).map(([bytes, changes]) => {
    const copy = Buffer.from(bytes);
    for (const [at, value] of changes) copy[at % copy.length] = value;
    return copy;
  });
  const anything = fc.oneof(sound, broken, bytesUpTo(200));
  const maxBytes = fc.oneof(fc.constant(MAX), fc.integer({ min: 512, max: 700 }));

  test('the result is the same', () => {
    fc.assert(fc.property(anything, sizes, maxBytes, (bytes, cuts, max) => {
      const whole = read([bytes], max);
      expect(read(cut(bytes, cuts), max)).toBe(whole);
      expect(read([...bytes].map((byte) => Buffer.from([byte])), max)).toBe(whole);
    }), { numRuns: 300 });
  });

  test('records make no difference', () => {
    fc.assert(fc.property(message, sizes, (bytes, records) => {
      fc.pre(bytes.length > 4);
      expect(read([inRecords(bytes, records)])).toBe(read([inRecords(bytes)]));
    }), { numRuns: 300 });
  });

  test('at each byte', async () => {
    for (const bytes of [await helloOfNode({ servername: 'one.example' }), inRecords(helloMessage({ extensions: [ECH, serverNames(['one.example'])] }), [1, 2, 3, 50, 9])]) {
      for (let at = 0; at <= bytes.length; at += 1) expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toBe('name one.example');
      for (let at = 0; at < bytes.length; at += 1) expect(read([bytes.subarray(0, at)])).toBe('more');
    }
  });

  test('a name that is taken is a host name in lower case', () => {
    fc.assert(fc.property(anything, (bytes) => {
      const result = read([bytes]);
      if (result.startsWith('name ')) expect(result).toMatch(/^name [a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/);
      else expect(['more', 'notTls', 'malformed', 'tooLarge']).toContain(result);
    }), { numRuns: 300 });
  });
});

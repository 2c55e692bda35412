import * as fc from 'fast-check';
import { FieldListener, HpackDecoder } from '../../../../src/proxy/http2/hpack/decoder';
import { HpackEncoder } from '../../../../src/proxy/http2/hpack/encoder';

type Line = readonly [name: string, value: string];

class Reader implements FieldListener {
  readonly lines: Line[] = [];

  onField(name: Buffer, nameStart: number, nameEnd: number, value: Buffer, valueStart: number, valueEnd: number): void {
    this.lines.push([name.toString('latin1', nameStart, nameEnd), value.toString('latin1', valueStart, valueEnd)]);
  }
}

function decode(decoder: HpackDecoder, hex: string): readonly Line[] | string {
  const block = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const reader = new Reader();
  return decoder.decode(block, 0, block.length, reader) ?? reader.lines;
}

function encode(encoder: HpackEncoder, lines: readonly Line[]): Buffer {
  encoder.begin(lines.reduce((sum, [name, value]) => sum + name.length + value.length + 16, 0));
  for (const [name, value] of lines) {
    const bytes = Buffer.from(name + value, 'latin1');
    encoder.field(bytes, 0, name.length, bytes, name.length, bytes.length);
  }
  return Buffer.from(encoder.take());
}

const GET = [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'www.example.com']] as const;

describe('reading the examples of RFC 7541 appendix C', () => {
  const FIRST = GET;
  const SECOND = [...GET, ['cache-control', 'no-cache']];
  const THIRD = [
    [':method', 'GET'], [':scheme', 'https'], [':path', '/index.html'], [':authority', 'www.example.com'], ['custom-key', 'custom-value'],
  ];

  it('C.2.1 to C.2.4: one field', () => {
    expect(decode(new HpackDecoder(), '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572')).toEqual([['custom-key', 'custom-header']]);
    expect(decode(new HpackDecoder(), '040c 2f73 616d 706c 652f 7061 7468')).toEqual([[':path', '/sample/path']]);
    expect(decode(new HpackDecoder(), '1008 7061 7373 776f 7264 0673 6563 7265 74')).toEqual([['password', 'secret']]);
    expect(decode(new HpackDecoder(), '82')).toEqual([[':method', 'GET']]);
  });

  it('C.3: requests without Huffman code', () => {
    const decoder = new HpackDecoder();
    expect(decode(decoder, '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d')).toEqual(FIRST);
    expect(decode(decoder, '8286 84be 5808 6e6f 2d63 6163 6865')).toEqual(SECOND);
    expect(decode(decoder, '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65')).toEqual(THIRD);
  });

  it('C.4: requests with Huffman code', () => {
    const decoder = new HpackDecoder();
    expect(decode(decoder, '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff')).toEqual(FIRST);
    expect(decode(decoder, '8286 84be 5886 a8eb 1064 9cbf')).toEqual(SECOND);
    expect(decode(decoder, '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf')).toEqual(THIRD);
  });

  it('C.6.1: a response with Huffman code', () => {
    const hex = '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3';
    expect(decode(new HpackDecoder(), hex)).toEqual([
      [':status', '302'], ['cache-control', 'private'], ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'], ['location', 'https://www.example.com'],
    ]);
  });
});

describe('what the reader refuses', () => {
  it.each([
    ['80', 'an index that no table has'],
    ['be', 'an index that no table has'],
    ['7f00', 'an index that no table has'],
    ['8620', 'a change of the table\'s size behind a field'],
    ['3fe21f', 'a larger table than was announced'],
    ['ff', 'a number that is cut off or too large'],
    ['ffffffffffffff', 'a number that is cut off or too large'],
    ['00', 'a string that is cut off or wrongly coded'],
    ['0005', 'a string that is cut off or wrongly coded'],
    // The end of a string in Huffman code, padding of more than seven bits, and padding that is not all ones.
    ['0084ffffffff0161', 'a string that is cut off or wrongly coded'],
    ['00821fff0161', 'a string that is cut off or wrongly coded'],
    ['0081180161', 'a string that is cut off or wrongly coded'],
  ])('%s: %s', (hex, problem) => {
    expect(decode(new HpackDecoder(), hex)).toBe(problem);
  });

  it('reads whatever comes without throwing, and to an end', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), (blocks) => {
      const decoder = new HpackDecoder();
      for (const block of blocks) {
        const result = decode(decoder, Buffer.from(block).toString('hex'));
        expect(typeof result === 'string' || Array.isArray(result)).toBe(true);
      }
    }));
  });
});

describe('writing', () => {
  it('says in full what comes first, keeps what comes again, and then says its index', () => {
    const encoder = new HpackEncoder();
    const lines: Line[] = [['x-tenant', 'acme']];
    expect(encode(encoder, lines).toString('hex')).toBe('0008782d74656e616e740461636d65');
    expect(encode(encoder, lines).toString('hex')).toBe('4008782d74656e616e740461636d65');
    expect(encode(encoder, lines).toString('hex')).toBe('be');
  });

  it('never puts credentials into the table', () => {
    const encoder = new HpackEncoder();
    for (const name of ['authorization', 'proxy-authorization', 'cookie', 'set-cookie']) {
      for (let i = 0; i < 3; i += 1) expect(encode(encoder, [[name, 'secret']])[0]! & 0xf0).toBe(0x10);
    }
  });

  it('announces each change of the table\'s size that the peer has asked for, the smallest one first', () => {
    const encoder = new HpackEncoder();
    encoder.resize(0);
    encoder.resize(100);
    expect(encode(encoder, []).toString('hex')).toBe('203f45');
    expect(encode(encoder, []).toString('hex')).toBe('');
    encoder.resize(1_000_000);
    expect(encode(encoder, []).toString('hex')).toBe('3fe11f');
  });

  it('writes a status of the static table as one byte, and others in full', () => {
    const encoder = new HpackEncoder();
    encoder.begin(0);
    encoder.status(204);
    encoder.status(418);
    expect(encoder.take().toString('hex')).toBe('890803343138');
  });

  it('is read back as it was, with names in lower case, whatever comes and however large the table is', () => {
    const token = fc.stringMatching(/^[a-zA-Z0-9-]{1,24}$/);
    const known = fc.constantFrom('cookie', 'accept', 'Content-Type', 'x-request-id', 'user-agent', 'authorization');
    const value = fc.oneof(fc.constantFrom('a', 'gzip, deflate', '', 'x'.repeat(900), 'x'.repeat(3_000)), fc.string({ unit: 'binary', maxLength: 40 }).map((text) => (
      Buffer.from(text).toString('latin1')
    )));
    const block = fc.array(fc.tuple(fc.oneof(token, known), value), { maxLength: 12 });
    const step = fc.record({ size: fc.option(fc.integer({ min: 0, max: 8_192 }), { freq: 4 }), block });
    fc.assert(fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const encoder = new HpackEncoder();
      const decoder = new HpackDecoder();
      for (const { size, block: lines } of [...steps, ...steps]) {
        if (size !== null) encoder.resize(size);
        const bytes = encode(encoder, lines);
        expect(decode(decoder, bytes.toString('hex'))).toEqual(lines.map(([name, text]) => [name.toLowerCase(), text]));
      }
    }), { numRuns: 60 });
  });
});

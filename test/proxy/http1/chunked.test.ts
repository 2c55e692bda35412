import * as fc from 'fast-check';
import { ChunkedDecoder, Step } from '../../../src/proxy/http1/chunked';

const LIMITS = { maxStartLineBytes: 256, maxHeadBytes: 256, maxHeaderFields: 10 };

interface Read {
  readonly body: string;
  readonly trailers: string;
  readonly rest: string;
  readonly fault: string | undefined;
  readonly ended: boolean;
}

/** Feeds the decoder with the input cut at the given points. */
function decode(input: string, cuts: readonly number[] = []): Read {
  const decoder = new ChunkedDecoder();
  const bytes = Buffer.from(input, 'latin1');
  const points = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  let body = '';
  for (let i = 0; i + 1 < points.length; i += 1) {
    const piece = bytes.subarray(points[i], points[i + 1]);
    decoder.position = 0;
    for (;;) {
      const step = decoder.next(piece, piece.length, LIMITS);
      if (step === Step.MORE) break;
      if (step === Step.DATA) {
        body += piece.subarray(decoder.dataStart, decoder.dataEnd).toString('latin1');
        continue;
      }
      if (step === Step.FAULT) return { body, trailers: '', rest: '', fault: decoder.fault!.detail, ended: false };
      return {
        body,
        trailers: decoder.trailers?.toString('latin1') ?? '',
        rest: bytes.subarray(points[i]! + decoder.position).toString('latin1'),
        fault: undefined,
        ended: true,
      };
    }
  }
  return { body, trailers: '', rest: '', fault: undefined, ended: false };
}

function everyCut(input: string): number[][] {
  return [[], ...Array.from({ length: input.length }, (_, at) => [at]), Array.from({ length: input.length }, (_, at) => at)];
}

describe.each([
  ['a body in chunks', '3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\nGET', { body: 'abc0123456789', trailers: '', rest: 'GET' }],
  ['an empty body', '0\r\n\r\n', { body: '', trailers: '', rest: '' }],
  ['extensions, which it drops', '1;a=b;c="d;\\"e"\r\nx\r\n0;last\r\n\r\n', { body: 'x', trailers: '', rest: '' }],
  ['trailers', '1\r\nx\r\n0\r\nA: 1\r\nB: 2\r\n\r\nrest', { body: 'x', trailers: 'A: 1\r\nB: 2\r\n\r\n', rest: 'rest' }],
  ['a load report as a trailer', '0\r\nendpoint-load-metrics: TEXT cpu_utilization=1\r\n\r\n',
    { body: '', trailers: 'endpoint-load-metrics: TEXT cpu_utilization=1\r\n\r\n', rest: '' }],
  ['white space behind sizes', '1 \r\nx\r\n1\t  \r\ny\r\n0   \r\n\r\n', { body: 'xy', trailers: '', rest: '' }],
  ['white space around the parts of extensions', '1 ; a = b\t;c\t= "d" ;e \r\nx\r\n0 ;f\r\n\r\n', { body: 'x', trailers: '', rest: '' }],
  ['extensions without a name', '1;\r\nx\r\n1;;a; \r\ny\r\n0;\r\n\r\n', { body: 'xy', trailers: '', rest: '' }],
  ['sizes behind zeros', `${'1'.padStart(40, '0')}\r\nx\r\n${'0'.repeat(40)}\r\n\r\n`, { body: 'x', trailers: '', rest: '' }],
  ['as much padding in each line as servers write', `${'1        \r\nx\r\n'.repeat(100)}${'00000001\r\ny\r\n'.repeat(100)}0\r\n\r\n`,
    { body: 'x'.repeat(100) + 'y'.repeat(100), trailers: '', rest: '' }],
  ['trailers that belong in the head, which it drops', '1\r\nx\r\n0\r\nContent-Length: 3\r\nA: 1\r\nContent_Length: 3\r\nHost: b\r\nDate: c\r\nContent-Type: d\r\n\r\nrest',
    { body: 'x', trailers: 'A: 1\r\n\r\n', rest: 'rest' }],
  ['trailers none of which may be passed on', '0\r\nSet-Cookie: a\r\n\r\n', { body: '', trailers: '', rest: '' }],
])('reads %s', (_, input, expected) => {
  test('whole, cut at every byte, and byte by byte', () => {
    for (const cuts of everyCut(input)) expect(decode(input, cuts)).toEqual({ ...expected, fault: undefined, ended: true });
  });
});

describe.each([
  ['a size with 0x', '0x3\r\nabc\r\n'],
  ['a size with a sign', '+3\r\nabc\r\n'],
  ['a size with an underscore', '1_0\r\n'],
  ['a space before the size', ' 3\r\nabc\r\n'],
  ['no size', '\r\nabc\r\n'],
  ['a size of 14 digits', '10000000000003\r\nabc\r\n'],
  ['a size of 14 digits behind zeros', '00010000000000003\r\nabc\r\n'],
  ['white space within a size', '1 0\r\nabc\r\n'],
  ['white space before CR, and something else', '3 X\r\nabc\r\n'],
  ['a value without a name in an extension', '3;=a\r\nabc\r\n'],
  ['a name without its value in an extension', '3;a=\r\nabc\r\n'],
  ['zeros beyond the limit', `${'0'.repeat(300)}3\r\nabc\r\n`],
  ['white space beyond the limit', `3${' '.repeat(300)}\r\nabc\r\n`],
  ['a size line that ends in LF', '3\nabc\r\n0\r\n\r\n'],
  ['a size line with CR and something else', '3\rXabc\r\n'],
  ['data that is longer than its size', '3\r\nabcd\r\n0\r\n\r\n'],
  ['data followed by LF', '3\r\nabc\n0\r\n\r\n'],
  ['data followed by CR and something else', '3\r\nabc\rX0\r\n\r\n'],
  ['a control character in an extension', '3;a\0\r\nabc\r\n'],
  ['LF in an extension', '3;a\nabc\r\n'],
  ['an unclosed quote in an extension', '3;a="b\r\nabc\r\n'],
  ['a backslash at the end of an extension', '3;a="b\\\r\nabc\r\n'],
  ['extensions beyond the limit', `3;${'a'.repeat(300)}\r\nabc\r\n`],
  ['trailers beyond the limit', `0\r\nA: ${'a'.repeat(300)}\r\n\r\n`],
  ['a trailer without a colon', '0\r\nA\r\n\r\n'],
  ['a folded trailer', '0\r\nA: 1\r\n b\r\n\r\n'],
  ['a trailer line that ends in LF', '0\r\nA: 1\nB: 2\r\n\r\n'],
])('refuses %s', (_, input) => {
  test('whole and cut at every byte', () => {
    for (const cuts of everyCut(input)) expect(decode(input, cuts)).toMatchObject({ fault: expect.any(String), ended: false });
  });
});

test('gives back any body, given it in chunks of any size and cut anywhere', () => {
  fc.assert(fc.property(
    fc.array(fc.string({ minLength: 1, maxLength: 40 }).map((text) => Buffer.from(text).toString('latin1'))),
    fc.array(fc.nat({ max: 500 })),
    (chunks, cuts) => {
      const coded = `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;
      expect(decode(coded, cuts)).toMatchObject({ body: chunks.join(''), ended: true, rest: '' });
    },
  ));
});

test('says the same of any bytes, given them whole or cut anywhere', () => {
  const piece = fc.oneof(fc.constantFrom('0', '3', 'a', '\r\n', '\r', '\n', ';', '=', '"', ' ', '\r\n\r\n', 'A: 1'), fc.string({ maxLength: 3 }));
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat({ max: 60 })), (pieces, cuts) => {
    const input = pieces.join('');
    expect(decode(input, cuts)).toEqual(decode(input));
  }), { numRuns: 2_000 });
});

test('hands out the data of many small chunks at once, before what comes behind it', () => {
  const decoder = new ChunkedDecoder();
  const input = Buffer.from('1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n0\r\nA: 1\r\n\r\nrest', 'latin1');
  expect(decoder.next(input, input.length, LIMITS)).toBe(Step.DATA);
  expect(input.toString('latin1', decoder.dataStart, decoder.dataEnd)).toBe('abcd');
  expect(decoder.next(input, input.length, LIMITS)).toBe(Step.END);
  expect(input.toString('latin1', decoder.position)).toBe('rest');
  const broken = Buffer.from('1\r\na\r\n1\r\nb\r\nx', 'latin1');
  decoder.reset();
  decoder.position = 0;
  expect(decoder.next(broken, broken.length, LIMITS)).toBe(Step.DATA);
  expect(broken.toString('latin1', decoder.dataStart, decoder.dataEnd)).toBe('ab');
  expect(decoder.next(broken, broken.length, LIMITS)).toBe(Step.FAULT);
  expect(decoder.next(broken, broken.length, LIMITS)).toBe(Step.FAULT);
});

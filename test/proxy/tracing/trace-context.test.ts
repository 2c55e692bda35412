import * as fc from 'fast-check';
import { DEFAULT_LIMITS } from '../../../src/contract';
import { RequestHead } from '../../../src/proxy/http1/request-head';
import { Marks, serializeRequest } from '../../../src/proxy/http1/serialize';
import { Via } from '../../../src/proxy/serve/route/via';
import { MAX_BAGGAGE_BYTES, MAX_BAGGAGE_MEMBERS, MAX_TRACESTATE_BYTES, MAX_TRACESTATE_MEMBERS, TraceContext } from '../../../src/proxy/tracing/trace-context';
import { RandomWords } from '../../../src/proxy/tracing/random-words';
import { drawId, isAmong, newSpanId, newTraceId, readId, textOfId } from '../../../src/proxy/tracing/trace-ids';
import { bytesPerCall } from '../../support/allocation';
import { seededRandom } from '../../support/random';

const EMPTY = Buffer.alloc(0);
const VIA = new Via('host:80', false, () => 0.5);
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SPAN = newSpanId();
readId(Buffer.from('b7ad6b7169203331'), 0, 16, SPAN);
const LIMITS = { ...DEFAULT_LIMITS, maxHeadBytes: 65_536, maxHeaderFields: 200 };

interface Passed {
  readonly context: TraceContext;
  /** Fields of the request as it is sent on, but for Host. */
  readonly fields: string[];
}

function pass(fields: readonly string[], b3 = false): Passed {
  const buffer = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`, 'latin1');
  const head = new RequestHead(200);
  expect(head.parse(buffer, 0, buffer.length, LIMITS)).toBeUndefined();
  const context = new TraceContext();
  context.read(buffer, head, b3, new RandomWords(seededRandom(1)));
  const sent = serializeRequest(buffer, head, VIA, Marks.NONE, false, EMPTY, context.lines(SPAN, EMPTY), EMPTY).toString('latin1');
  return { context, fields: sent.split('\r\n').slice(2, -2) };
}

/** A trace was begun, since what came does not count. */
function isNew({ context, fields }: Passed): boolean {
  const line = fields.find((field) => field.startsWith('traceparent: '))!;
  return !context.hasParent && /^traceparent: 00-[0-9a-f]{32}-b7ad6b7169203331-0[23]$/.test(line) && !line.includes(TRACE);
}

describe('traceparent', () => {
  it.each([
    ['sampled', `00-${TRACE}-${PARENT}-01`, '01'],
    ['not sampled', `00-${TRACE}-${PARENT}-00`, '00'],
    ['with a random id', `00-${TRACE}-${PARENT}-03`, '03'],
    ['with flags that are not known, which are sent as 0', `00-${TRACE}-${PARENT}-ff`, '03'],
    ['of a later version', `01-${TRACE}-${PARENT}-01`, '01'],
    ['of a later version with more to it', `cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`, '01'],
  ])('is continued: %s', (_, value, flags) => {
    const { context, fields } = pass([`TraceParent: ${value}`]);
    expect(fields).toEqual([`traceparent: 00-${TRACE}-b7ad6b7169203331-${flags}`]);
    expect(textOfId(context.parentId)).toBe(PARENT);
    expect([context.decided, context.sampled]).toEqual([true, (Number(flags) & 1) === 1]);
  });

  it.each([
    ['absent', []],
    ['empty', ['traceparent:']],
    ['of version ff', [`traceparent: ff-${TRACE}-${PARENT}-01`]],
    ['too long for its version', [`traceparent: 00-${TRACE}-${PARENT}-01-more`]],
    ['of a later version, with what is not set off', [`traceparent: 01-${TRACE}-${PARENT}-01more`]],
    ['too short', [`traceparent: 00-${TRACE}-${PARENT}-0`]],
    ['in upper case', [`traceparent: 00-${TRACE.toUpperCase()}-${PARENT}-01`]],
    ['with a trace of zeros', [`traceparent: 00-${'0'.repeat(32)}-${PARENT}-01`]],
    ['with a parent of zeros', [`traceparent: 00-${TRACE}-${'0'.repeat(16)}-01`]],
    ['with other separators', [`traceparent: 00_${TRACE}_${PARENT}_01`]],
    ['with what is no digit', [`traceparent: 00-${TRACE}-${PARENT}-0x`]],
    ['there twice', [`traceparent: 00-${TRACE}-${PARENT}-01`, `traceparent: 00-${TRACE}-${PARENT}-01`]],
    ['two in a list', [`traceparent: 00-${TRACE}-${PARENT}-01,00-${TRACE}-${PARENT}-01`]],
  ])('begins a new trace without the old state: %s', (_, fields) => {
    const passed = pass([...fields, 'tracestate: a=1', 'baggage: user=7']);
    expect(isNew(passed)).toBe(true);
    expect(passed.fields.map((field) => field.split(':')[0]).sort()).toEqual(['baggage', 'traceparent']);
  });

  it('becomes one valid field, given any bytes', () => {
    const text = fc.oneof(fc.string({ unit: fc.constantFrom(...'0123456789abcdef-ABx ,') }), fc.constantFrom(`00-${TRACE}-${PARENT}-01`));
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('traceparent', 'b3', 'X-B3-TraceId', 'X-B3-SpanId', 'X-B3-Sampled', 'X-B3-Flags', 'tracestate'), text)),
      fc.boolean(), (pairs, b3) => {
        const { fields } = pass(pairs.map(([name, value]) => `${name}: ${value}`), b3);
        const parents = fields.filter((field) => /^traceparent:/i.test(field));
        expect(parents).toEqual([expect.stringMatching(/^traceparent: 00-(?!0{32})[0-9a-f]{32}-b7ad6b7169203331-0[0-3]$/)]);
        if (b3) expect(fields.filter((field) => /^(x-)?b3/i.test(field))).toHaveLength(1);
      }), { numRuns: 200 });
  });

  it('allocates nothing but what is sent on', () => {
    const words = new RandomWords(Math.random);
    const buffer = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\ntraceparent: 00-${TRACE}-${PARENT}-01\r\n\r\n`);
    const head = new RequestHead(200);
    const context = new TraceContext();
    head.parse(buffer, 0, buffer.length, LIMITS);
    const kinds = head.fields.kinds.slice();
    expect(bytesPerCall(() => {
      head.fields.kinds[1] = kinds[1];
      context.read(buffer, head, false, words);
      context.lines(SPAN, EMPTY);
    })).toBe(0);
  });
});

describe('tracestate and baggage', () => {
  const parent = `traceparent: 00-${TRACE}-${PARENT}-01`;
  const list = (members: number, bytes: number): string => Array.from({ length: members }, (_, i) => `k${i}=${'v'.repeat(bytes)}`).join(',');

  it('pass as they are, up to what everybody has to pass', () => {
    const fields = [`tracestate: ${list(MAX_TRACESTATE_MEMBERS, 5)}`, `baggage: ${list(MAX_BAGGAGE_MEMBERS, 100)}`];
    expect(pass([parent, ...fields]).fields).toEqual([...fields, expect.stringContaining(TRACE)]);
  });

  it.each([
    ['a tracestate with too many members', [`tracestate: ${list(MAX_TRACESTATE_MEMBERS + 1, 1)}`]],
    ['a tracestate that is too long', [`tracestate: a=${'v'.repeat(MAX_TRACESTATE_BYTES)}`]],
    ['a tracestate in many fields', Array.from({ length: MAX_TRACESTATE_MEMBERS + 1 }, (_, i) => `tracestate: k${i}=1`)],
    ['commas alone', [`tracestate: ${','.repeat(500)}`]],
    ['a baggage with too many members', [`baggage: ${list(MAX_BAGGAGE_MEMBERS + 1, 1)}`]],
    ['a baggage that is too long', [`baggage: a=${'v'.repeat(MAX_BAGGAGE_BYTES)}`]],
    ['a baggage in many fields', Array.from({ length: 100 }, (_, i) => `baggage: k${i}=${'v'.repeat(90)}`)],
  ])('are left out when they are larger: %s', (_, fields) => {
    expect(pass([parent, ...fields, 'x-other: 1']).fields).toEqual(['x-other: 1', `traceparent: 00-${TRACE}-b7ad6b7169203331-01`]);
  });
});

describe('B3', () => {
  it.each([
    ['single', [`b3: ${TRACE}-${PARENT}-1-05e3ac9a4f6e3b90`], TRACE, true],
    ['single, not sampled', [`b3: ${TRACE}-${PARENT}-0`], TRACE, false],
    ['single, debug', [`b3: ${TRACE}-${PARENT}-d`], TRACE, true],
    ['single, with a short trace id', [`b3: a3ce929d0e0e4736-${PARENT}-1`], '0000000000000000a3ce929d0e0e4736', true],
    ['fields of Zipkin', [`X-B3-TraceId: ${TRACE}`, `X-B3-SpanId: ${PARENT}`, 'X-B3-Sampled: 1', 'X-B3-ParentSpanId: 05e3ac9a4f6e3b90'], TRACE, true],
    ['single before fields of Zipkin', [`X-B3-TraceId: ${'1'.repeat(32)}`, `X-B3-SpanId: ${PARENT}`, `b3: ${TRACE}-${PARENT}-0`], TRACE, false],
    ['traceparent before B3', [`b3: ${'1'.repeat(32)}-${PARENT}-0`, `traceparent: 00-${TRACE}-${PARENT}-01`], TRACE, true],
  ])('is continued: %s', (_, fields, traceId, sampled) => {
    const { context, fields: sent } = pass(fields, true);
    expect(sent).toEqual([
      `traceparent: 00-${traceId}-b7ad6b7169203331-0${sampled ? 1 : 0}`, `b3: ${traceId}-b7ad6b7169203331-${sampled ? 1 : 0}`,
    ]);
    expect([textOfId(context.parentId), context.decided]).toEqual([PARENT, true]);
  });

  it('decides alone, without ids', () => {
    const { context } = pass(['b3: 0'], true);
    expect([context.hasParent, context.decided, context.sampled]).toEqual([false, true, false]);
  });

  it('leaves the decision to us, given ids without one', () => {
    const { context } = pass([`b3: ${TRACE}-${PARENT}`], true);
    expect([context.hasParent, context.decided]).toEqual([true, false]);
  });

  it('passes as it is where nobody speaks it', () => {
    expect(pass([`b3: ${TRACE}-${PARENT}-1`]).fields[0]).toBe(`b3: ${TRACE}-${PARENT}-1`);
  });
});

test('a share of the traces is sampled, the same ones by everybody', () => {
  const words = new RandomWords(seededRandom(7));
  const ids = Array.from({ length: 5_000 }, () => {
    const id = newTraceId();
    drawId(id, words);
    return id;
  });
  expect(ids.filter((id) => isAmong(id, 10)).length / ids.length).toBeCloseTo(0.1, 1);
  expect(ids.every((id) => !isAmong(id, 10) || isAmong(id, 20))).toBe(true);
  expect([ids.some((id) => isAmong(id, 0)), ids.every((id) => isAmong(id, 100))]).toEqual([false, true]);
});

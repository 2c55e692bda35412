/** Random lists of fields: what Go's HPACK (golang.org/x/net) writes is read here, and what is written here is read by it. */
import * as fc from 'fast-check';
import { HpackDecoder } from '../../src/proxy/http2/hpack/decoder';
import { HpackEncoder } from '../../src/proxy/http2/hpack/encoder';
import { cleanupsAfterEach } from '../support/cleanups';
import { buildGo, goPeer } from './go';

jest.setTimeout(60_000);
buildGo();

const cleanups = cleanupsAfterEach();
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

type Line = readonly [name: string, value: string];
interface Step {
  readonly size: number | null;
  readonly fields: readonly Line[];
}

function steps(): readonly Step[] {
  const name = fc.oneof(
    fc.constantFrom(':path', ':authority', 'cookie', 'accept', 'content-type', 'user-agent', 'authorization', 'x-request-id'),
    fc.stringMatching(/^[a-z0-9-]{1,40}$/),
  );
  const value = fc.oneof(
    fc.constantFrom('', '/', 'a', 'gzip, deflate, br', 'x'.repeat(1_000), 'y'.repeat(4_200)),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  );
  const size = fc.option(fc.constantFrom(0, 32, 100, 1_000, 4_096), { freq: 8 });
  const step = fc.record({ size, fields: fc.array(fc.tuple(name, value), { maxLength: 12 }) });
  const few = fc.sample(step, { numRuns: 500, seed: SEED });
  return few.flatMap((each, i) => [each, { size: null, fields: few[i >> 1]!.fields }]);
}

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');
const inHex = (fields: readonly Line[]): readonly Line[] => fields.map(([name, value]) => [hex(name), hex(value)]);

/** What Go says to these lines, each on its own. */
async function askGo(lines: readonly object[]): Promise<readonly unknown[]> {
  const peer = goPeer(cleanups, 'hpack');
  peer.send(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  peer.closeInput();
  return (await peer.ends()).trim().split('\n').map((line) => JSON.parse(line) as unknown);
}

it(`Go reads what is written here (seed ${SEED})`, async () => {
  const encoder = new HpackEncoder();
  const sent = steps();
  const blocks = sent.map(({ size, fields }) => {
    if (size !== null) encoder.resize(size);
    encoder.begin(fields.reduce((sum, [name, value]) => sum + name.length + value.length + 16, 0));
    for (const [name, value] of fields) {
      const bytes = Buffer.from(name + value, 'latin1');
      encoder.field(bytes, 0, name.length, bytes, name.length, bytes.length);
    }
    return { block: encoder.take().toString('hex') };
  });
  expect(await askGo(blocks)).toEqual(sent.map(({ fields }) => inHex(fields)));
});

it(`what Go writes is read here (seed ${SEED})`, async () => {
  const sent = steps();
  const blocks = await askGo(sent.map(({ size, fields }) => ({ ...(size !== null && { size }), fields: inHex(fields) }))) as readonly string[];
  const decoder = new HpackDecoder();
  const read = blocks.map((text) => {
    const block = Buffer.from(text, 'hex');
    const lines: Line[] = [];
    const wrong = decoder.decode(block, 0, block.length, {
      onField: (name, nameStart, nameEnd, value, valueStart, valueEnd) => {
        lines.push([name.toString('hex', nameStart, nameEnd), value.toString('hex', valueStart, valueEnd)]);
      },
    });
    return wrong ?? lines;
  });
  expect(read).toEqual(sent.map(({ fields }) => inHex(fields)));
});

/**
 * The codec under mutated messages. What must hold for any bytes, cut anywhere:
 *   - the codec neither throws nor reads another thing because of a cut;
 *   - what it would pass on is what it itself, a narrow parser and Node's parser read as the same messages.
 */
import { METHODS } from 'node:http';
import { CORPUS_LIMITS } from '../corpus/case';
import { CodecReading, PassedOn, pieces, readRequestPieces, readResponsePieces } from '../support/codec-reader';
import { readByNode, readResponseByNode } from '../support/node-parser';
import { readRequests, readResponses, StrictMessage, valuesOf } from '../support/strict-http';

/** What was within the limits may be beyond them with what the proxy adds. */
const WIDE_LIMITS = { maxHeadBytes: 1 << 20, maxStartLineBytes: 1 << 20, maxHeaderFields: 1_000 };

export interface CodecCase {
  readonly kind: 'request' | 'response' | 'response to HEAD';
  readonly bytes: Buffer;
  readonly cuts: readonly (readonly number[])[];
}

/** What went wrong; undefined when nothing did. */
export async function checkCodec({ kind, bytes, cuts }: CodecCase): Promise<string | undefined> {
  const read = (chunks: readonly Buffer[]): CodecReading => (kind === 'request'
    ? readRequestPieces(chunks, CORPUS_LIMITS)
    : readResponsePieces(chunks, CORPUS_LIMITS, kind === 'response to HEAD'));
  try {
    const whole = read([bytes]);
    for (const points of cuts) {
      const cut = read(pieces(bytes, points));
      if (JSON.stringify(cut) !== JSON.stringify(whole)) return `cut at ${points.join()} it reads ${JSON.stringify(cut)}, whole ${JSON.stringify(whole)}`;
    }
    const complete = whole.messages.filter((message) => message.complete);
    for (const message of complete) if (!isCanonical(message)) return `not canonical: ${JSON.stringify(message)}`;
    if (kind === 'request') return await checkRequests(complete);
    return await checkResponse(complete, kind === 'response to HEAD' ? 'HEAD' : 'GET');
  } catch (error) {
    return `throws ${(error as Error).stack}`;
  }
}

/** The message as it would leave. */
function sent(message: PassedOn): string {
  if (!/\r\ntransfer-encoding: chunked\r\n/.test(message.head)) return message.head + message.body;
  const data = message.body === '' ? '' : `${message.body.length.toString(16)}\r\n${message.body}\r\n`;
  return `${message.head}${data}0\r\n${message.trailers}`;
}

/** One head, with nothing in it that ends it before its end. */
function isCanonical({ head }: PassedOn): boolean {
  return head.indexOf('\r\n\r\n') === head.length - 4 && !/[^\r]\n|\r[^\n]|\0/.test(head);
}

async function checkRequests(messages: readonly PassedOn[]): Promise<string | undefined> {
  if (messages.length === 0) return undefined;
  const stream = messages.map(sent).join('');
  const strict = readRequests(stream);
  const meant = messages.map(({ head, body }) => ({ line: head.slice(0, head.indexOf(' HTTP/1.1\r\n')), body }));
  const read = strict.messages.map(({ line, body }) => ({ line, body }));
  if (strict.rest !== '' || JSON.stringify(read) !== JSON.stringify(meant)) return `a narrow parser reads ${JSON.stringify(strict)} in ${JSON.stringify(stream)}`;
  const again = readRequestPieces([Buffer.from(stream, 'latin1')], WIDE_LIMITS);
  if (again.fault !== undefined || again.messages.length !== messages.length) return `the codec itself reads ${JSON.stringify(again)} in ${JSON.stringify(stream)}`;
  if (!meant.every(({ line }) => METHODS.includes(line.slice(0, line.indexOf(' '))))) return undefined;
  const node = await readByNode(Buffer.from(stream, 'latin1'), false);
  if (node.refused !== undefined || !sameMessages(strict.messages, node.requests)) return `Node reads ${JSON.stringify(node)} in ${JSON.stringify(stream)}`;
  return undefined;
}

async function checkResponse(messages: readonly PassedOn[], method: string): Promise<string | undefined> {
  const end = messages.findIndex(({ head }) => head.slice(9, 12) >= '200');
  if (end < 0 || messages.slice(0, end).some(({ head }) => head.slice(9, 12) === '101')) return undefined;
  const stream = messages.slice(0, end + 1).map(sent).join('');
  const strict = readResponses(stream, [method]);
  const final = strict.messages.at(-1);
  if (strict.rest !== '' || !final || final.body !== messages[end]!.body) return `a narrow parser reads ${JSON.stringify(strict)} in ${JSON.stringify(stream)}`;
  const node = await readResponseByNode(Buffer.from(stream, 'latin1'), method);
  const same = node?.complete === true && String(node.status) === final.line && sameMessages([{ ...final, line: '' }], [{ ...node, line: '' }]);
  return same ? undefined : `Node reads ${JSON.stringify(node)} in ${JSON.stringify(stream)}`;
}

type Read = Pick<StrictMessage, 'line' | 'fields' | 'body' | 'trailers'>;

function sameMessages(one: readonly Read[], other: readonly Read[]): boolean {
  const shape = (messages: readonly Read[]): unknown => messages.map(({ line, fields, body, trailers }) => [line, fields, body, trailers]);
  return JSON.stringify(shape(one)) === JSON.stringify(shape(other));
}

/** Fields of a response that tell the proxy's own answers from those of a backend. */
export function isOwn(message: StrictMessage): boolean {
  return valuesOf(message.fields, 'proxy-status').some((value) => value.includes('details="'));
}

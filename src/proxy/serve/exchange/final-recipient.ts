/**
 * The answer to OPTIONS and TRACE whose Max-Forwards has run out: RFC 9110 section 7.6.2 wants the intermediary that
 * finds 0 there to answer as if it were the server.
 */
import { Kind } from '../../http1/fields';
import { Method, RequestHead } from '../../http1/request-head';

/** Content of a response of the proxy's own. */
export interface Content {
  readonly type: string;
  readonly body: Buffer;
}

/**
 * TRACE shows the message as it arrived here, but only what tells of its way: what else is in it (credentials, cookies,
 * what other proxies added) is nobody's business who can send a TRACE. OPTIONS has no content of its own.
 */
export function traceContent(buffer: Buffer, head: RequestHead): Content | undefined {
  if (head.method !== Method.TRACE) return undefined;
  const { fields } = head;
  const lines = [buffer.toString('latin1', head.methodStart, fields.count > 0 ? fields.nameStart(0) : buffer.length).split('\r\n', 1)[0]!];
  for (let i = 0; i < fields.count; i += 1) {
    const kind = fields.kinds[i];
    if (kind !== Kind.HOST && kind !== Kind.VIA && kind !== Kind.MAX_FORWARDS) continue;
    lines.push(buffer.toString('latin1', fields.nameStart(i), fields.valueEnd(i)));
  }
  return { type: 'message/http', body: Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1') };
}

/**
 * Responses that the proxy makes by itself. The reason code is in the body, for people, and in `Proxy-Status` (RFC 9209),
 * for programs, which also names the proxy: of two sidecars on the way, it tells which one spoke. What is shed says by
 * `Retry-After` when it may come again.
 */
import { STATUS_CODES } from 'node:http';
import { statusLines } from '../../grpc/answer';
import { Reason, REASONS } from '../../telemetry/reasons';
import type { ServeContext } from '../context';
import type { LocalAnswer } from '../exchange/response-sink';

/**
 * @param toHead the request was HEAD: no body follows
 * @param closes the connection is closed afterwards
 */
export function localResponse(answer: LocalAnswer, context: ServeContext, toHead: boolean, closes: boolean): Buffer {
  const { code, status, detail, added } = answer;
  const reason: Reason = REASONS[code];
  const phrase = status === reason.status ? reason.phrase : STATUS_CODES[status] ?? '';
  const { type, body } = answer.content ?? { type: 'text/plain; charset=utf-8', body: Buffer.from(`${code}: ${reason.meaning}\n${detail}\n`) };
  // RFC 9110 section 8.6: a 204 has no Content-Length, and one of 304 would be that of the response to a GET.
  const hasContent = status !== 204 && status !== 304;
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    ...(hasContent ? [`content-type: ${type}`, `content-length: ${body.length}`] : []),
    ...ownLines(answer, context),
    ...(closes ? ['connection: close'] : []),
    `${added}\r\n`,
  ].join('\r\n');
  return toHead || !hasContent ? Buffer.from(head, 'latin1') : Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** The same to a gRPC call: its status in place of a body (Trailers-Only). */
export function localCallEnd(answer: LocalAnswer, context: ServeContext): Buffer {
  const { code, status, detail, added } = answer;
  const message = `${code}: ${REASONS[code].meaning}${detail === '' ? '' : ` (${detail})`}`;
  return Buffer.from(['HTTP/1.1 200 OK', 'content-type: application/grpc', ...ownLines(answer, context), `${statusLines(status, message)}${added}\r\n`].join('\r\n'), 'latin1');
}

/** What both say in fields. */
function ownLines({ code, retryAfterSeconds }: LocalAnswer, context: ServeContext): string[] {
  const reason: Reason = REASONS[code];
  const retryAfter = retryAfterSeconds ?? reason.retryAfterSeconds;
  return [
    `date: ${context.date()}`,
    `proxy-status: ${context.proxyName}; error=${reason.proxyStatus}; details="${code}"`,
    ...(retryAfter === undefined ? [] : [`retry-after: ${retryAfter}`]),
  ];
}

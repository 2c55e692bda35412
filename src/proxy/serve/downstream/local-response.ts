/**
 * Responses that the proxy makes by itself. The reason code is in the body, for people, and in `Proxy-Status` (RFC 9209),
 * for programs, which also names the proxy: of two sidecars on the way, it tells which one spoke. What is shed says by
 * `Retry-After` when it may come again.
 */
import { STATUS_CODES } from 'node:http';
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
  const retryAfter = answer.retryAfterSeconds ?? reason.retryAfterSeconds;
  const { type, body } = answer.content ?? { type: 'text/plain; charset=utf-8', body: Buffer.from(`${code}: ${reason.meaning}\n${detail}\n`) };
  // RFC 9110 section 8.6: a 204 has no Content-Length, and one of 304 would be that of the response to a GET.
  const hasContent = status !== 204 && status !== 304;
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    ...(hasContent ? [`content-type: ${type}`, `content-length: ${body.length}`] : []),
    `date: ${context.date()}`,
    `proxy-status: ${context.proxyName}; error=${reason.proxyStatus}; details="${code}"`,
    ...(retryAfter === undefined ? [] : [`retry-after: ${retryAfter}`]),
    ...(closes ? ['connection: close'] : []),
    `${added}\r\n`,
  ].join('\r\n');
  return toHead || !hasContent ? Buffer.from(head, 'latin1') : Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

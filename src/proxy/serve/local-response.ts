/**
 * Responses that the proxy makes by itself. The reason code is in the body, for people, and in `Proxy-Status` (RFC 9209),
 * for programs, which also names the proxy: of two sidecars on the way, it tells which one spoke. What is shed says by
 * `Retry-After` when it may come again.
 */
import { STATUS_CODES } from 'node:http';
import { Reason, ReasonCode, REASONS } from '../telemetry/reasons';
import type { ServeContext } from './context';
import type { Content } from './final-recipient';

export interface LocalResponseOptions {
  /** The request was HEAD: no body follows. */
  readonly toHead: boolean;
  /** The connection is closed afterwards. */
  readonly close: boolean;
  /** In place of the words about the reason. */
  readonly content?: Content | undefined;
  /** Field lines besides, each with its CRLF. */
  readonly added?: string;
  /** In place of the reason's. */
  readonly status?: number | undefined;
  /** In place of what the reason says, when it is known better. */
  readonly retryAfterSeconds?: number | undefined;
}

/** Of a response to who may have asked by HEAD. */
export const NO_CONTENT: Content = { type: 'text/plain; charset=utf-8', text: '' };

/** @param detail what happened in particular; not from the request's own bytes */
export function localResponse(code: ReasonCode, detail: string, context: ServeContext, options: LocalResponseOptions): Buffer {
  const reason: Reason = REASONS[code];
  const { proxyStatus, meaning } = reason;
  const status = options.status ?? reason.status;
  const phrase = status === reason.status ? reason.phrase : STATUS_CODES[status] ?? '';
  const retryAfter = options.retryAfterSeconds ?? reason.retryAfterSeconds;
  const { type, text } = options.content ?? { type: 'text/plain; charset=utf-8', text: `${code}: ${meaning}\n${detail}\n` };
  const body = Buffer.from(text, options.content ? 'latin1' : 'utf8');
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    `content-type: ${type}`,
    `content-length: ${body.length}`,
    `date: ${context.date()}`,
    `proxy-status: ${context.proxyName}; error=${proxyStatus}; details="${code}"`,
    ...(retryAfter === undefined ? [] : [`retry-after: ${retryAfter}`]),
    ...(options.close ? ['connection: close'] : []),
    `${options.added ?? ''}\r\n`,
  ].join('\r\n');
  return options.toHead ? Buffer.from(head, 'latin1') : Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

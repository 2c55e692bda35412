/**
 * What a route answers by itself: a redirect, or a response that the document gives. Rules for `Location` are those of the Gateway API:
 * what is not said is as in the request, and a port that its scheme implies is left out.
 */
import { DEFAULT_REDIRECT, DEFAULT_RESPOND, RedirectConfig, RespondConfig } from '../../../contract';
import { Kind } from '../../http1/fields';
import type { HeaderChanges } from '../../http1/header-changes';
import type { RequestHead } from '../../http1/request-head';
import type { Content } from '../exchange/final-recipient';
import { NO_CONTENT, Refusal } from '../exchange/refusal';
import { PathRewrite } from './rewrite';

/** What is known of a request besides its head. */
export interface Asked {
  /** It came by TLS. */
  readonly secure: boolean;
  /** Host for an HTTP/1.0 request without one. */
  readonly defaultHost: string;
}

/** Answers the request whose head is in `source`. */
export type RouteAnswer = (source: Buffer, head: RequestHead, asked: Asked) => Refusal;

const PORT_OF = { http: '80', https: '443' } as const;

export function respondWith({ status, body = '', contentType }: RespondConfig, headers: HeaderChanges | undefined): RouteAnswer {
  const content: Content = { type: contentType ?? DEFAULT_RESPOND.contentType, body: Buffer.from(body) };
  const refusal: Refusal = Object.freeze({ code: 'direct_response', detail: '', status, content, lines: linesOf(headers) });
  return () => refusal;
}

/** @param prefix what all matches of the route have in common */
export function redirectTo(config: RedirectConfig, prefix: string, headers: HeaderChanges | undefined): RouteAnswer {
  const path = config.path && new PathRewrite(config.path, prefix);
  const status = config.status ?? DEFAULT_REDIRECT.status;
  const lines = linesOf(headers);
  return (source, head, asked) => {
    path?.apply(source, head);
    const location = originOf(config, source, head, asked) + targetOf(source, head);
    return { code: 'redirect', detail: '', status, content: NO_CONTENT, lines: `location: ${location}\r\n${lines}` };
  };
}

function originOf(config: RedirectConfig, source: Buffer, head: RequestHead, { secure, defaultHost }: Asked): string {
  const [host, port] = splitHost(hostOf(source, head) ?? defaultHost);
  const scheme = config.scheme ?? (secure ? 'https' : 'http');
  const newPort = config.port === undefined ? config.scheme === undefined ? port : '' : String(config.port);
  return `${scheme}://${config.host ?? host}${newPort === '' || newPort === PORT_OF[scheme] ? '' : `:${newPort}`}`;
}

/** Path and query. What is not ASCII is percent-encoded, as where it is sent on. */
function targetOf(source: Buffer, head: RequestHead): string {
  const target = head.targetPrefix.toString('latin1') + source.toString('latin1', head.targetStart, head.targetEnd);
  const whole = target.startsWith('/') ? target : target === '*' ? '/' : `/${target}`;
  return whole.replace(/[^!-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The host that the request is sent to, with its port. */
function hostOf(source: Buffer, { authorityStart, authorityEnd, fields }: RequestHead): string | undefined {
  if (authorityEnd > authorityStart) return source.toString('latin1', authorityStart, authorityEnd);
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] === Kind.HOST) return source.toString('latin1', fields.valueStart(i), fields.valueEnd(i));
  }
  return undefined;
}

function splitHost(host: string): readonly [name: string, port: string] {
  const colon = host.lastIndexOf(':');
  return colon < 0 || host.endsWith(']') ? [host, ''] : [host.slice(0, colon), host.slice(colon + 1)];
}

function linesOf(headers: HeaderChanges | undefined): string {
  return headers?.lines.toString('latin1') ?? '';
}

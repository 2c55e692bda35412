/** What a route does with a request besides choosing its endpoint, computed by the proxy's own rewrites and answers. */
import { commonPrefix, HeaderChanges, ResolvedRoute } from '../../contract';
import { redirectTo, respondWith } from '../../proxy/serve/route/route-answer';
import { Rewrite } from '../../proxy/serve/route/rewrite';
import type { ParsedRequest, SentOn } from './asked-request';

/** The route answers by itself. */
export interface Answer {
  readonly status: number;
  /** Of a redirect. */
  readonly location?: string;
  /** Of a response that the document gives. */
  readonly body?: string;
}

/** @param parsed a head of its own: its target is changed */
export function answerOf(route: ResolvedRoute, { source, head }: ParsedRequest, secure: boolean): Answer | undefined {
  if (route.respond) {
    const { status } = respondWith(route.respond, undefined)(source, head, { secure, defaultHost: '' });
    return { status: status!, ...(route.respond.body !== undefined && { body: route.respond.body }) };
  }
  if (!route.redirect) return undefined;
  const { status, lines } = redirectTo(route.redirect, commonPrefix(route) ?? '/', undefined)(source, head, { secure, defaultHost: '' });
  return { status: status!, location: /^location: (.*)\r\n/.exec(lines!)![1]! };
}

/** @param parsed a head of its own: its target is changed */
export function sentOnOf(route: ResolvedRoute, { source, head }: ParsedRequest): SentOn | undefined {
  if (!route.rewrite) return undefined;
  new Rewrite(route.rewrite, commonPrefix(route) ?? '/').apply(source, head);
  const target = head.targetPrefix.toString('latin1') + source.toString('latin1', head.targetStart, head.targetEnd);
  return { target, ...(route.rewrite.host !== undefined && { host: head.newHost.toString('latin1') }) };
}

/** `removes x-a; sets x-b: c`. */
export function headerChangesInWords({ remove = [], set = [], add = [] }: HeaderChanges): string {
  return [
    ...(remove.length > 0 ? [`removes ${remove.join(', ')}`] : []),
    ...set.map(({ name, value }) => `sets ${name}: ${value}`),
    ...add.map(({ name, value }) => `adds ${name}: ${value}`),
  ].join('; ');
}

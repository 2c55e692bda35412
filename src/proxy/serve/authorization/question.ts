/**
 * The request by which an authority is asked about another one. It is written as text and read again by the parser of requests, so it goes out
 * by the same ways as any request, and what could not be sent on can't be asked either. The path is the one that routes are chosen by.
 *
 * It has no body: who may send a request is told by its head, and a body would have to be kept whole until the answer.
 */
import type { ResolvedExternalAuthorization } from '../../../contract';
import { FieldTable, Kind } from '../../http1/fields';
import { Method, RequestHead } from '../../http1/request-head';
import { FieldNames } from './field-names';
import type { AskedRequest } from './request-authority';

/** More fields than a request may have, for those that the proxy adds. */
const MOST_FIELDS = 1_100;
const ANY_LENGTH = { maxStartLineBytes: 2 ** 30, maxHeadBytes: 2 ** 30, maxHeaderFields: MOST_FIELDS };
const FORWARDED_HOST = 'x-forwarded-host:';

/** Questions are written and sent in one turn, so one instance is enough. */
const head = new RequestHead(MOST_FIELDS);

/** A question, valid until the next one is written. */
export interface WrittenQuestion {
  readonly source: Buffer;
  readonly head: RequestHead;
}

export class Question {
  private readonly allowed: FieldNames;

  constructor(private readonly config: Pick<ResolvedExternalAuthorization, 'path' | 'pathPrefix' | 'host' | 'allowedHeaders'>) {
    this.allowed = new FieldNames(config.allowedHeaders);
  }

  /** Undefined when there is no way to ask about such a request. */
  about(asked: AskedRequest): WrittenQuestion | undefined {
    const source = Buffer.from(this.textFor(asked), 'latin1');
    return head.parse(source, 0, source.length - 1, ANY_LENGTH) === undefined ? { source, head } : undefined;
  }

  private textFor({ source, head: its, forwarded, claims, caller, defaultHost }: AskedRequest): string {
    const { path, pathPrefix = '' } = this.config;
    const method = source.toString('latin1', its.methodStart, its.methodEnd);
    const target = targetOf(source, its);
    const host = hostOf(source, its) ?? defaultHost;
    const hasBody = path === undefined && its.method !== Method.GET && its.method !== Method.HEAD && its.method !== Method.TRACE;
    return `${path === undefined ? `${method} ${prefixed(pathPrefix, target)}` : `GET ${path}`} HTTP/1.1\r\nhost: ${this.config.host ?? host}\r\n`
      + `${this.allowed.linesOf(source, its.fields)}${forwarded}${claims}`
      + (forwarded.includes(FORWARDED_HOST) ? '' : `x-forwarded-host: ${host}\r\n`)
      + `x-forwarded-method: ${method}\r\nx-forwarded-uri: ${target}\r\n${caller === undefined ? '' : `x-forwarded-caller: ${caller}\r\n`}`
      // Some servers refuse a POST that says nothing of its length.
      + `${hasBody ? 'content-length: 0\r\n' : ''}${passesOf(source, its.fields)}\r\n`;
  }
}

/** Path and query as they are sent on. */
function targetOf(source: Buffer, { targetPrefix, targetStart, targetEnd }: RequestHead): string {
  const text = (targetPrefix.toString('latin1') + source.toString('latin1', targetStart, targetEnd))
    .replace(/[\x80-\xff]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return text === '' || text.startsWith('?') ? `/${text}` : text;
}

/** `*` is no path, so nothing can stand in front of it. */
function prefixed(prefix: string, target: string): string {
  if (prefix === '') return target;
  return target === '*' ? prefix : prefix.replace(/\/$/, '') + target;
}

function hostOf(source: Buffer, { authorityStart, authorityEnd, fields }: RequestHead): string | undefined {
  if (authorityEnd > authorityStart) return source.toString('latin1', authorityStart, authorityEnd);
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] === Kind.HOST) return source.toString('latin1', fields.valueStart(i), fields.valueEnd(i));
  }
  return undefined;
}

/** Which sidecars the request has passed: services that ask about each other's questions are told from a loop by it. */
function passesOf(source: Buffer, fields: FieldTable): string {
  let lines = '';
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] === Kind.MESH_VIA) lines += `x-mesh-via: ${source.toString('latin1', fields.valueStart(i), fields.valueEnd(i))}\r\n`;
  }
  return lines;
}

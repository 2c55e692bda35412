/**
 * Cross-origin resource sharing (https://fetch.spec.whatwg.org/#http-cors-protocol), with the settings of the Gateway API's CORS filter.
 *
 * An origin that is not allowed gets no fields, and the browser keeps the response from its page; the request is served all the same, for CORS
 * is no protection of the app. With credentials, `*` means nothing to browsers, so what was asked for is named.
 */
import type { CorsConfig } from '../../../contract';
import { fieldName, isWord } from '../../http1/bytes';
import { FieldTable, Kind } from '../../http1/fields';
import { HeaderChanges } from '../../http1/header-changes';
import { Method, RequestHead } from '../../http1/request-head';
import { NO_CONTENT, Refusal } from '../exchange/refusal';

const ORIGIN = fieldName('origin');
const REQUEST_METHOD = fieldName('access-control-request-method');
const REQUEST_HEADERS = fieldName('access-control-request-headers');

/** Fields of responses that are the proxy's to say. */
const OWN = new HeaderChanges({
  remove: ['origin', 'credentials', 'methods', 'headers'].map((name) => `access-control-allow-${name}`)
    .concat('access-control-expose-headers', 'access-control-max-age'),
});

/** Longest list of field names that is given back. */
const MAX_REQUESTED = 4_096;

/** The end of the host of an origin with `*.`, and what comes before. */
interface Pattern {
  readonly before: string;
  readonly after: string;
}

export class Cors {
  private readonly any: boolean;
  private readonly exact: ReadonlySet<string>;
  private readonly patterns: readonly Pattern[];
  /** What responses say besides the origin. */
  private readonly others: string;

  constructor(private readonly config: Required<CorsConfig>) {
    const { allowOrigins, allowCredentials, exposeHeaders } = config;
    this.any = allowOrigins.includes('*');
    this.exact = new Set(allowOrigins.filter((origin) => !origin.includes('*')));
    this.patterns = allowOrigins.filter((origin) => origin.includes('://*.')).map((origin) => {
      const [before, after] = origin.split('*') as [string, string];
      return { before, after };
    });
    this.others = (allowCredentials ? 'access-control-allow-credentials: true\r\n' : '')
      + (exposeHeaders.length > 0 ? `access-control-expose-headers: ${exposeHeaders.join(', ')}\r\n` : '');
  }

  /** Field lines for the response to a request, or to its preflight. */
  linesFor(source: Buffer, head: RequestHead): string {
    const { any, config: { allowCredentials } } = this;
    const origin = valueOf(source, head.fields, ORIGIN);
    const vary = any && !allowCredentials ? '' : 'vary: origin\r\n';
    if (origin === undefined || !this.allows(origin)) return vary;
    return `access-control-allow-origin: ${any && !allowCredentials ? '*' : origin}\r\n${this.others}${vary}`;
  }

  /**
   * The answer to a preflight request.
   *
   * @param asked the field that {@link askedMethod} found
   * @param lines what {@link linesFor} says of its origin
   */
  answer(source: Buffer, { fields }: RequestHead, asked: number, lines: string): Refusal {
    const method = source.toString('latin1', fields.valueStart(asked), fields.valueEnd(asked));
    const { allowMethods, allowHeaders, maxAgeSeconds } = this.config;
    const headers = valueOf(source, fields, REQUEST_HEADERS);
    // The origin is allowed.
    const details = lines.startsWith('access-control-allow-origin')
      ? line('access-control-allow-methods', this.listed(allowMethods, method)) + line('access-control-allow-headers', this.listed(allowHeaders, headers))
        + `access-control-max-age: ${maxAgeSeconds}\r\n`
      : '';
    return { code: 'cors_preflight', detail: '', content: NO_CONTENT, lines: details };
  }

  /** Leaves out what the app says of it. */
  leaveOut(buffer: Buffer, fields: FieldTable): void {
    OWN.leaveOut(buffer, fields);
  }

  private allows(origin: string): boolean {
    if (this.any || this.exact.has(origin)) return true;
    for (const { before, after } of this.patterns) {
      const end = origin.length - after.length;
      if (end > before.length && origin.startsWith(before) && origin.endsWith(after) && /^[a-z0-9_.-]+$/.test(origin.slice(before.length, end))) return true;
    }
    return false;
  }

  /** With credentials, what was asked for stands for `*`. */
  private listed(allowed: readonly string[], asked: string | undefined): string {
    if (!allowed.includes('*')) return allowed.join(', ');
    return this.config.allowCredentials ? asked ?? '' : '*';
  }
}

function line(name: string, value: string): string {
  return value === '' ? '' : `${name}: ${value}\r\n`;
}

/** Of a preflight request, the index of the field with the method that the page wants to use; -1 of all other requests. */
export function askedMethod(source: Buffer, { method, fields }: RequestHead): number {
  return method === Method.OPTIONS && fieldOf(source, fields, ORIGIN) >= 0 ? fieldOf(source, fields, REQUEST_METHOD) : -1;
}

function valueOf(source: Buffer, fields: FieldTable, name: Uint8Array): string | undefined {
  const found = fieldOf(source, fields, name);
  return found < 0 ? undefined : source.toString('latin1', fields.valueStart(found), fields.valueEnd(found));
}

/** The only field with that name, whose value is ASCII; -1 when there is none, or several. */
function fieldOf(source: Buffer, fields: FieldTable, name: Uint8Array): number {
  let found = -1;
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] !== Kind.OTHER || !isWord(source, fields.nameStart(i), fields.nameEnd(i), name)) continue;
    if (found >= 0 || fields.valueEnd(i) - fields.valueStart(i) > MAX_REQUESTED) return -1;
    found = i;
  }
  return found >= 0 && isText(source, fields.valueStart(found), fields.valueEnd(found)) ? found : -1;
}

/** Whether there are bytes, all of them printable ASCII. */
function isText(source: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (source[at]! < 0x20 || source[at]! > 0x7e) return false;
  return end > start;
}

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

/** Fields of responses that are the listener's to say. */
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
   * The answer to a preflight request; undefined for any other.
   *
   * @param lines what is said of its origin
   */
  preflight(source: Buffer, head: RequestHead, lines: string): Refusal | undefined {
    if (head.method !== Method.OPTIONS) return undefined;
    const method = valueOf(source, head.fields, REQUEST_METHOD);
    if (method === undefined || valueOf(source, head.fields, ORIGIN) === undefined) return undefined;
    const { allowMethods, allowHeaders, maxAgeSeconds } = this.config;
    const headers = valueOf(source, head.fields, REQUEST_HEADERS);
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

/** Of the only field with that name, in ASCII; undefined when there is none, or several. */
function valueOf(source: Buffer, fields: FieldTable, name: Uint8Array): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] !== Kind.OTHER || !isWord(source, fields.nameStart(i), fields.nameEnd(i), name)) continue;
    if (found !== undefined || fields.valueEnd(i) - fields.valueStart(i) > MAX_REQUESTED) return undefined;
    found = source.toString('latin1', fields.valueStart(i), fields.valueEnd(i));
  }
  return found !== undefined && /^[!-~ ]+$/.test(found) ? found : undefined;
}

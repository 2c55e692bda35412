/** The request that is asked about, as curl would send it: taken apart, and as the bytes that the proxy's own codec reads. */
import { HeaderValues, PathNormalizer, PathOptions, RoutingRequest, PathFault } from '../../routing';
import { INCOMPLETE } from '../../proxy/http1/fault';
import { normalizeTarget } from '../../proxy/http1/normal-path';
import { isIdempotent, RequestHead } from '../../proxy/http1/request-head';
import { FAULT_HEAD_TOO_LARGE, HeadLimits } from '../../proxy/http1/head-buffer';
import { ReasonCode, REASONS } from '../../proxy/telemetry/reasons';
import type { HeaderChanges, LimitsConfig, ResolvedListener } from '../../contract';
import { UserError } from '../command-line/errors';
import { bytesInWords } from '../words/quantities';
import type { AskedToken } from './asked-token';

export type Header = readonly [name: string, value: string];

/** What a request is made of. */
export interface RequestParts {
  readonly method: string;
  /** `http://catalog/search?q=x`; without a scheme it is http. */
  readonly url: string;
  readonly headers: readonly Header[];
  readonly bodyBytes: number;
  /** What its token claims; absent: nobody said. */
  readonly token?: AskedToken | undefined;
}

/** What the endpoint gets in place of what the client sent. */
export interface SentOn {
  /** Path and query. */
  readonly target: string;
  /** Absent: as it came. */
  readonly host?: string;
}

/** TCP has no usual port, and neither has TLS of apps. */
const PORTS = { http: 80, https: 443, tcp: 0, tls: 0 } as const;

const EXAMPLES = { tcp: 'tcp://redis:6379', tls: 'tls://db.example.com:443' } as const;

type Scheme = keyof typeof PORTS;

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const URL_PARTS = /^(?:(https?|tcp|tls):\/\/)?(\[[0-9a-f:.]+\]|[^/?#:[\]\s@]+)(?::(\d{1,5}))?([/?][^]*)?$/i;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*?)\s*$/;

export class AskedRequest {
  readonly method: string;
  /** Of `tcp` and `tls`, a connection stands for the request. */
  readonly scheme: Scheme;
  /** That the app connects to: lower case, without a final dot. */
  readonly host: string;
  readonly port: number;
  /** Path and query as they are sent. */
  readonly target: string;
  readonly headers: readonly Header[];
  readonly bodyBytes: number;
  readonly token: AskedToken | undefined;
  /** The Host field: that of the URL, unless a header says another. */
  readonly authority: string;

  constructor({ method, url, headers, bodyBytes, token }: RequestParts) {
    if (!METHOD.test(method)) throw new UserError(`'${method}' is no method; write it as in GET http://catalog/`);
    const [, scheme = 'http', host, port, target = '/'] = URL_PARTS.exec(url) ?? [];
    if (host === undefined) throw new UserError(`'${url}' is no URL that a sidecar could get; write it as in http://catalog/search?q=x`);
    this.method = method;
    this.scheme = scheme.toLowerCase() as Scheme;
    if (this.isConnection && (port === undefined || target !== '/')) {
      throw new UserError(`'${url}' is no connection; write it with its port and nothing behind, as in ${EXAMPLES[this.scheme as keyof typeof EXAMPLES]}`);
    }
    this.host = host.toLowerCase().replace(/\.$/, '');
    this.port = port === undefined ? PORTS[this.scheme] : Number(port);
    this.target = target.startsWith('?') ? `/${target}` : target;
    this.bodyBytes = bodyBytes;
    this.token = token;
    const written = headers.find(([name]) => name.toLowerCase() === 'host');
    this.authority = written?.[1] ?? (port === undefined || this.port === PORTS[this.scheme] ? host : `${host}:${port}`);
    this.headers = headers.filter(([name]) => name.toLowerCase() !== 'host');
  }

  /** It is no request, but a connection. */
  get isConnection(): boolean { return this.scheme in EXAMPLES; }

  get url(): string {
    const place = `${this.scheme}://${this.host}${this.port === PORTS[this.scheme] ? '' : `:${this.port}`}`;
    return this.isConnection ? place : `${place}${this.target}`;
  }

  /** Whether its body is longer than a proxy takes. */
  bodyTooLong({ maxBodyBytes }: Pick<RequestLimits, 'maxBodyBytes'>): boolean {
    return maxBodyBytes > 0 && this.bodyBytes > maxBodyBytes;
  }

  /** As a sidecar sends it on. @param jwt issuers of its listener */
  sentOn(
    { target, host = this.authority }: SentOn, { remove = [], set = [], add = [] }: HeaderChanges = {}, jwt: ResolvedListener['jwt'] = [],
  ): AskedRequest {
    const { token } = this;
    const ofClaims = jwt.flatMap(({ claimHeaders }) => claimHeaders.map(({ header }) => header));
    const leftOut = new Set([...remove, ...set.map(({ name }) => name), ...ofClaims].map((name) => name.toLowerCase()));
    const kept = this.headers.filter(([name]) => !leftOut.has(name.toLowerCase()));
    const added = [...set, ...add].map(({ name, value }): Header => [name, value]);
    const headers: Header[] = [['host', host], ...kept, ...added, ...token?.fieldsFor(jwt) ?? []];
    const { method, bodyBytes } = this;
    const url = `${this.url.slice(0, this.url.length - this.target.length)}${target}`;
    return new AskedRequest({ method, url, headers, bodyBytes, token: jwt.length === 0 || token?.passes(jwt) ? token : undefined });
  }

  /** The same with another method. */
  withMethod(method: string): AskedRequest {
    return new AskedRequest({ method, url: this.url, headers: [['host', this.authority], ...this.headers], bodyBytes: this.bodyBytes });
  }

  /** As the routes and rules of a listener see it, or why its path is refused. */
  routed({ path, jwt }: Partial<Pick<ResolvedListener, 'path' | 'jwt'>> = {}): RoutingRequest | PathFault {
    const values: Record<string, string[]> = { host: [this.authority] };
    for (const [name, value] of this.headers) (values[name.toLowerCase()] ??= []).push(value);
    return RoutingRequest.of(this.method, this.target, values as HeaderValues, path, this.token?.claimsFor(jwt ?? []));
  }

  /** As the proxy's codec reads it, or why it refuses it. */
  parsed(limits: RequestLimits, options: PathOptions = {}): ParsedRequest | Refused {
    const fields = [['host', this.authority], ...this.headers, ...(this.bodyBytes > 0 ? [['content-length', String(this.bodyBytes)]] : [])];
    const text = `${this.method} ${this.target} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    const source = Buffer.from(`${text}\0`);
    const head = new RequestHead(limits.maxHeaderFields);
    const fault = source.length > limits.maxHeadBytes + 1 ? FAULT_HEAD_TOO_LARGE : head.parse(source, 0, source.length - 1, limits);
    if (fault) return new Refused(fault.code, fault === INCOMPLETE ? 'a header holds a line break' : fault.detail);
    const unfit = normalizeTarget(new PathNormalizer(options), source, head);
    if (unfit) return new Refused('path_refused', unfit.message);
    if (this.bodyTooLong(limits)) return new Refused('body_too_large', `its body is longer than ${bytesInWords(limits.maxBodyBytes)}`);
    return { source, head, idempotent: isIdempotent(head.method) };
  }
}

/** Limits of a proxy on the requests that it takes. */
export type RequestLimits = HeadLimits & Pick<Required<LimitsConfig>, 'maxBodyBytes'>;

/** Why the codec refuses a request. */
export class Refused {
  readonly status: number;

  constructor(code: ReasonCode, readonly reason: string) {
    this.status = REASONS[code].status;
  }
}

/** A head, and the bytes that it was parsed from. */
export interface ParsedRequest {
  readonly source: Buffer;
  readonly head: RequestHead;
  /** It may be executed twice, by its method. */
  readonly idempotent: boolean;
}

/** `x-beta: true`. @param subject what holds it, for messages: `-H` */
export function parseHeader(text: string, subject: string): Header {
  const [, name, value] = HEADER.exec(text) ?? [];
  if (name === undefined) throw new UserError(`${subject} must be a header field such as 'x-beta: true', got '${text}'`);
  return [name, value!];
}

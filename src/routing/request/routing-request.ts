/** A request made of texts, for tools and tests. */
import { type ByteRange, bytesOf, equals, equalsAlike, rangeOf, type ValueTest } from '../bytes/bytes';
import { PathFault } from '../path/fault';
import type { PathOptions } from '../path/options';
import { PathNormalizer } from '../path/path-normalizer';
import { testAnyCookie } from './cookie-field';
import { testAnyParameter, testFirstParameter } from './query';
import type { Claims, RequestView } from './request-view';
import { testAnyClaim } from './token-claims';
import { splitTarget } from './target';

/** Header fields by name; a field that is there several times has several values. */
export type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

interface Field {
  /** In lower case. */
  readonly name: Uint8Array;
  readonly value: ByteRange;
}

const COOKIE = bytesOf('cookie');
const HOST = bytesOf('host');
const NO_CLAIMS: Claims = new Map();

export class RoutingRequest implements RequestView {
  /**
   * A request by its method, its target (`/path?query`, `http://host/path` or `*`) and its header fields; or why its target is refused.
   * The host of a URL takes the place of the field `host`.
   */
  static of(
    method: string, target: string, headers: HeaderValues = {}, options: PathOptions = {}, claims: Claims = NO_CLAIMS,
  ): RoutingRequest | PathFault {
    const parts = splitTarget(method, target);
    if (parts instanceof PathFault) return parts;
    const bytes = bytesOf(parts.pathAndQuery);
    const normalizer = new PathNormalizer(options);
    const wrong = normalizer.normalize(bytes, 0, bytes.length);
    if (wrong) return wrong;
    const { bytes: buffer, start, end } = normalizer.path;
    const fields = Object.entries(headers).flatMap(([name, values]) => (
      (typeof values === 'string' ? [values] : values).map((value): Field => ({ name: bytesOf(name.toLowerCase()), value: rangeOf(value.trim()) }))
    ));
    const host = fields.find((field) => isNamed(field, HOST))?.value;
    return new RoutingRequest(
      rangeOf(method), { bytes: buffer, start, end }, parts.authority === undefined ? host ?? rangeOf('') : rangeOf(parts.authority),
      fields, { bytes, start: Math.min(normalizer.queryStart + 1, bytes.length), end: bytes.length }, claims,
    );
  }

  private constructor(
    readonly method: ByteRange, readonly path: ByteRange, readonly host: ByteRange, private readonly fields: readonly Field[],
    private readonly query: ByteRange, private readonly claims: Claims,
  ) {}

  anyHeader(name: Uint8Array, test: ValueTest): boolean {
    return this.fields.some((field) => isNamed(field, name) && test.test(field.value.bytes, field.value.start, field.value.end));
  }

  anyHeaderAlike(name: Uint8Array, test: ValueTest): boolean {
    return this.fields.some(({ name: own, value: { bytes, start, end } }) => equalsAlike(own, 0, own.length, name) && test.test(bytes, start, end));
  }

  firstQuery(name: Uint8Array, test: ValueTest): boolean {
    return testFirstParameter(this.query.bytes, this.query.start, this.query.end, name, test);
  }

  anyQuery(name: Uint8Array, test: ValueTest): boolean {
    return testAnyParameter(this.query.bytes, this.query.start, this.query.end, name, test);
  }

  anyCookie(name: Uint8Array, test: ValueTest): boolean {
    return this.fields.some((field) => isNamed(field, COOKIE) && testAnyCookie(field.value.bytes, field.value.start, field.value.end, name, test));
  }

  anyClaim(name: string, test: ValueTest): boolean {
    return testAnyClaim(this.claims, name, test);
  }
}

function isNamed({ name }: Field, other: Uint8Array): boolean {
  return equals(name, 0, name.length, other);
}

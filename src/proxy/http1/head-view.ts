/**
 * A request as routing looks at it: at the bytes that it came in, without copies. One instance serves the whole process, as a look-up ends
 * in the turn in which the head is valid.
 */
import {
  ByteRange, Claims, equalsAlike, equalsInAnyCase, RequestView, testAnyClaim, testAnyCookie, testAnyParameter, testFirstParameter, ValueTest,
} from '../../routing';
import { Kind } from './fields';
import type { RequestHead } from './request-head';

const EMPTY = Buffer.alloc(0);
const NONE: ByteRange = { bytes: EMPTY, start: 0, end: 0 };
const COOKIE = Buffer.from('cookie');
const NO_CLAIMS: Claims = new Map();

class Range implements ByteRange {
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;

  at(bytes: Buffer, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }
}

export class HeadView implements RequestView {
  private source: Buffer = EMPTY;
  private head!: RequestHead;
  private claims = NO_CLAIMS;
  /** Undefined until somebody asks. */
  private foundHost: ByteRange | undefined;
  /** The field whose value is taken for the method; -1: none. */
  private asked = -1;
  private readonly methodRange = new Range();
  private readonly hostRange = new Range();

  /**
   * @param source what `head` was parsed from; its path is in normal form
   * @param claims of its verified token
   * @param asked  of a preflight request, the field with the method of the request that it asks about
   */
  of(source: Buffer, head: RequestHead, claims: Claims = NO_CLAIMS, asked = -1): this {
    this.source = source;
    this.head = head;
    this.claims = claims;
    this.foundHost = undefined;
    this.asked = asked;
    return this;
  }

  get method(): ByteRange {
    const { source, head: { methodStart, methodEnd, fields }, methodRange, asked } = this;
    return asked < 0 ? methodRange.at(source, methodStart, methodEnd) : methodRange.at(source, fields.valueStart(asked), fields.valueEnd(asked));
  }

  get path(): ByteRange { return this.head.path; }

  get host(): ByteRange { return this.foundHost ??= this.findHost(); }

  anyHeader(name: Uint8Array, test: ValueTest): boolean {
    const { source, head: { fields } } = this;
    for (let i = 0; i < fields.count; i += 1) {
      // What Connection names goes no further, so nothing goes by it.
      if (fields.kinds[i] === Kind.NOMINATED || !equalsInAnyCase(source, fields.nameStart(i), fields.nameEnd(i), name)) continue;
      if (test.test(source, fields.valueStart(i), fields.valueEnd(i))) return true;
    }
    return false;
  }

  anyHeaderAlike(name: Uint8Array, test: ValueTest): boolean {
    const { source, head: { fields } } = this;
    for (let i = 0; i < fields.count; i += 1) {
      if (fields.kinds[i] === Kind.NOMINATED || !equalsAlike(source, fields.nameStart(i), fields.nameEnd(i), name)) continue;
      if (test.test(source, fields.valueStart(i), fields.valueEnd(i))) return true;
    }
    return false;
  }

  firstQuery(name: Uint8Array, test: ValueTest): boolean {
    const { source, head: { queryStart, targetEnd } } = this;
    return testFirstParameter(source, Math.min(queryStart + 1, targetEnd), targetEnd, name, test);
  }

  anyQuery(name: Uint8Array, test: ValueTest): boolean {
    const { source, head: { queryStart, targetEnd } } = this;
    return testAnyParameter(source, Math.min(queryStart + 1, targetEnd), targetEnd, name, test);
  }

  anyCookie(name: Uint8Array, test: ValueTest): boolean {
    const { source, head: { fields } } = this;
    for (let i = 0; i < fields.count; i += 1) {
      if (!equalsInAnyCase(source, fields.nameStart(i), fields.nameEnd(i), COOKIE)) continue;
      if (testAnyCookie(source, fields.valueStart(i), fields.valueEnd(i), name, test)) return true;
    }
    return false;
  }

  anyClaim(name: string, test: ValueTest): boolean {
    return testAnyClaim(this.claims, name, test);
  }

  private findHost(): ByteRange {
    const { source, head: { authorityStart, authorityEnd, fields } } = this;
    if (authorityEnd > authorityStart) return this.hostRange.at(source, authorityStart, authorityEnd);
    for (let i = 0; i < fields.count; i += 1) {
      if (fields.kinds[i] === Kind.HOST) return this.hostRange.at(source, fields.valueStart(i), fields.valueEnd(i));
    }
    return NONE;
  }
}

/** The one of this process. */
export const HEAD_VIEW = new HeadView();

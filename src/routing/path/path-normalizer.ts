/**
 * The normal form of a request's path (RFC 3986 section 6.2.2): what is matched, and what is sent on. Matching one form and sending
 * another is how rules of proxies are got round, so a path has one form, and what servers read in different ways is refused.
 *
 *   - escapes of unreserved characters are decoded, other escapes get upper-case digits;
 *   - dot segments are removed (section 5.2.4), also `%2e`, and slashes in a row are one, unless an option says that they are not;
 *   - visible ASCII that no URI holds, such as `"` and `{`, is percent-encoded.
 *
 * One pass: what it decodes is not decoded again, and to normalise twice is to normalise once. Reserved characters keep their form:
 * `%3A` and `:` are two paths, as RFC 3986 says. The usual path is normal already, which one scan without allocation finds.
 */
import { type ByteRange, bytesOf, equalRanges, textOf } from '../bytes/bytes';
import { BACKSLASH, DOT, escapedByte, IS_UNRESERVED, isOverlong, PERCENT, QUESTION, Raw, RAW, SEMICOLON, SLASH, STAR, upperHex } from './classes';
import {
  FAULT_BACKSLASH, FAULT_CHARACTER, FAULT_DOT_SEGMENT, FAULT_ENCODED_BACKSLASH, FAULT_ENCODED_SLASH, FAULT_ESCAPE, FAULT_FORM,
  FAULT_FRAGMENT, FAULT_NUL, FAULT_OVERLONG, PathFault,
} from './fault';
import { DEFAULT_PATH_OPTIONS, type PathOptions } from './options';

const ROOT = bytesOf('/');

/** The buffer for rewritten paths is kept up to this size; a longer path gets one of its own. */
const MAX_KEPT_BYTES = 8_192;

/** What a scan found. */
const NORMAL = 0;
const REWRITE = 1;

/** Servers that know path parameters remove them first, and then `..;x` is `..`. */
const HIDDEN = 3;

export class PathNormalizer {
  /** The normal path of the target that was read last. Valid until the next one is read. */
  readonly path: { bytes: Uint8Array; start: number; end: number } = { bytes: ROOT, start: 0, end: 1 };
  /** Its path was not normal: `path` lies in a buffer of the normalizer's own. */
  changed = false;
  /** Where the target's query begins, at its `?`, in the bytes that were given; the target's end when it has none. */
  queryStart = 0;

  private readonly mergeSlashes: boolean;
  private readonly encodedSlashes: 'refuse' | 'keep' | 'decode';
  private readonly kept = new Uint8Array(MAX_KEPT_BYTES);
  /** What is being written. */
  private out = this.kept;
  private length = 0;
  /** Where the segment being written begins, and its part behind the last kept slash. */
  private segmentStart = 0;
  private partStart = 0;

  constructor(options: PathOptions = {}) {
    this.mergeSlashes = options.mergeSlashes ?? DEFAULT_PATH_OPTIONS.mergeSlashes;
    this.encodedSlashes = options.encodedSlashes ?? DEFAULT_PATH_OPTIONS.encodedSlashes;
  }

  /**
   * Reads a target: a path with or without a query, `*`, or nothing, which stands for `/`. Undefined when `path` is its normal path, or
   * why it is refused.
   */
  normalize(bytes: Uint8Array, start: number, end: number): PathFault | undefined {
    const { path } = this;
    this.changed = false;
    path.bytes = bytes;
    path.start = start;
    if (start === end || bytes[start] === QUESTION) return this.standIn(start);
    if (bytes[start] === STAR && end === start + 1) {
      path.end = this.queryStart = start + 1;
      return undefined;
    }
    if (bytes[start] !== SLASH) return FAULT_FORM;
    const found = this.scan(bytes, start, end);
    if (found === NORMAL) {
      path.end = this.queryStart;
      return undefined;
    }
    return found === REWRITE ? this.rewrite(bytes, start, end) : found as PathFault;
  }

  private standIn(start: number): undefined {
    const { path } = this;
    path.bytes = ROOT;
    path.start = 0;
    path.end = 1;
    this.changed = true;
    this.queryStart = start;
    return undefined;
  }

  /** Whether the path is normal. Ends at the first byte that says that it isn't, so a fault may also be found by `rewrite`. */
  private scan(bytes: Uint8Array, start: number, end: number): typeof NORMAL | typeof REWRITE | PathFault {
    let at = start;
    for (; at < end; at++) {
      const kind = RAW[bytes[at]!];
      if (kind === Raw.PLAIN) continue;
      if (kind === Raw.SLASH) {
        if (at + 1 === end) continue;
        const next = bytes[at + 1];
        if (next === SLASH) {
          if (this.mergeSlashes) return REWRITE;
        } else if (next === DOT && this.mayBeDotSegment(bytes, at + 1, end)) {
          return REWRITE;
        }
        continue;
      }
      if (kind === Raw.QUESTION) break;
      if (kind !== Raw.PERCENT) return kind === Raw.ENCODE ? REWRITE : rawFault(kind!);
      const byte = escapedByte(bytes, at, end);
      if (byte < 0) return FAULT_ESCAPE;
      if (IS_UNRESERVED[byte] === 1 || bytes[at + 1]! > 0x60 || bytes[at + 2]! > 0x60) return REWRITE;
      if (byte === SLASH || byte === BACKSLASH || byte === 0 || byte >= 0xc0) {
        if (byte === SLASH || byte === BACKSLASH) return this.encodedSlashes === 'refuse' ? slashFault(byte) : REWRITE;
        const wrong = this.escapeFault(byte, bytes, at, end);
        if (wrong) return wrong;
      }
      at += 2;
    }
    this.queryStart = at;
    return NORMAL;
  }

  /** `.` or `..` and then the end of the segment, or something that needs a closer look. */
  private mayBeDotSegment(bytes: Uint8Array, at: number, end: number): boolean {
    const next = bytes[at + 1] === DOT && at + 1 < end ? at + 2 : at + 1;
    if (next >= end) return true;
    const byte = bytes[next];
    return byte === SLASH || byte === QUESTION || byte === SEMICOLON || byte === PERCENT;
  }

  private escapeFault(byte: number, bytes: Uint8Array, at: number, end: number): PathFault | undefined {
    if (byte === 0) return FAULT_NUL;
    if ((byte === SLASH || byte === BACKSLASH) && this.encodedSlashes === 'refuse') return slashFault(byte);
    return isOverlong(byte, bytes, at, end) ? FAULT_OVERLONG : undefined;
  }

  private rewrite(bytes: Uint8Array, start: number, end: number): PathFault | undefined {
    // An escape that is added makes three bytes of one.
    const most = (end - start) * 3;
    this.out = most <= MAX_KEPT_BYTES ? this.kept : new Uint8Array(most);
    this.out[0] = SLASH;
    this.length = this.segmentStart = this.partStart = 1;
    let at = start + 1;
    for (; at < end; at++) {
      const raw = bytes[at]!;
      const kind = RAW[raw];
      if (kind === Raw.PLAIN) {
        this.out[this.length++] = raw;
      } else if (kind === Raw.SLASH) {
        const wrong = this.endSegment(true);
        if (wrong) return wrong;
      } else if (kind === Raw.QUESTION) {
        break;
      } else if (kind === Raw.ENCODE) {
        this.writeEscape(raw);
      } else if (kind === Raw.PERCENT) {
        const wrong = this.rewriteEscape(bytes, at, end);
        if (wrong) return wrong;
        at += 2;
      } else {
        return rawFault(kind!);
      }
    }
    this.queryStart = at;
    const wrong = this.endSegment(false);
    if (wrong) return wrong;
    const { path } = this;
    if (equalRanges(bytes, start, at, this.out, 0, this.length)) {
      path.end = at;
      return undefined;
    }
    path.bytes = this.out;
    path.start = 0;
    path.end = this.length;
    this.changed = true;
    return undefined;
  }

  private rewriteEscape(bytes: Uint8Array, at: number, end: number): PathFault | undefined {
    const byte = escapedByte(bytes, at, end);
    if (byte < 0) return FAULT_ESCAPE;
    const wrong = this.escapeFault(byte, bytes, at, end);
    if (wrong) return wrong;
    if (IS_UNRESERVED[byte] === 1) {
      this.out[this.length++] = byte;
      return undefined;
    }
    if (byte !== SLASH && byte !== BACKSLASH) {
      this.writeEscape(byte);
      return undefined;
    }
    if (this.encodedSlashes === 'decode') return this.endSegment(true);
    // A server behind may decode it, and then a part is a segment.
    if (this.dots(this.partStart) > 0) return FAULT_DOT_SEGMENT;
    this.writeEscape(byte);
    this.partStart = this.length;
    return undefined;
  }

  private writeEscape(byte: number): void {
    this.out[this.length++] = PERCENT;
    this.out[this.length++] = upperHex(byte >> 4);
    this.out[this.length++] = upperHex(byte & 15);
  }

  /** @param slash a slash follows; otherwise the path ends */
  private endSegment(slash: boolean): PathFault | undefined {
    const dots = this.dots(this.partStart);
    if (dots === HIDDEN || (dots > 0 && this.partStart !== this.segmentStart)) return FAULT_DOT_SEGMENT;
    if (dots > 0) {
      this.length = this.segmentStart;
      if (dots === 2) this.removeSegment();
    } else if (slash && !(this.mergeSlashes && this.length === this.segmentStart)) {
      this.out[this.length++] = SLASH;
    }
    if (slash) this.segmentStart = this.partStart = this.length;
    return undefined;
  }

  /** Removes the last segment that was ended, but nothing above the root. */
  private removeSegment(): void {
    if (this.length <= 1) return;
    this.length--;
    while (this.out[this.length - 1] !== SLASH) this.length--;
  }

  /** 1 when what was written from `start` on is `.`, 2 for `..`, {@link HIDDEN} when `;` follows either, 0 for anything else. */
  private dots(start: number): number {
    const { out, length } = this;
    if (start >= length || out[start] !== DOT) return 0;
    const behind = start + 1 < length && out[start + 1] === DOT ? start + 2 : start + 1;
    if (behind === length) return behind - start;
    const semicolon = out[behind] === SEMICOLON || (out[behind] === PERCENT && out[behind + 1] === 0x33 && out[behind + 2] === 0x42);
    return semicolon ? HIDDEN : 0;
  }
}

function rawFault(kind: number): PathFault {
  return kind === Raw.BACKSLASH ? FAULT_BACKSLASH : kind === Raw.HASH ? FAULT_FRAGMENT : FAULT_CHARACTER;
}

function slashFault(byte: number): PathFault {
  return byte === SLASH ? FAULT_ENCODED_SLASH : FAULT_ENCODED_BACKSLASH;
}

/** Normalizers for texts, which are done with before the next one: a table has thousands of paths, and a normalizer has a buffer. */
const FOR_TEXTS = new Map<string, PathNormalizer>();

function normalizerOf(options: PathOptions): PathNormalizer {
  const key = `${options.encodedSlashes} ${options.mergeSlashes}`;
  let normalizer = FOR_TEXTS.get(key);
  if (!normalizer) FOR_TEXTS.set(key, normalizer = new PathNormalizer(options));
  return normalizer;
}

/** The normal form of a path without query, as text, or why it is refused. For tools and for what is written in configuration. */
export function normalizePath(path: string, options: PathOptions = {}): string | PathFault {
  const bytes = bytesOf(path);
  const normalizer = normalizerOf(options);
  const wrong = normalizer.normalize(bytes, 0, bytes.length);
  if (wrong) return wrong;
  const { bytes: buffer, start, end }: ByteRange = normalizer.path;
  return textOf(buffer, start, end);
}

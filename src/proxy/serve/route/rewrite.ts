/**
 * The rewrite of a route: what the endpoint gets in place of the client's path and host. It is noted in the head, and made when the head
 * is written, so that no string is built. The query stays.
 *
 * A prefix is replaced by whole elements, as the Gateway API has it: with `/foo` by `/xyz`, `/foo/bar` becomes `/xyz/bar`, and `/foo`
 * becomes `/xyz`.
 */
import type { PathChange, RewriteConfig } from '../../../contract';
import { Method, RequestHead } from '../../http1/request-head';

const EMPTY = Buffer.alloc(0);
const ROOT = Buffer.from('/');
const SLASH = 0x2f;
const STAR = 0x2a;
const QUESTION = 0x3f;

/** Replaces a path, or a prefix of it. */
export class PathRewrite {
  private readonly full: boolean;
  private readonly value: Buffer;
  /** Length of the prefix without its final slash; a path that gets here begins with it. */
  private readonly prefixLength: number;

  /** @param prefix what all matches of the route have in common, in normal form */
  constructor({ type, value }: PathChange, prefix: string) {
    this.full = type === 'full';
    this.value = Buffer.from(this.full ? value || '/' : withoutFinalSlash(value), 'latin1');
    this.prefixLength = withoutFinalSlash(prefix).length;
  }

  /** `source` is what `head` was parsed from. */
  apply(source: Buffer, head: RequestHead): void {
    const { full, value, prefixLength } = this;
    const { targetPrefix } = head;
    // About the server itself: `OPTIONS *`, and a URL without path.
    if (head.method === Method.OPTIONS && targetPrefix.length === 0
      && (head.targetStart === head.targetEnd || source[head.targetStart] === STAR)) return;
    if (full) {
      if (targetPrefix.length === 0) head.targetStart = queryStart(source, head);
      head.targetPrefix = value;
    } else if (targetPrefix.length > 0) {
      head.targetPrefix = Buffer.concat([value, targetPrefix.subarray(prefixLength)]);
    } else {
      head.targetStart = Math.min(head.targetStart + prefixLength, head.targetEnd);
      head.targetPrefix = value;
    }
    if (head.targetPrefix.length === 0 && (head.targetStart === head.targetEnd || source[head.targetStart] !== SLASH)) head.targetPrefix = ROOT;
  }
}

export class Rewrite {
  private readonly path: PathRewrite | undefined;
  private readonly host: Buffer;

  constructor({ path, host }: RewriteConfig, prefix: string) {
    this.path = path && new PathRewrite(path, prefix);
    this.host = host === undefined ? EMPTY : Buffer.from(host, 'latin1');
  }

  apply(source: Buffer, head: RequestHead): void {
    this.path?.apply(source, head);
    if (this.host.length > 0) head.newHost = this.host;
  }
}

function queryStart(source: Buffer, { targetStart, targetEnd }: RequestHead): number {
  let position = targetStart;
  while (position < targetEnd && source[position] !== QUESTION) position += 1;
  return position;
}

function withoutFinalSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

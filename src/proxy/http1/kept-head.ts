/**
 * A request's head that is needed beyond the call in which it was read: a copy of its bytes, and of what was made of them. Heads are parsed
 * into one instance for the whole process, and lie in bytes that the next read overwrites.
 */
import { RequestHead } from './request-head';

export interface KeptHead {
  readonly source: Buffer;
  readonly head: RequestHead;
}

export function keepHead(source: Buffer, head: RequestHead): KeptHead {
  const { fields, path: { bytes, start, end } } = head;
  const path = { bytes: Buffer.from(bytes.subarray(start, end)), start: 0, end: end - start };
  return {
    source: Buffer.from(source.subarray(0, head.end)),
    head: Object.assign(new RequestHead(0), head, { fields: fields.copy(), path }),
  };
}

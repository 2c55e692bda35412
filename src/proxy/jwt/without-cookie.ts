/** Takes a cookie out of the request that is sent on, and leaves the others as they are. */
import { equalsInAnyCase, testAnyCookie } from '../../routing';
import { Kind } from '../http1/fields';
import type { RequestHead } from '../http1/request-head';

const COOKIE = Buffer.from('cookie');
const NO_LINES = Buffer.alloc(0);
const PRESENT = { test: () => true };

/** @returns lines in place of the Cookie fields that had it, which are left out */
export function withoutCookie(name: Buffer, source: Buffer, { fields }: RequestHead): Buffer {
  let lines = NO_LINES;
  for (let i = 0; i < fields.count; i += 1) {
    const [start, end] = [fields.valueStart(i), fields.valueEnd(i)];
    if (fields.kinds[i] !== Kind.OTHER || !equalsInAnyCase(source, fields.nameStart(i), fields.nameEnd(i), COOKIE)) continue;
    if (!testAnyCookie(source, start, end, name, PRESENT)) continue;
    fields.kinds[i] = Kind.HOP_BY_HOP;
    const prefix = `${name.toString('latin1')}=`;
    const rest = source.toString('latin1', start, end).split(';').map((pair) => pair.trim()).filter((pair) => pair !== '' && !pair.startsWith(prefix));
    if (rest.length > 0) lines = Buffer.concat([lines, Buffer.from(`cookie: ${rest.join('; ')}\r\n`, 'latin1')]);
  }
  return lines;
}

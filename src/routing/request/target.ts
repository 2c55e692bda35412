/** The forms of a request target (RFC 9112 section 3.2), for tools; the proxy's codec tells them apart by itself. */
import { FAULT_CONNECT, FAULT_FORM, PathFault } from '../path/fault';

export interface TargetParts {
  /** Host and port of a URL; undefined for a path. */
  readonly authority: string | undefined;
  /** Path and query as they are, or `*`; may be empty. */
  readonly pathAndQuery: string;
}

export function splitTarget(method: string, target: string): TargetParts | PathFault {
  if (method === 'CONNECT') return FAULT_CONNECT;
  if (target.startsWith('/')) return { authority: undefined, pathAndQuery: target };
  if (target === '*') return method === 'OPTIONS' ? { authority: undefined, pathAndQuery: '*' } : FAULT_FORM;
  const url = /^https?:\/\/([^/?#@\s\\]+)([\s\S]*)$/i.exec(target);
  if (!url || /^\*$/.test(url[2]!)) return FAULT_FORM;
  return { authority: url[1]!, pathAndQuery: url[2]! };
}

/** What an HTTP check asks and what it makes of the answer, whichever version of HTTP it is sent by. */
import type { HeaderField, ResolvedHealthCheck } from '../../../contract';
import { HEALTH_CHECK_AGENT } from '../../http1/health-check-agent';
import { isShed } from '../../http1/proxy-status';
import { ResponseHead } from '../../http1/response-head';
import type { Verdict } from './conversation';

/** Of a response, the head must fit in this. */
export const LIMITS = { maxStartLineBytes: 8_192, maxHeadBytes: 16_384, maxHeaderFields: 100 };

/** Parsed and looked at in one turn, so one is enough. */
export const head = new ResponseHead(LIMITS.maxHeaderFields);

/** Those of the kubelet's probes, so that a rule that lets these in lets the checks in. */
const OWN_FIELDS: readonly HeaderField[] = [{ name: 'user-agent', value: HEALTH_CHECK_AGENT }, { name: 'accept', value: '*/*' }];

export const PASSED: Verdict = { passed: true };
/** The endpoint has too much to do to answer, which says nothing. */
export const BUSY: Verdict = { passed: undefined };

type HttpCheck = Extract<ResolvedHealthCheck, { readonly type: 'http' }>;

/** The head of a check, without the line that ends it. */
export function headOf({ path, host, headers }: Pick<HttpCheck, 'path' | 'host' | 'headers'>, key: string): string {
  const own = OWN_FIELDS.filter(({ name }) => !headers.some((header) => header.name.toLowerCase() === name));
  const fields = [...own, ...headers].map(({ name, value }) => `${name}: ${value}\r\n`).join('');
  return `GET ${path} HTTP/1.1\r\nhost: ${host ?? key}\r\n${fields}`;
}

/** What the answer in `head` says, which was parsed in `buffer`. */
export function judge({ path, expectedStatuses }: Pick<HttpCheck, 'path' | 'expectedStatuses'>, buffer: Buffer): Verdict {
  const { status } = head;
  if (expectedStatuses.some(({ from, to }) => status >= from && status <= to)) return PASSED;
  if ((status === 503 || status === 429) && isShed(buffer, head.fields)) return BUSY;
  const expected = expectedStatuses.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`)).join(' or ');
  return { passed: false, why: `GET ${path} was answered with ${status}, and not ${expected}` };
}

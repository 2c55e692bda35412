/**
 * Waits within a call against the time that the call has. Looked at is what somebody said: the defaults are made for calls of a
 * second or more, and what they do in shorter ones is harmless (the time to connect adapts to the routes).
 */
import { ofCalls, ofTargets, Remark, Rule } from './rule';

/** A wait that is as long as the call, or longer. */
function judge(field: string, waitMs: number | undefined, timeoutMs: number, consequence: string): Remark | undefined {
  return waitMs !== undefined && timeoutMs > 0 && waitMs >= timeoutMs ? {
    message: `${field} ${waitMs} ms >= timeout ${timeoutMs} ms: ${consequence}`,
    remedy: `shorten ${field} below ${timeoutMs} ms, or lengthen the timeout`,
  } : undefined;
}

const connect: Rule = {
  name: 'connect-timeout',
  severity: 'warning',
  about: 'A connection may take as long as the call to be made, so when an endpoint drops what is sent to it, no other is asked.',
  find: ofTargets(({ stated }, { route: { timeoutMs } }) => (
    judge('connectTimeout', stated.connectTimeoutMs, timeoutMs, 'a request whose endpoint drops packets is never tried elsewhere'))),
};

const pending: Rule = {
  name: 'pending-timeout',
  severity: 'warning',
  about: 'A request may wait for a connection as long as the call may take, so the wait ends only with the call.',
  find: ofTargets(({ stated }, { route: { timeoutMs } }) => (
    judge('pendingTimeout', stated.pendingTimeoutMs, timeoutMs, 'the call is over before its request is shed'))),
};

const backoff: Rule = {
  name: 'backoff-timeout',
  severity: 'warning',
  about: 'The wait before a retry may be as long as the call, so that retries are left out, and more of them the longer it may be.',
  find: ofCalls(({ stated: { retry }, route: { timeoutMs, retry: { maxRetries } } }) => (maxRetries === 0 ? undefined
    : judge('backoff', retry?.backoffMs, timeoutMs, 'there may be no time for the retry after it')
      ?? judge('maxBackoff', retry?.maxBackoffMs, timeoutMs, 'no retry could follow so long a wait'))),
};

const retryAfter: Rule = {
  name: 'retry-after-timeout',
  severity: 'warning',
  about: 'A Retry-After may be as long as the call, so no time is left for the retry.',
  find: ofCalls(({ stated: { retry }, route: { timeoutMs, retry: { maxRetries } } }) => (maxRetries === 0 ? undefined
    : judge('maxRetryAfter', retry?.maxRetryAfterMs, timeoutMs, 'no retry could follow so long a wait'))),
};

const hedge: Rule = {
  name: 'hedge-timeout',
  severity: 'warning',
  about: 'A hedge would be sent only when the call is over, so it never is.',
  find: ofCalls(({ stated, route: { timeoutMs } }) => (
    judge('minimumDelay', stated.hedge?.minimumDelayMs, timeoutMs, 'there is never time for a second request'))),
};

export const WAIT_RULES: readonly Rule[] = [connect, pending, backoff, retryAfter, hedge];

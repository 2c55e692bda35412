import { Ending, endingOf, FailedRequest, failureOfAnswer, failureOfBreak, FailureKind, FAILURES, RetryPolicy } from '../../../src/balancing';
import { DEFAULT_INBOUND_RETRY, RetryConfig } from '../../../src/contract';

const KINDS = Object.keys(FAILURES) as FailureKind[];
const FIRST: FailedRequest = { retries: 0, idempotent: true, deadlineAt: Infinity };
const SECOND: FailedRequest = { ...FIRST, retries: 1 };

/** A policy in a world where chance is always 1 and the time is 0. */
function policy(config: RetryConfig = {}): RetryPolicy {
  const resolved = { ...DEFAULT_INBOUND_RETRY, maxRetries: 3, backoffMs: 10, maxBackoffMs: 40, on: [], ...config };
  return new RetryPolicy(resolved, { now: () => 0, random: () => 1 });
}

describe('a retry policy', () => {
  it.each(KINDS)('sends nothing again once it was sent again often enough, or when there are no retries: %s', (kind) => {
    const all: RetryConfig = { methods: 'all', on: ['closed', 'tryTimeout', 'gatewayError', 'serverError', 'tooManyRequests'] };
    expect(policy(all).afterFailure(kind, { ...FIRST, retries: kind === 'unprocessed' ? 6 : 3 })).toBeUndefined();
    expect(policy({ ...all, maxRetries: 0 }).afterFailure(kind, FIRST)).toBeUndefined();
  });

  it.each(KINDS)('sends what may have been executed again only when that may be done twice, by method or by declaration: %s', (kind) => {
    const { repeats } = FAILURES[kind];
    const asked = Array.isArray(repeats);
    const on: RetryConfig = { on: asked ? [repeats[0]] : [] };
    const post: FailedRequest = { ...FIRST, idempotent: false };
    expect(policy(on).repeats(kind, post)).toBe(repeats === 'always' || repeats === 'first');
    expect(policy({ ...on, methods: 'all' }).repeats(kind, post)).toBe(repeats !== 'never');
    expect(policy(on).repeats(kind, FIRST)).toBe(repeats !== 'never');
    expect(policy({ methods: 'all' }).repeats(kind, post)).toBe(!asked && repeats !== 'never');
  });

  it('never sends what an application may have acted on again for the failure alone, unless the connection had been idle', () => {
    const always = KINDS.filter((kind) => FAILURES[kind].reached === 'maybe' && ['always', 'first'].includes(FAILURES[kind].repeats as string));
    expect(always).toEqual(['idled_out', 'stale']);
    expect(failureOfBreak(true, true, false)).toBe('broken');
    expect(failureOfBreak(true, false, false)).toBe('broken');
  });

  it('goes elsewhere at once after a connection that could not be made, and backs off from the second one on', () => {
    expect(policy().afterFailure('unconnected', FIRST)).toEqual({ sameEndpoint: false, free: true, waitMs: 0 });
    expect(policy().afterFailure('unconnected', SECOND)).toEqual({ sameEndpoint: false, free: true, waitMs: 30 });
    expect(policy().afterFailure('unconnected', { ...FIRST, retries: 2 })).toEqual({ sameEndpoint: false, free: true, waitMs: 40 });
  });

  it('sends what endpoints have not looked at three times more than the policy says', () => {
    expect(policy({ maxRetries: 1 }).afterFailure('unprocessed', { ...FIRST, retries: 3 })).toMatchObject({ sameEndpoint: true, free: true });
    expect(policy({ maxRetries: 1 }).afterFailure('unprocessed', { ...FIRST, retries: 4 })).toBeUndefined();
  });

  it('tries one other endpoint when too many wait for a connection, and none when it has waited itself', () => {
    expect(policy().afterFailure('no_room', FIRST)).toEqual({ sameEndpoint: false, free: true, waitMs: 0 });
    expect(policy().afterFailure('no_room', SECOND)).toBeUndefined();
    expect(policy().afterFailure('no_turn', FIRST)).toBeUndefined();
  });

  it('sends an idempotent request again at once on a connection that was closed while it was idle', () => {
    for (const kind of ['idled_out', 'stale'] as const) expect(policy().afterFailure(kind, SECOND)).toEqual({ sameEndpoint: true, free: true, waitMs: 0 });
    expect(FAILURES.idled_out.blames).toBe('nobody');
    expect(FAILURES.stale.blames).toBe('endpoint');
  });

  it('waits as long as an answer asks, a little spread, but not what a callee\'s proxy says of its own pod', () => {
    const limited = policy({ on: ['tooManyRequests'], maxRetryAfterMs: 2_000 });
    expect(limited.afterFailure('limited', FIRST, 1_000)).toEqual({ sameEndpoint: true, free: false, waitMs: 1_250 });
    expect(limited.afterFailure('limited', FIRST, 2_001)).toBeUndefined();
    expect(limited.afterFailure('turned_away', FIRST, 60_000)).toEqual({ sameEndpoint: false, free: false, waitMs: 0 });
  });

  it('passes an answer on when another try would come too late; where there is no answer, it tries', () => {
    const closed = policy({ on: ['closed', 'serverError'] });
    expect(closed.afterFailure('server_error', { ...FIRST, deadlineAt: 10 })).toBeUndefined();
    expect(closed.afterFailure('server_error', { ...FIRST, deadlineAt: 11 })).toBeDefined();
    expect(closed.afterFailure('broken', { ...FIRST, deadlineAt: 10 })).toEqual({ sameEndpoint: true, free: false, waitMs: 10 });
  });
});

describe('an answer', () => {
  it.each([
    [200, false, undefined], [404, false, undefined], [429, false, 'limited'], [500, false, 'server_error'], [501, false, 'server_error'],
    [502, false, 'gateway_error'], [503, false, 'gateway_error'], [504, false, 'gateway_error'], [505, false, 'server_error'],
    [503, true, 'turned_away'], [429, true, 'turned_away'], [502, true, 'gateway_error'], [200, true, undefined],
  ])('with status %d (unsent: %s) is %s', (status, unsent, kind) => expect(failureOfAnswer(status, unsent)).toBe(kind));

  it('speaks against its endpoint when it is an error, and the proxy there did not shed it', () => {
    expect([200, 404].map((status) => endingOf(status, false))).toEqual([Ending.ANSWERED, Ending.ANSWERED]);
    expect([429, 500, 505].map((status) => endingOf(status, false))).toEqual([Ending.LIMITED, Ending.SERVER_ERROR, Ending.SERVER_ERROR]);
    expect([502, 503, 504].map((status) => endingOf(status, false))).toEqual([Ending.GATEWAY_ERROR, Ending.GATEWAY_ERROR, Ending.GATEWAY_ERROR]);
    expect([429, 503].map((status) => endingOf(status, true))).toEqual([Ending.SHED, Ending.SHED]);
  });
});

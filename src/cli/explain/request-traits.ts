/** What of a request decides how it is balanced, kept and repeated, found by the proxy's own code. */
import { HashedSplit, RetryPolicy } from '../../balancing';
import { FaultConfig, HashKeyConfig, ResolvedRoute, RetryCondition } from '../../contract';
import { visitCookies } from '../../proxy/http1/cookies';
import { HashKeys } from '../../proxy/http1/hash-keys';
import { FaultInjector } from '../../proxy/serve/route/faults';
import { hashKeyInWords, replayInWords } from '../words/routes';
import type { ParsedRequest } from './asked-request';

export interface HashKeyVerdict {
  readonly key: string;
  /** `made`: the proxy makes a cookie for who has none. `unread`: a key before it was found, and ends the search. */
  readonly found: 'yes' | 'no' | 'made' | 'unread';
}

/** The hash of the source address is not known here; any will do to see whether there is one. */
const SOME_HASH = 0;

export function hashKeysOf(keys: readonly HashKeyConfig[], { source, head }: ParsedRequest): HashKeyVerdict[] {
  let ended = false;
  return keys.map((key) => {
    const name = hashKeyInWords(key);
    if (ended) return { key: name, found: 'unread' };
    const reader = new HashKeys([key], () => 0);
    const found = reader.hash(source, head, SOME_HASH) === undefined ? 'no' : reader.setCookie.length > 0 ? 'made' : 'yes';
    ended = found !== 'no' && key.terminal === true;
    return { key: name, found };
  });
}

/** The cluster that the request's hash chooses of a split; undefined when it has no hash, or one that is not known here. */
export function clusterByHash(
  { hash, split }: Pick<ResolvedRoute, 'hash' | 'split'>, verdicts: readonly HashKeyVerdict[], { source, head }: ParsedRequest,
): string | undefined {
  const shares = split.filter(({ weight }) => weight > 0);
  const isKnown = verdicts.every(({ found }, index) => found !== 'made' && (found !== 'yes' || hash[index]!.type !== 'sourceAddress'));
  const value = isKnown ? new HashKeys(hash, () => 0).hash(source, head, SOME_HASH) : undefined;
  if (value === undefined || shares.length < 2) return undefined;
  const names = shares.map(({ cluster }) => cluster);
  return names[new HashedSplit(names, shares.map(({ weight }) => weight)).next(value, () => true)];
}

export interface RetryVerdict {
  readonly maxRetries: number;
  /** Failures after which this request is sent again though an app may have seen it; none when it was not kept. */
  readonly on: readonly RetryCondition[];
  /** It is not kept to be sent again, so only an attempt that sent nothing of it is followed by another. */
  readonly kept: boolean;
  /** Why it is sent again less often than the route allows, in words. */
  readonly because?: string;
}

const KINDS = { closed: 'broken', tryTimeout: 'late', gatewayError: 'gateway_error', serverError: 'server_error', tooManyRequests: 'limited' } as const;

export function retriesOf({ retry }: Pick<ResolvedRoute, 'retry'>, method: string, idempotent: boolean, bodyBytes: number): RetryVerdict {
  const tooLong = replayInWords(bodyBytes, retry.maxReplayBytes);
  if (retry.maxRetries > 0 && tooLong !== undefined) return { maxRetries: retry.maxRetries, on: [], kept: false, because: tooLong };
  const policy = new RetryPolicy(retry, { now: () => 0, random: () => 0 });
  const repeats = (condition: RetryCondition): boolean => policy.repeats(KINDS[condition], { retries: 0, idempotent });
  const on = (Object.keys(KINDS) as RetryCondition[]).filter((condition) => repeats(condition)
    && (condition !== 'tryTimeout' || retry.tryTimeoutMs > 0) && (condition !== 'gatewayError' || !repeats('serverError')));
  const because = !idempotent && retry.methods === 'idempotent' && retry.on.length > 0 ? `${method} may not be executed twice` : undefined;
  return { maxRetries: retry.maxRetries, on: retry.maxRetries === 0 ? [] : on, kept: true, ...(because !== undefined && { because }) };
}

/** Faults that may strike this request. */
export function faultsOf(faults: readonly FaultConfig[], { source, head }: ParsedRequest): FaultConfig[] {
  return faults.filter(({ header, percent }) => {
    // Certain, and without a wait, so that no timer is needed.
    const trial: FaultConfig = { percent: 100, abortStatus: 503, ...(header && { header }) };
    const never = { of: () => { throw new Error('no wait was asked for'); } };
    return percent > 0 && new FaultInjector([trial], never, () => 0).decide(source, head) !== undefined;
  });
}

/** Whether the request has a cookie of a name. */
export function hasCookie(name: string, { source, head }: ParsedRequest): boolean {
  return visitCookies(Buffer.from(name, 'latin1'), source, head.fields, () => 1) === 1;
}

/** What a route does about time and failure, in words. */
import {
  DEFAULT_REDIRECT, FaultConfig, HashKeyConfig, HedgeConfig, RedirectConfig, ResolvedAdmission, RetryBudgetConfig, RetryCondition,
  RewriteConfig,
} from '../../contract';
import { bytesInWords, counted, listed, percentInWords, timeInWords } from './quantities';

const CONDITIONS: Readonly<Record<RetryCondition, string>> = {
  closed: 'a broken connection',
  tryTimeout: 'an attempt that takes too long',
  gatewayError: '502, 503, 504',
  serverError: 'any 5xx',
  tooManyRequests: '429',
};

/** `no timeout`, `500 ms`. */
export function timeoutInWords(ms: number): string {
  return ms === 0 ? 'none' : timeInWords(ms);
}

/** `path /new/*, host api`; what is not said stays as in the request. */
export function placeInWords({ path, host }: RewriteConfig): string {
  return [
    ...(path === undefined ? [] : [`path ${path.type === 'full' ? path.value : `${path.value.replace(/\/$/, '')}/*`}`]),
    ...(host === undefined ? [] : [`host ${host}`]),
  ].join(', ');
}

/** `302 to https, host shop.example.com, path /new/*`; what is not said stays as in the request. */
export function redirectInWords({ status, scheme, host, port, path }: RedirectConfig): string {
  const changes = [
    ...(scheme === undefined ? [] : [scheme]),
    ...(host === undefined ? [] : [`host ${host}`]),
    ...(port === undefined ? [] : [`port ${port}`]),
    ...(path === undefined ? [] : [placeInWords({ path })]),
  ];
  return `${status ?? DEFAULT_REDIRECT.status} to ${changes.join(', ')}`;
}

export function conditionsInWords(conditions: readonly RetryCondition[]): string {
  return listed(conditions.map((condition) => CONDITIONS[condition]), 'or');
}

/** What may be retried within, `at most 20 % of the requests`. */
export function budgetInWords({ percent, minimumPerSecond }: Required<RetryBudgetConfig>): string {
  return `within ${percentInWords(percent)} of the requests, or ${minimumPerSecond} a second`;
}

export function hedgeInWords({ percentile, minimumDelayMs }: Required<HedgeConfig>): string {
  return `a second request after the time in which ${percentile} % are answered, at least ${timeInWords(minimumDelayMs)}`;
}

export function hashKeyInWords(key: HashKeyConfig): string {
  switch (key.type) {
    case 'header': return `header ${key.name}`;
    case 'cookie': return `cookie ${key.name}`;
    case 'query': return `query parameter ${key.name}`;
    case 'sourceAddress': return 'source address';
  }
}

/** `10 % wait 200 ms, then get 503`. */
export function faultInWords({ percent, header, delayMs, abortStatus }: FaultConfig): string {
  const effects = [...(delayMs === undefined ? [] : [`wait ${timeInWords(delayMs)}`]), ...(abortStatus === undefined ? [] : [`get ${abortStatus}`])];
  const whose = header === undefined ? '' : ` of those with ${header.name}${header.value === undefined ? '' : `: ${header.value}`}`;
  return `${percentInWords(percent)}${whose} ${effects.join(', then ')}`;
}

/** What lets requests in, for all of them alike; `all` without limits. */
export function admissionInWords({ concurrency, rateLimit }: Partial<ResolvedAdmission>): string {
  const limits = [
    ...(concurrency?.type === 'fixed' ? [`${counted(concurrency.max, 'request')} at a time, then 503`] : []),
    ...(concurrency?.type === 'adaptive' ? [`${concurrency.min} to ${concurrency.max} requests at a time by latency, then 503`] : []),
    ...(rateLimit ? [`${rateLimit.requestsPerSecond} requests a second and bursts of ${rateLimit.burst}, then 429`] : []),
  ];
  return limits.length === 0 ? 'all' : limits.join('; ');
}

/** Whether a body is short enough to be kept for a retry. */
export function replayInWords(bodyBytes: number, maxReplayBytes: number): string | undefined {
  return bodyBytes > maxReplayBytes ? `its body of ${bytesInWords(bodyBytes)} is longer than the ${bytesInWords(maxReplayBytes)} that are kept` : undefined;
}

/**
 * How a stand-in behaves: how long it takes and how often it fails, as people write it on the command line and as it is
 * drawn for each request.
 */
import { parseDurationMs } from '../command-line/duration';
import { UserError } from '../command-line/errors';

/** How long answers take, in milliseconds. */
export type Latency =
  | { readonly type: 'fixed'; readonly ms: number }
  | { readonly type: 'uniform'; readonly fromMs: number; readonly toMs: number }
  | { readonly type: 'exponential'; readonly meanMs: number };

export interface Behaviour {
  readonly latency: Latency;
  /** Share of requests that are answered with 500; 0 to 1. */
  readonly failureRate: number;
}

export const PROMPT: Behaviour = { latency: { type: 'fixed', ms: 0 }, failureRate: 0 };

/** Longest latency that can be asked for. */
const MAX_LATENCY_MS = 3_600_000;

/** `20ms`, `1.5s`; `10ms..40ms`: anything between, equally likely; `~20ms`: exponential with this mean. */
export function parseLatency(text: string): Latency {
  if (text.startsWith('~')) return { type: 'exponential', meanMs: parseDuration(text.slice(1), text) };
  const [from, to, more] = text.split('..');
  if (from === undefined || more !== undefined) throw badLatency(text);
  if (to === undefined) return { type: 'fixed', ms: parseDuration(from, text) };
  const fromMs = parseDuration(from, text);
  const toMs = parseDuration(to, text);
  if (fromMs > toMs) throw new UserError(`the latency '${text}' begins above its end; write ${to}..${from}`);
  return { type: 'uniform', fromMs, toMs };
}

/** `1%`, `0.5%`, or a share such as `0.01`. */
export function parseRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const value = match ? Number(match[1]) / (match[2] === '%' ? 100 : 1) : NaN;
  if (!(value >= 0 && value <= 1)) throw new UserError(`the failure rate '${text}' is not a share; write 1% or 0.01`);
  return value;
}

/** The latency of one request. */
export function drawLatency(latency: Latency, random: () => number): number {
  switch (latency.type) {
    case 'fixed': return latency.ms;
    case 'uniform': return latency.fromMs + (latency.toMs - latency.fromMs) * random();
    case 'exponential': return Math.min(MAX_LATENCY_MS, -latency.meanMs * Math.log(1 - random()));
  }
}

function parseDuration(text: string, whole: string): number {
  // A number alone is seconds elsewhere, which few would mean here.
  const ms = /[a-z]$/.test(text) ? parseDurationMs(text) : undefined;
  if (ms === undefined) throw badLatency(whole);
  if (ms > MAX_LATENCY_MS) throw new UserError(`the latency '${whole}' is longer than an hour`);
  return ms;
}

function badLatency(text: string): UserError {
  return new UserError(`'${text}' is not a latency; write 20ms, 1.5s, 1m, a range such as 10ms..40ms, or ~20ms for an exponential one with that mean`);
}

/** The judges of the chaos suite: a suite that can't fail proves nothing, so each bar is seen to break. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ALWAYS, Bar, CONTAINED, CUT_SHARE, errorsBelow, inFlightShare, NO_FAILURE, NOTHING_LOST, Observation, p99Recovers, unseenBelow,
} from './bars';
import { Ledger } from './ledger';
import { FORGOTTEN } from './clients';
import type { Sent } from './load';
import { recoveredAfter, windowsFrom } from './timeline';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'mesh-chaos-bars-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function sent(id: string, more: Partial<Sent> = {}): Sent {
  const { dueMs = 0 } = more;
  return {
    id, method: 'GET', idempotent: true, dueMs, endedMs: dueMs + 10, status: 200,
    pod: 'a', failure: undefined, reason: undefined, foreign: false, ...more,
  };
}

function post(id: string, more: Partial<Sent> = {}): Sent {
  return sent(id, { method: 'POST', idempotent: false, ...more });
}

/** @param executed lines of the ledger by pod */
function observed(requests: readonly Sent[], executed: Record<string, readonly string[]> = {}, more: Partial<Observation> = {}): Observation {
  for (const [pod, lines] of Object.entries(executed)) writeFileSync(join(folder, `${pod}.ledger`), lines.map((line) => `${line}\n`).join(''));
  return { sent: requests, ledger: Ledger.read(folder), faultMs: 1_000, faulty: new Set(['b']), severed: 0, peakMemory: 0, problems: [], ...more };
}

function brokenBy(observation: Observation, bars: readonly Bar[] = ALWAYS): string[] {
  return bars.filter((bar) => bar.broken(observation) !== undefined).map(({ name }) => name);
}

test('nothing is broken, given requests that were executed once, and one that may be repeated twice', () => {
  const failed = sent('3', { failure: 'upstream_closed', reason: 'upstream_closed' });
  const observation = observed([sent('1'), post('2'), failed], { a: ['GET 1', 'POST 2'], b: ['GET 1', 'GET 3'] });
  expect(brokenBy(observation)).toEqual([]);
});

test.each<[string, () => Observation]>([
  ['no request that is not idempotent is executed twice', () => observed([post('1')], { a: ['POST 1'], b: ['POST 1'] })],
  ['no request that is not idempotent is executed twice', () => observed([post('1')], { a: ['POST 1', 'POST 1'] })],
  ['no request is executed more than 3 times', () => observed([sent('1')], { a: ['GET 1', 'GET 1'], b: ['GET 1', 'GET 1'] })],
  ['nobody gets the answer to another request, unless a pod that was made to lie had it', () => observed([sent('1', { foreign: true })], { a: ['GET 1'] })],
  ['no application has seen a request that was answered with a reason that says so',
    () => observed([sent('1', { failure: 'connect_failed', reason: 'connect_failed' })], { a: ['GET 1'] })],
  ['what was answered with success was executed', () => observed([sent('1')])],
  ['every request comes to an end', () => observed([sent('1', { failure: FORGOTTEN })])],
  ['no proxy needs more memory than a sidecar has by default', () => observed([], {}, { peakMemory: 2 ** 30 })],
  ['the proxies live on', () => observed([], {}, { problems: ['the proxy ended'] })],
])('%s: breaks when it does not hold', (name, observation) => {
  expect(brokenBy(observation())).toEqual([name]);
});

test('an idempotent request that fails breaks that nothing is lost, and any breaks that none fails', () => {
  const failure = { failure: 'x' };
  expect(brokenBy(observed([post('1', failure)]), [NOTHING_LOST, NO_FAILURE])).toEqual([NO_FAILURE.name]);
  expect(brokenBy(observed([sent('1', failure)]), [NOTHING_LOST, NO_FAILURE])).toEqual([NOTHING_LOST.name, NO_FAILURE.name]);
});

test('a failed request that was executed breaks that hardly any fails unseen, and so do too many', () => {
  const bar = unseenBelow(0.4);
  const failure = { failure: 'ECONNRESET' };
  expect(brokenBy(observed([sent('1'), sent('2'), sent('3', failure)], { a: ['GET 1', 'GET 2'] }), [bar])).toEqual([]);
  expect(brokenBy(observed([sent('1'), sent('2'), sent('3', failure)], { a: ['GET 1', 'GET 2', 'GET 3'] }), [bar])).toEqual([bar.name]);
  expect(brokenBy(observed([sent('1'), sent('2', failure)], { a: ['GET 1'] }), [bar])).toEqual([bar.name]);
});

test('more failures than connections were cut break the share of what was cut', () => {
  const failing = ['1', '2'].map((id) => sent(id, { failure: 'x' }));
  expect(brokenBy(observed(failing, {}, { severed: 2 }), [CUT_SHARE])).toEqual([]);
  expect(brokenBy(observed(failing, {}, { severed: 1 }), [CUT_SHARE])).toEqual([CUT_SHARE.name]);
});

test('more failures than requests in flight when the loss shows break the share in flight', () => {
  const bar = inFlightShare(1_000);
  const inFlight = [sent('1', { dueMs: 1_500, endedMs: 3_500, failure: 'x' }), sent('2', { dueMs: 1_900, endedMs: 2_100 })];
  expect(brokenBy(observed([...inFlight, sent('3', { dueMs: 2_500, failure: 'x' })]), [bar])).toEqual([]);
  expect(brokenBy(observed([inFlight[0]!, sent('3', { dueMs: 2_500, failure: 'x' })]), [bar])).toEqual([bar.name]);
});

test('a failure that no faulty pod had a hand in breaks the containment', () => {
  const failure = { failure: 'upstream_closed', reason: 'upstream_closed' };
  expect(brokenBy(observed([sent('1', failure)], { a: ['GET 1'], b: ['GET 1'] }), [CONTAINED])).toEqual([]);
  expect(brokenBy(observed([sent('2', failure)], {}), [CONTAINED])).toEqual([]);
  expect(brokenBy(observed([sent('3', failure)], { a: ['GET 3'] }), [CONTAINED])).toEqual([CONTAINED.name]);
  expect(brokenBy(observed([sent('4', { failure: 'no_endpoints', reason: 'no_endpoints' })]), [CONTAINED])).toEqual([CONTAINED.name]);
});

test('recovery is judged by what comes after the time that it may take', () => {
  const each = (failing: (ms: number) => boolean): Sent[] =>
    Array.from({ length: 100 }, (_, index) => sent(String(index), { dueMs: index * 100, ...(failing(index * 100) && { failure: 'x' }) }));
  const bar = errorsBelow(0.005, 5_000);
  const until4 = each((ms) => ms >= 1_000 && ms < 4_000);
  expect(brokenBy(observed(until4), [bar])).toEqual([]);
  expect(recoveredAfter(windowsFrom(until4, 1_000, 250), 1_000, ({ failed }) => failed === 0)).toBe(3_000);
  const forever = each((ms) => ms >= 1_000);
  expect(bar.broken(observed(forever))).toMatch(/^39 of the 39 requests .* recovery after Infinity s$|^40 of the 40 .*/);
});

test('a run that ends while requests fail is not held to have recovered', () => {
  const served = Array.from({ length: 100 }, (_, index) => sent(String(index), { dueMs: index * 100 }));
  const lines = { a: served.map(({ id }) => `GET ${id}`) };
  const failing = (fromMs: number, toMs: number): Sent[] => served.map((one) => (one.dueMs >= fromMs && one.dueMs < toMs ? { ...one, failure: 'x' } : one));
  expect(brokenBy(observed(failing(1_000, 9_000), lines))).toEqual([]);
  expect(brokenBy(observed(failing(1_000, 10_000), lines))).toEqual(['requests no longer fail when the run ends']);
});

test('p99 is judged by what it was before the fault', () => {
  const bar = p99Recovers(3, 2_000);
  const slowFrom = (ms: number, takes: number): Sent[] =>
    Array.from({ length: 50 }, (_, index) => sent(String(index), { dueMs: index * 100, endedMs: index * 100 + (index * 100 >= ms ? takes : 10) }));
  expect(brokenBy(observed(slowFrom(1_000, 29)), [bar])).toEqual([]);
  expect(brokenBy(observed(slowFrom(1_000, 200)), [bar])).toEqual([bar.name]);
});

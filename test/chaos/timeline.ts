/** What clients saw over time. Windows are cut by the moments at which requests were due. */
import type { Sent } from './load';

export interface Window {
  readonly fromMs: number;
  readonly requests: number;
  /** Share of the requests that failed. */
  readonly failed: number;
  /** Of the requests that were answered well. */
  readonly p99: number;
}

/** Windows of this length from the moment on, those that are whole. */
export function windowsFrom(sent: readonly Sent[], fromMs: number, lengthMs: number): Window[] {
  const last = sent.reduce((most, { dueMs }) => Math.max(most, dueMs), 0);
  const windows: Window[] = [];
  for (let start = fromMs; start + lengthMs <= last; start += lengthMs) {
    const within = sent.filter(({ dueMs }) => dueMs >= start && dueMs < start + lengthMs);
    windows.push({
      fromMs: start,
      requests: within.length,
      failed: within.filter(({ failure }) => failure !== undefined).length / Math.max(1, within.length),
      p99: percentile(within, 0.99),
    });
  }
  return windows;
}

/** Windows by which recovery is judged. */
const RECOVERY_WINDOW_MS = 250;

/** How long after the fault the last window with a failure ends: 0 when nothing failed, Infinity when the load ended in one. */
export function recoveredIn(sent: readonly Sent[], faultMs: number): number {
  return recoveredAfter(windowsFrom(sent, faultMs, RECOVERY_WINDOW_MS), faultMs, ({ failed }) => failed === 0);
}

/** Of what was answered well; NaN when nothing was. */
export function percentile(sent: readonly Sent[], share: number): number {
  const latencies = sent.filter(({ failure }) => failure === undefined).map(({ dueMs, endedMs }) => endedMs - dueMs).sort((a, b) => a - b);
  return latencies[Math.max(0, Math.ceil(latencies.length * share) - 1)] ?? NaN;
}

/** How long after a moment the last window ends that is not as it should be; 0 when all are. */
export function recoveredAfter(windows: readonly Window[], atMs: number, isSound: (window: Window) => boolean): number {
  const last = windows.map(isSound).lastIndexOf(false);
  if (last < 0) return 0;
  const next = windows[last + 1];
  return next ? next.fromMs - atMs : Infinity;
}

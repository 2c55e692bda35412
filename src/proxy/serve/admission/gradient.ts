/**
 * The step of a gradient limiter, as of Envoy's adaptive concurrency filter (gradient_controller.cc): the limit is scaled by
 * how the latency of little load compares with that of the present load, and gets a little on top, from which it is seen
 * whether more would do. Two numbers in, one out; what is measured when, and believed for how long, is adaptive-limit.ts.
 */

/** Bounds of one step: it halves the limit at most, and doubles it at most but for the headroom. */
const LEAST = 0.5;
const MOST = 2;

/**
 * @param restMs    latency under little load
 * @param sampleMs  latency under the present load
 * @param tolerance how many times as long as under little load a request may take
 * @param besidesMs how long it has a place besides, whatever the load: of places that are not in the app, a change changes nothing there
 */
export function gradient(restMs: number, sampleMs: number, tolerance: number, besidesMs = 0): number {
  if (!(sampleMs > 0)) return MOST;
  return Math.min(MOST, Math.max(LEAST, (restMs * tolerance + besidesMs) / (sampleMs + besidesMs)));
}

/** The limit scaled, and headroom of the square root of that: much for a small limit, where a single request counts, and little for a large one. */
export function nextLimit(limit: number, scale: number): number {
  const scaled = limit * scale;
  return scaled + Math.sqrt(scaled);
}

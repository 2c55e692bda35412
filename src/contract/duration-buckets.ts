/**
 * Upper bounds of the buckets of request durations, in seconds: from 0.25 ms, less than what one hop and a fast app take, to 60 s, above
 * any sensible timeout. The proxy counts by them, and the constructs make rules of them.
 */
export const DURATION_BUCKETS: readonly number[] = [
  0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** The same for connections of TCP: from 1 ms, a client that only looks whether somebody is there, to a day, a connection of a pool. */
export const CONNECTION_DURATION_BUCKETS: readonly number[] = [
  0.001, 0.01, 0.1, 1, 10, 60, 300, 1_800, 3_600, 21_600, 86_400,
];

/** Measures what a hot function allocates, without the garbage collector's help. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

// V8 optimises in the thread that waits for it: on a busy machine its own threads may come too late.
setFlagsFromString('--no-concurrent-recompilation');

const CALLS = 20_000;
const MAX_ROUNDS = 500;
const QUIET_ROUNDS = 5;

/** Less than any object takes; leaves room for what V8 itself allocates now and then. */
const QUIET_BYTES_PER_CALL = 4;

/**
 * Bytes that one call allocates once V8 has optimised it, 0 when it is less than any object takes.
 *
 * Until then V8 allocates for numbers, and when that ends depends on how busy the machine is: so rounds are repeated until
 * several in a row are quiet. A function that does allocate has none, but for those in which the collector ran, which show
 * as a loss.
 */
export function bytesPerCall(call: () => unknown): number {
  let quiet = 0;
  let least = Infinity;
  for (let round = 0; round < MAX_ROUNDS && quiet < QUIET_ROUNDS; round++) {
    const before = getHeapStatistics().used_heap_size;
    for (let turn = 0; turn < CALLS; turn++) call();
    const bytes = (getHeapStatistics().used_heap_size - before) / CALLS;
    if (bytes >= 0) least = Math.min(least, bytes);
    quiet = bytes >= 0 && bytes < QUIET_BYTES_PER_CALL ? quiet + 1 : 0;
  }
  return quiet === QUIET_ROUNDS ? 0 : least;
}

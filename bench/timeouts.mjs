/**
 * What it costs to start and to stop a timeout, as every request does several times: src/proxy/runtime/timeouts.ts beside Node's
 * own timers. `node bench/timeouts.mjs [--json]`.
 *
 * The claim it shows: one list per length is cheaper than a timer per wait, and leaves nothing to collect.
 */
import { compare, load, report } from './micro.mjs';

const { Timeout, TimeoutQueue } = load('proxy/runtime/timeouts');
const { systemClock } = load('proxy/runtime/clock');

/** Waits that are under way while one more is started and stopped. */
const UNDER_WAY = 1_000;

const queue = new TimeoutQueue(systemClock, 60_000);
for (let i = 0; i < UNDER_WAY; i++) new Timeout(() => undefined).start(queue);
const timeout = new Timeout(() => undefined);
for (let i = 0; i < UNDER_WAY; i++) setTimeout(() => undefined, 60_000).unref();

report(`A timeout beside ${UNDER_WAY} others`, 'start and stop', compare({
  'setTimeout and clearTimeout': (count) => {
    for (let i = 0; i < count; i++) clearTimeout(setTimeout(() => undefined, 60_000));
  },
  'one list per length': (count) => {
    for (let i = 0; i < count; i++) {
      timeout.start(queue);
      timeout.stop();
    }
  },
}, 500_000));
queue.close();

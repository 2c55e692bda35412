/**
 * The memory of this process: how much it may have, how much it has, and a way to give back what is not needed. The limit is that of
 * its container, from the environment (the pod's specification puts it there by the downward API) or from the control group; both
 * can be had for `docker run -m`, and neither where nobody limits anything.
 */
import { totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface ProcessMemory {
  /** Of the container, over all of its processes; undefined without a limit. */
  readonly limitBytes: number | undefined;
  /** Resident memory, by which the kernel decides what to kill. A reading takes some 8 µs. */
  rss(): number;
  /** What objects of the heap hold outside of it (buffers, TLS), dead ones that nobody has collected yet included. Some 10 µs. */
  external(): number;
  /** Collects garbage now. Some 10 ms, in which nothing else happens. */
  collect(): void;
}

/** @param given limit from the environment; 0 for none, undefined to ask the control group */
export function processMemory(given: number | undefined): ProcessMemory {
  const limit = given ?? process.constrainedMemory();
  let collector: ReturnType<typeof exposeCollector> | undefined;
  return {
    // More than there is, is how "no limit" looks.
    limitBytes: limit > 0 && limit < totalmem() ? limit : undefined,
    rss: () => process.memoryUsage.rss(),
    external: () => process.memoryUsage().external,
    collect: () => (collector ??= exposeCollector())(),
  };
}

/**
 * Gives back what only the start needed (source text and code that ran once, some 2 MiB), for V8 does so only when the heap grows. The
 * process stops for 20 to 30 ms, so this comes before it says that it is ready.
 */
export function giveBackAfterStart(): void {
  exposeCollector()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/** V8's collector, which scripts get with `--expose-gc` only; the flag is back as it was before any other script can see it. */
function exposeCollector(): (options?: object) => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options?: object) => void;
  setFlagsFromString('--no-expose-gc');
  return collect;
}

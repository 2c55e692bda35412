/**
 * How a sidecar's memory is divided, and the flags that hold Node to it. Without flags V8 sizes a heap by the memory of the
 * node, collects late, and the kernel kills the container before it would have collected at all.
 *
 *     |-- code, once --|------ process 1 ------|-- process 2 ... --|
 *          40 MiB      | heap 4/5 | beside 1/5 |
 *     |<---------------- memory limit of the container ---------->|
 *
 * - Code: the node program and its libraries, 40 MiB resident, measured with Node 20. Processes map the same file, so the
 *   kernel counts it once.
 * - Processes: one; with several workers one each, and one that watches over them. All get the same environment and with it
 *   the same flags, though the watcher needs the least.
 * - Beside the heap: stacks, native objects and the bodies on their way through; 5 MiB measured when idle. That grows with the
 *   traffic that a larger heap is given for, hence a share. It is no bound: 2,000 clients that take nothing would have some
 *   hundreds of MiB held for them. The proxy bounds the sum itself (src/proxy/serve/memory/memory-guard.ts), below the container's limit.
 * - The heap's young generation is three semi-spaces (V8: from, to, and new large objects), a power of two each. It is kept
 *   to a tenth of the heap: a larger one is collected less often but stays resident.
 *
 * A limit of 128 MiB and one process give the flags that the image has by itself.
 */

/** The program and its libraries, once a container. */
const CODE_MIB = 40;

/** Share of a process's memory that is heap. */
const HEAP_SHARE = 4 / 5;

/** Semi-spaces in a young generation, its largest share of the heap, and V8's own largest semi-space. */
const SEMI_SPACES = 3;
const YOUNG_SHARE = 1 / 10;
const MAX_SEMI_SPACE_MIB = 16;

/** Fewest MiB of old space: with 16 the proxy carried 2,000 clients, with 12 it ran out. */
const MIN_OLD_SPACE_MIB = 24;

/** What a process is given and asks for when nobody says otherwise, besides the code; idle it has 11 MiB. */
const PROCESS_LIMIT_MIB = 88;
const PROCESS_REQUEST_MIB = 24;

/** The heap of each process. */
export interface ProxyHeap {
  readonly oldSpaceMib: number;
  readonly semiSpaceMib: number;
}

/** Memory of the whole container. */
export interface ProxyMemory {
  readonly requestMib: number;
  readonly limitMib: number;
}

/** Processes in the container. */
export function proxyProcesses(workers: number): number {
  return workers > 1 ? workers + 1 : 1;
}

/** Memory for a number of workers: as much for each process as a single one has. */
export function defaultProxyMemory(workers: number): ProxyMemory {
  const processes = proxyProcesses(workers);
  return { requestMib: CODE_MIB + processes * PROCESS_REQUEST_MIB, limitMib: CODE_MIB + processes * PROCESS_LIMIT_MIB };
}

/** Divides a container's memory. Undefined when a process's heap would be too small to work with. */
export function proxyHeap(limitMib: number, workers: number): ProxyHeap | undefined {
  const heapMib = heapOf(limitMib, workers);
  const largest = Math.max(1, heapMib * YOUNG_SHARE / SEMI_SPACES);
  const semiSpaceMib = Math.min(MAX_SEMI_SPACE_MIB, 2 ** Math.floor(Math.log2(largest)));
  const oldSpaceMib = heapMib - SEMI_SPACES * semiSpaceMib;
  return oldSpaceMib < MIN_OLD_SPACE_MIB ? undefined : { oldSpaceMib, semiSpaceMib };
}

/** The smallest limit, in whole MiB, that {@link proxyHeap} can divide. */
export function leastProxyMemoryMib(workers: number): number {
  return CODE_MIB + Math.ceil((MIN_OLD_SPACE_MIB + SEMI_SPACES) / HEAP_SHARE * proxyProcesses(workers));
}

/** How {@link proxyHeap} arrives at a heap that is too small, in a sentence for people. */
export function explainProxyMemory(limitMib: number, workers: number): string {
  const processes = proxyProcesses(workers);
  const each = Math.max(0, limitMib - CODE_MIB) / processes;
  return `${CODE_MIB}Mi of it is code, ${processes === 1 ? 'the process has' : `each of ${processes} processes (${workers} workers and one that watches) has`} `
    + `${Math.floor(each)}Mi, 4/5 of that is ${heapOf(limitMib, workers)}Mi of heap, and it needs ${MIN_OLD_SPACE_MIB + SEMI_SPACES}Mi`;
}

/** The flags as the value of `NODE_OPTIONS`. */
export function nodeOptions({ oldSpaceMib, semiSpaceMib }: ProxyHeap): string {
  return `--max-old-space-size=${oldSpaceMib} --max-semi-space-size=${semiSpaceMib}`;
}

/** The flags that the image has by itself, by its Dockerfile. */
export function imageNodeOptions(): string {
  return nodeOptions(proxyHeap(defaultProxyMemory(1).limitMib, 1)!);
}

function heapOf(limitMib: number, workers: number): number {
  return Math.floor(Math.max(0, limitMib - CODE_MIB) / proxyProcesses(workers) * HEAP_SHARE);
}

/**
 * What V8's optimizing compiler is told. A request passes through some hundred small functions. The compiler puts functions that are called
 * into the code of their caller, until that code stands for so many bytes of bytecode. By its default of 920 it stops in the middle of a
 * request, and any code that is added moves the place. docs/decisions/telemetry-in-bytes.md has what the larger limit brings and costs.
 */
import { setFlagsFromString } from 'node:v8';

/** As V8 takes it from a command line. */
export const INLINING = '--max-inlined-bytecode-size-cumulative=4000';

/** Call it when all modules are loaded. Node's own modules come compiled, but only for the flags that they were compiled with. */
export function compileForRequests(): void {
  setFlagsFromString(INLINING);
}

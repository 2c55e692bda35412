import type { SocketAddress } from '../../../src/cli/up/network';
import type { Ledger } from '../ledger';
import type { Protocol } from '../message';

/** What is run and then harmed. */
export interface World {
  readonly protocol: Protocol;
  /** Host field of the requests. */
  readonly host: string;
  /** Names of pods that a scenario made fail. */
  readonly faulty: Set<string>;
  /** What was done and is worth a word in the report, such as by which means. */
  readonly notes: Set<string>;
  /** Connections that were cut by what was done, as far as a scenario counts them. */
  readonly severed: number;
  /** Where a client sends its next request. */
  target(): SocketAddress | undefined;
  /** What is wrong with the processes that nobody meant to harm, in words. */
  problems(): readonly string[];
  /** Most memory that a proxy had, in bytes. */
  peakMemory(): number;
  ledger(): Ledger;
  /** Ends everything; settles when nothing is left. */
  stop(): Promise<void>;
}

/** A pause of a scenario. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

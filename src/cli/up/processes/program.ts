/** The app of a pod, as the pod sees it: a process of its own, or a stand-in in a process with others. */
import type { UserError } from '../../command-line/errors';

/** How a process ended. */
export interface Exit {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface Program {
  /** Its process, if it has one of its own. */
  readonly pid: number | undefined;
  readonly running: boolean;
  /** Settles when it has ended. */
  readonly exited: Promise<Exit>;
  /** The last lines of its output. */
  readonly output: readonly string[];
  /** Ends it at once. */
  signal(signal: 'SIGKILL'): void;
  send(message: object): void;
  /** Asks it to end, and ends it when it has not after `graceMs`. */
  stop(graceMs: number): Promise<Exit>;
  /** An error that says how it ended. */
  failure(what: string, exit: Exit): UserError;
}

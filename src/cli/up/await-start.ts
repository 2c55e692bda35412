/**
 * Waits until a program that was just started passes its probe. When that takes long it says what is waited for and, as far as the
 * system tells, what the program does instead: most often it listens at a port of its own choice.
 */
import { UserError } from '../command-line/errors';
import type { Program } from './processes/program';
import { listeningAddresses } from './listening';
import { inText, SocketAddress } from './network';

/** How long a start may take. */
export interface StartTimeouts {
  /** After this, what is waited for is said; and again after each such time, if the program does something else by then. */
  readonly hintMs: number;
  /** After this, the start has failed. */
  readonly failMs: number;
}

export const START_TIMEOUTS: StartTimeouts = { hintMs: 10_000, failMs: 60_000 };

export interface AwaitedStart {
  readonly child: Program;
  /** `the app of web-1 (web v1)`. */
  readonly title: string;
  /** What is waited for, after `until`. */
  readonly passes: string;
  readonly timeouts: StartTimeouts;
  probe(): Promise<boolean>;
  /** What the program does instead; undefined when nothing is known. */
  instead?(): string | undefined;
  /** Called when it takes long. */
  onHint?(text: string): void;
  /** Throws when nobody waits any more. */
  check(): void;
  /** Why the program ended. */
  why(): string | undefined;
}

const PERIOD_MS = 50;
const LINES = 8;

/** Fails when the program ends or takes too long. */
export async function awaitStart({ child, title, passes, timeouts, probe, instead, onHint, check, why }: AwaitedStart): Promise<void> {
  const began = performance.now();
  let ended = false;
  void child.exited.then(() => { ended = true; });
  const account = (afterMs: number, insteadNow: string | undefined): string =>
    `${title} is not ready after ${afterMs / 1_000} s: waiting until ${passes}.${insteadNow === undefined ? '' : ` ${insteadNow}`}`;
  let hints = 0;
  let said: string | undefined;
  const hint = (): void => {
    const now = instead?.();
    hints += 1;
    if (hints > 1 && now === said) return;
    said = now;
    onHint?.(account(hints * timeouts.hintMs, now));
  };
  while (!await probe()) {
    check();
    if (ended) throw new UserError(why());
    const waited = performance.now() - began;
    if (waited > timeouts.failMs) throw new UserError([account(timeouts.failMs, instead?.()), ...child.output.slice(-LINES).map((line) => `  ${line}`)].join('\n'));
    if (onHint && waited > (hints + 1) * timeouts.hintMs) hint();
    await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
  }
  check();
}

/** Where a program listens that should listen elsewhere, and what to do about it. */
export function listensInstead(group: number, wanted: SocketAddress): string | undefined {
  const addresses = listeningAddresses(group);
  if (!addresses) return undefined;
  if (addresses.length === 0) return 'Its program listens nowhere yet; it must listen on the port in PORT';
  const where = addresses.map(inText).join(', ');
  return addresses.some(({ port }) => port === wanted.port)
    ? `Its program listens on ${where}; it must listen on the address in HOST, or on all addresses`
    : `Its program listens on ${where}; it must take the port from PORT`;
}

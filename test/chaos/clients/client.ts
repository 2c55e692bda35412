/** How a request of the load is sent, by whichever protocol, and what its answer is held against. */
import type { SocketAddress } from '../../../src/cli/up/network';
import { POISON } from '../backend/behaviours';
import type { Sent } from '../load';
import { answerTo } from '../message';

/** One request to be sent. */
export interface Sending {
  /** Status, pod, reason and whether the answer was another's are written into it. */
  readonly sent: Sent;
  readonly place: SocketAddress;
  /** A body does not say how long it is, where a protocol lets it. */
  readonly chunked: boolean;
}

export interface Client {
  /** @param done called with why it failed; of several calls the first counts */
  send(sending: Sending, done: (failure: string | undefined) => void): void;
  close(): void;
}

/** Longer than any timeout of a proxy here: a client that has to give up by itself was forgotten. */
export const PATIENCE_MS = 20_000;
export const FORGOTTEN = `no answer in ${PATIENCE_MS / 1_000} s`;
/** A client takes no more of an answer than this. */
export const MOST_BYTES = 256 * 1024;

/** Why an answer is not the one to a request; undefined when it is. */
export function damageOf(sent: Sent, body: string): string | undefined {
  const expected = answerTo(sent.id);
  if (body === expected) return undefined;
  // A connection of TCP may end before any of the answer.
  sent.foreign = (body !== '' && POISON.endsWith(body)) || !body.startsWith(expected.slice(0, body.length));
  return sent.foreign ? 'the answer to something else' : 'a shortened answer';
}

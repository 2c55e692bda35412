/**
 * Requests that wait for a connection, in order. One that goes away leaves from wherever it stands in constant time, and so
 * does the first: a thousand of them may wait, and all of them may give up at once.
 */
import { Timeout } from '../runtime/timeouts';
import type { PooledCarrier } from './carrier';
import type { UnestablishedCode } from './connector';

/** Why there was no connection. */
export type UnconnectedCode = UnestablishedCode | 'pending_timeout';

/** A request that needs a connection. */
export interface Waiter {
  /** Here is one; it is the waiter's until given back. */
  onConnection(connection: PooledCarrier): void;
  /** There is none, and nothing of the request was sent. */
  onConnectionFailed(code: UnconnectedCode, detail: string): void;
  /** The pool's: where it waits. */
  place: Waiting | undefined;
}

/** A request's place in the list. */
export class Waiting {
  /** @internal */ previous: Waiting | undefined;
  /** @internal */ next: Waiting | undefined;
  /** Runs while no connection is being made for it. */
  readonly timeout: Timeout;

  constructor(readonly waiter: Waiter, onTimeout: (waiting: Waiting) => void) {
    this.timeout = new Timeout(() => onTimeout(this));
  }
}

export class WaitingList {
  length = 0;
  private first: Waiting | undefined;
  private last: Waiting | undefined;

  append(waiting: Waiting): void {
    waiting.previous = this.last;
    if (this.last) this.last.next = waiting;
    else this.first = waiting;
    this.last = waiting;
    this.length += 1;
  }

  /** From the one that waits longest on. */
  * [Symbol.iterator](): Generator<Waiting> {
    for (let waiting = this.first; waiting; waiting = waiting.next) yield waiting;
  }

  /** Takes out one that is in it. */
  remove(waiting: Waiting): void {
    const { previous, next } = waiting;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    else this.last = previous;
    waiting.previous = undefined;
    waiting.next = undefined;
    waiting.timeout.stop();
    this.length -= 1;
  }

  /** Takes out the one that waits longest. */
  shift(): Waiting | undefined {
    const { first } = this;
    if (first) this.remove(first);
    return first;
  }
}

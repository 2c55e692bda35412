/** A client's connection as a listener, the drain and the memory guard see it, whatever is spoken on it. */
import type { Entry } from '../exchange/response-sink';

export interface AcceptedConnection {
  /** It is under TLS. */
  readonly secure: boolean;
  /** No request is under way and none has begun to arrive. */
  readonly idle: boolean;
  /** Bytes that are kept for it. */
  readonly heldBytes: number;
  /** How long no request has been under way, in milliseconds; 0 when one is. */
  idleMs(now: number): number;
  /** Responses are the last from now on: its client is told so, where the version has a way to. */
  announceEnd(): void;
  /** It may carry no further request. */
  retire(): void;
  /** Other rules say who is let in: it ends if they no longer let it in. Of requests each is asked about anyway. */
  recheck(): void;
  /** Closes it if nothing happens on it. */
  closeIdle(): void;
  /** Ends what is under way. */
  stop(): void;
  /** Breaks off. */
  destroy(): void;
  /** Its memory is needed. */
  breakOff(): void;
  /** Forgets what came ahead of its turn. False: there is nothing to forget. */
  dropBacklog(): boolean;
}

/** The listener that has accepted a connection. */
export type Acceptor = Entry & { onConnectionClosed(connection: AcceptedConnection): void };

/**
 * By which roots the handshakes under way are verified: those of when they began, as OpenSSL has it. A peer may hold one up until the root that
 * vouches for it is taken out, so one that began before is no proof afterwards.
 */
import type { Socket } from 'node:net';
import type { PeerVerdict } from './peer-identity';

type Refused = Extract<PeerVerdict, { readonly ok: false }>;

/** Whose roots they are. */
interface Trusting {
  /** Goes up when a root is taken away. */
  readonly trust: number;
}

const ROOTS_REPLACED: Refused = Object.freeze({
  ok: false, fault: 'untrusted', problem: 'a root was taken out of the trust bundle during its handshake, by which it may have been verified; connect again',
});

export class BegunHandshakes {
  private readonly begun = new WeakMap<Socket, { readonly by: Trusting; readonly trust: number }>();

  /** A handshake begins. @param socket of TLS at a client, of TCP below it at a server, which has that alone by then */
  begin(socket: Socket, by: Trusting): void {
    this.begun.set(socket, { by, trust: by.trust });
  }

  /** Why the verification of a handshake that is over counts for nothing; undefined when it counts. @param socket that it began with */
  problemOf(socket: Socket | undefined, by: Trusting): Refused | undefined {
    const begun = socket && this.begun.get(socket);
    return begun?.by === by && begun.trust === by.trust ? undefined : ROOTS_REPLACED;
  }
}

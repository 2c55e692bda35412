/**
 * Where an endpoint listens, when that is one of several addresses: an app beside the proxy binds loopback, its pod's address or all
 * addresses, and nobody says which. Balancing sees one endpoint all the same.
 *
 * A connection is tried at the address that accepted the last one, and at the others, in their order, only where the system says at
 * once that nothing listens. An endpoint that takes long or breaks off is there, so other addresses are no remedy. What was learned is
 * doubted every {@link DOUBTED_AFTER}th connection, which begins with the first address again: an app that starts between two tries
 * would be remembered at the second one for good. The price is a refused connection in the same pod, some 50 microseconds.
 */

/** Connections to one address after which those before it are tried again. */
export const DOUBTED_AFTER = 32;

/** What a system says of an address where nothing listens, or which it doesn't have. */
const NOTHING_THERE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETUNREACH', 'EHOSTUNREACH']);

export class Addresses {
  private preferred = 0;
  private connections = 0;

  /** @param all in the order in which they are tried; at least one */
  constructor(readonly all: readonly string[]) {}

  /** The one that the next connection is tried at first. */
  get first(): number {
    return this.connections < DOUBTED_AFTER ? this.preferred : 0;
  }

  /** One of them has accepted a connection. */
  accepted(index: number): void {
    this.connections = index === this.preferred && this.connections < DOUBTED_AFTER ? this.connections + 1 : 0;
    this.preferred = index;
  }
}

/** One connection on its way to whichever address accepts it. */
export class Dial {
  private tried = 0;
  private readonly first: number;

  constructor(private readonly addresses: Addresses) {
    this.first = addresses.first;
  }

  /** The address to try now. */
  get address(): string {
    return this.addresses.all[this.index]!;
  }

  /** @param error code of the system's; true when another address is worth a try, which {@link address} is then */
  goesOn(error: string): boolean {
    if (!NOTHING_THERE.has(error) || this.tried + 1 >= this.addresses.all.length) return false;
    this.tried += 1;
    return true;
  }

  succeeded(): void {
    this.addresses.accepted(this.index);
  }

  /** What went wrong, with the addresses when there are several. */
  describe(error: string): string {
    const { all } = this.addresses;
    return all.length > 1 && NOTHING_THERE.has(error) ? `${error} at ${all.join(', ')}` : error;
  }

  /** First comes the preferred one, then the others in their order. */
  private get index(): number {
    if (this.tried === 0) return this.first;
    return this.tried <= this.first ? this.tried - 1 : this.tried;
  }
}

/**
 * What a listener adds to the requests that it passes on, and how it knows them again. Each listener of each process has a
 * name of its own, drawn at its start, so a request that comes round is told from one that passed another sidecar. The name
 * is the listener's and not the proxy's, because an app that is itself a proxy rightly copies the fields of what it got by the
 * inbound listener to what it sends to an outbound one.
 *
 * Two such apps may call each other to and fro, so it is not the second pass that is refused but one beyond any that is
 * meant: a real loop gets there in milliseconds.
 */
import type { RequestHead } from '../../http1/request-head';
import type { ViaFields } from '../../http1/serialize';
import { Kind } from '../../http1/fields';
import { entryOf, passesOf } from '../../http1/mesh-via';

/** How often a request may pass one listener. */
export const MAX_PASSES = 4;

export class Via implements ViaFields {
  readonly entry: Buffer;
  readonly meshVia: Buffer;
  readonly via: Buffer;
  readonly viaHttp10: Buffer;
  /** The name in Via. */
  private readonly token: Buffer;

  /** @param defaultHost Host for an HTTP/1.0 request without one: where the client connected to */
  constructor(readonly defaultHost: string, readonly inbound: boolean, random: () => number) {
    this.entry = entryOf(inbound, random);
    const entry = this.entry.toString('latin1');
    const name = `mesh-${entry.slice(entry.indexOf('-') + 1)}`;
    this.meshVia = Buffer.from(`x-mesh-via: ${entry}\r\n`, 'latin1');
    this.token = Buffer.from(name, 'latin1');
    this.via = Buffer.from(`via: 1.1 ${name}\r\n`, 'latin1');
    this.viaHttp10 = Buffer.from(`via: 1.0 ${name}\r\n`, 'latin1');
  }

  /** Whether the request has passed here too often. */
  isLoop(buffer: Buffer, head: RequestHead): boolean {
    return (head.hasMeshVia && passesOf(buffer, head.fields, this.entry) >= MAX_PASSES)
      || (head.hasVia && this.viaPasses(buffer, head) >= MAX_PASSES);
  }

  private viaPasses(buffer: Buffer, { fields }: RequestHead): number {
    let passes = 0;
    for (let i = 0; i < fields.count; i += 1) {
      if (fields.kinds[i] === Kind.VIA) passes += this.count(buffer.subarray(fields.valueStart(i), fields.valueEnd(i)));
    }
    return passes;
  }

  private count(value: Buffer): number {
    let found = 0;
    for (let at = value.indexOf(this.token); at >= 0; at = value.indexOf(this.token, at + this.token.length)) found += 1;
    return found;
  }
}

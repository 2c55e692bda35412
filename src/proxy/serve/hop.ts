/**
 * What a listener adds to the requests that it passes on, and how it knows them again. Each listener of each process has a
 * name of its own in Via (RFC 9110 section 7.6.3), made by chance at its start, so a request that comes round is told from
 * one that passed another sidecar. The name is the listener's and not the proxy's, because an app that is itself a proxy
 * rightly copies Via from what it got by the inbound listener to what it sends to an outbound one.
 *
 * Two such apps may call each other to and fro, so it is not the second pass that is refused but one beyond any that is
 * meant: a real loop gets there in milliseconds.
 */
import type { RequestHead } from '../http1/request-head';
import type { HopFields } from '../http1/serialize';
import { Kind } from '../http1/fields';

/** How often a request may pass one listener. */
export const MAX_PASSES = 4;

export class Hop implements HopFields {
  readonly via: Buffer;
  readonly viaHttp10: Buffer;
  private readonly token: Buffer;

  /** @param defaultHost Host for an HTTP/1.0 request without one: where the client connected to */
  constructor(readonly defaultHost: string, readonly inbound: boolean, random: () => number) {
    const name = `mesh-${Math.floor(random() * 0x1_0000_0000).toString(16).padStart(8, '0')}`;
    this.token = Buffer.from(name, 'latin1');
    this.via = Buffer.from(`via: 1.1 ${name}\r\n`, 'latin1');
    this.viaHttp10 = Buffer.from(`via: 1.0 ${name}\r\n`, 'latin1');
  }

  /** Whether the request has passed here too often. */
  isLoop(buffer: Buffer, head: RequestHead): boolean {
    if (!head.hasVia) return false;
    const { fields } = head;
    let passes = 0;
    for (let i = 0; i < fields.count; i += 1) {
      if (fields.kinds[i] === Kind.VIA) passes += this.count(buffer.subarray(fields.valueStart(i), fields.valueEnd(i)));
    }
    return passes >= MAX_PASSES;
  }

  private count(value: Buffer): number {
    let found = 0;
    for (let at = value.indexOf(this.token); at >= 0; at = value.indexOf(this.token, at + this.token.length)) found += 1;
    return found;
  }
}

/** A request that goes nowhere until it is known whether it may: its head, and what has come of its body. */
import { KeptHead, keepHead } from '../../http1/kept-head';
import type { RequestHead } from '../../http1/request-head';
import type { Pending } from '../authorization/request-authority';
import type { Route } from '../route/route';

/** A piece of a body. */
interface Piece {
  readonly data: Buffer;
  readonly last: boolean;
  readonly trailers: Buffer | undefined;
}

export class WaitingRequest {
  /** What it waits for. */
  pending: Pending | undefined;
  readonly kept: KeptHead;
  /** The body's first bytes. */
  readonly body: Buffer;
  /** What came later. */
  readonly pieces: Piece[] = [];
  private bytes: number;

  /** @param complete `body` is all of it */
  constructor(readonly route: Route, source: Buffer, head: RequestHead, body: Buffer, readonly complete: boolean) {
    this.kept = keepHead(source, head);
    this.body = Buffer.from(body);
    this.bytes = this.kept.source.length + body.length;
  }

  get heldBytes(): number { return this.bytes + (this.pending?.heldBytes ?? 0); }

  hold(data: Buffer, last: boolean, trailers: Buffer | undefined): void {
    this.pieces.push({ data: Buffer.from(data), last, trailers: trailers && Buffer.from(trailers) });
    this.bytes += data.length;
  }
}

/** Who is at the other end of a client's connection: what its requests are balanced by, and how many it may send. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { hashText } from '../../../balancing';
import type { RequestHead } from '../../http1/request-head';
import type { ServeContext } from '../context';
import type { Entry } from '../exchange/response-sink';
import { peerAddress } from '../../net/ip-address';
import { isTls } from '../../tls/socket';
import { EdgeClient } from '../edge/edge-client';
import { Origin } from './bypass/origin';
import type { Caller } from './caller';

/** What is known of a connection when its first request is read. */
export interface Arrival {
  /** The client's address, when it is not the other end of the connection. */
  readonly address?: string | undefined;
  /** What was read already. */
  readonly rest?: Buffer | undefined;
  /** Who has proved to be there, by mutual TLS. */
  readonly caller?: Caller;
}

export class Peer {
  private client: EdgeClient | undefined;
  private requests = 0;
  private addressHash: number | undefined;
  private origin: Origin | undefined;

  /** The id that it has proven, by its certificate; undefined when nothing is proven. */
  readonly caller: string | undefined;
  /** Undefined where nobody has to prove who it is, or a connection without TLS was let in. */
  private readonly verified: Caller | undefined;
  /** The address of its other end. */
  private readonly from: string;

  constructor(
    arrival: Arrival, private readonly socket: Socket, private readonly listener: Entry, private readonly context: ServeContext,
  ) {
    const { address: from = socket.remoteAddress ?? '' } = arrival;
    this.from = from;
    this.verified = arrival.caller;
    this.caller = arrival.caller?.id;
  }

  /** The same for one stream of the connection: a proxy in front of this one may send requests of many clients on one. */
  ofStream(): Peer {
    const { from, verified, socket, listener, context } = this;
    return new Peer({ address: from, ...(verified && { caller: verified }) }, socket, listener, context);
  }

  /**
   * Hash of the address that requests come from; computed when somebody asks first. Who connects to an outbound listener is the app in
   * this pod, by 127.0.0.1 in every pod: what a callee sees is the pod's address.
   */
  get hash(): number {
    if (this.listener.edge?.namesClients) return this.edge!.hash;
    if (this.listener.direction === 'outbound') return this.context.podHash;
    this.addressHash ??= hashText(this.from);
    return this.addressHash;
  }

  /** The field that tells the app of it. */
  get callerField(): Buffer | undefined { return this.verified?.field; }

  /** Where the request under way comes from. */
  get address(): string { return this.edge?.address ?? this.from; }

  get edge(): EdgeClient | undefined {
    if (!this.listener.edge) return undefined;
    const { servername } = this.socket as Partial<TLSSocket>;
    return this.client ??= new EdgeClient({ address: peerAddress(this.from), secure: isTls(this.socket) }, servername || undefined);
  }

  /** A request has begun to come that is not refused for its form yet. */
  count(): void {
    this.requests += 1;
  }

  /** Whether the request that begins is the last that its connection may carry. Asked for each: it also looks at where the connection comes from. */
  isLastRequest(buffer: Buffer, head: RequestHead): boolean {
    const { context, listener, socket } = this;
    // What can't pass a sidecar: the app's own requests, and clients that speak TLS.
    if (listener.load && !isTls(socket)) {
      this.origin ??= new Origin(this.from, context.knownSidecars, context.random, () => listener.instruments.bypassed());
      if (this.origin.ends(buffer, head, context.clock.now())) return true;
    }
    if (this.verified?.lapsed) return true;
    const { maxRequestsPerConnection } = context.limits;
    if (maxRequestsPerConnection === 0 || this.requests < maxRequestsPerConnection) return false;
    context.instruments.limitReached('maxRequestsPerConnection');
    return true;
  }
}

/**
 * What carries an attempt to an endpoint, and who hears of its response: the two sides of a backend's connection. Neither knows which
 * version of a protocol is spoken: how a head is written and how a body is framed is the connection's alone.
 *
 * A request goes forward only. Until a response counts, its events go to the attempt (an {@link ResponseListener}), which says of
 * its head who gets the body. From then on the connection talks to that {@link BodyListener} and to nobody else.
 */
import type { ResponseHead } from '../http1/response-head';
import type { BytesListener } from '../net/shared-read';
import type { TunnelSide } from '../net/tunnel-side';

/** A request as it is sent: its head and as much of the body as came with it. */
export interface OutgoingRequest {
  /** It is a HEAD request, whose response has no body. */
  readonly toHead: boolean;
  /** The length of its body is not known, so it ends when it is said to. */
  readonly unknownLength: boolean;
  /** It asks to switch protocols, so it has no body. */
  readonly offersUpgrade: boolean;
  /** Nothing follows what {@link http1} has, trailers neither. */
  readonly whole: boolean;
  /** The head in HTTP/1.1, with the body's first bytes. */
  http1(): Buffer;
}

/**
 * `identity_refused`: the endpoint did not take this proxy for who it is; `stream_refused`: it has not looked at the request, and says so. Of
 * both, no application has seen the request.
 */
export type BrokenCode = 'upstream_closed' | 'upstream_protocol_error' | 'identity_refused' | 'stream_refused';

/** The endpoint's side, for one request. */
export interface RequestCarrier {
  /** @returns false when bytes are held back; `onWritable` says when more can come */
  send(request: OutgoingRequest, listener: ResponseListener): boolean;
  /**
   * Bytes of the body, without framing.
   *
   * @param kept they are valid beyond this call; those of a body of unknown length are from `keepChunk`. Others are valid during it only
   * @returns false: hold back until `onWritable`
   */
  sendBody(data: Buffer, kept: boolean): boolean;
  /**
   * All of the request was sent.
   *
   * @param trailers valid during the call; left out where the body's framing has no place for them
   */
  endBody(trailers: Buffer | undefined): void;
  /** The receiver of the response takes no more for now, or takes more again. */
  pauseResponse(): void;
  resumeResponse(): void;
  /** The response is over. The connection can carry another request, if the whole of this one was sent. */
  finish(): void;
  /** Breaks off; the listener hears no more. */
  cancel(): void;
  /** Gives what it is on to a tunnel, which gets what is read from now on. */
  detach(listener: BytesListener): TunnelSide;
  /** Bytes that wait for the endpoint to take them. */
  readonly heldBytes: number;
}

/** A carrier that a pool hands out. */
export interface PooledCarrier extends RequestCarrier {
  /** Its connection was open before the present request, so the endpoint may have closed it in the meantime. */
  readonly openBefore: boolean;
  /** When its connection was last put among the unused ones, monotonic milliseconds; Infinity when the present request followed at once. */
  readonly idleSince: number;
  /** Bytes of a response have arrived for the present request. */
  readonly answered: boolean;
  /** So many bytes wait for the endpoint to take them that more must wait, too. */
  readonly holdsBack: boolean;
}

/** Hears of the response until its head. Buffers are valid during a call only. */
export interface ResponseListener {
  /** An interim (1xx) response. */
  onInterim(buffer: Buffer, head: ResponseHead): void;
  /**
   * A switch of protocols (101).
   *
   * @param rest bytes of the other protocol that came with the head
   * @returns whether it was taken over, by `detach`; false when nobody asked for it
   */
  onSwitch(buffer: Buffer, head: ResponseHead, rest: Buffer): boolean;
  /**
   * The head of the final response.
   *
   * @param body     bytes of the body that came with it
   * @param complete `body` is all of it
   * @returns who gets the rest; undefined when nobody does, and the carrier was finished or cancelled
   */
  onResponseHead(buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): BodyListener | undefined;
  /**
   * The connection broke before the head, or what came is no response.
   *
   * @param limit the limit that it reached, when it did
   */
  onResponseFailed(code: BrokenCode, detail: string, limit: string | undefined): void;
  /** The connection takes bytes again. */
  onWritable(): void;
}

/** Gets the body of a response, and hears when more of the request can be sent. Buffers are valid during a call only. */
export interface BodyListener {
  onResponseData(data: Buffer): void;
  /** The body is complete. Nothing follows. */
  onResponseEnd(trailers: Buffer | undefined): void;
  /** It broke off. Nothing follows. */
  onResponseBroken(detail: string, limit: string | undefined): void;
  onWritable(): void;
}

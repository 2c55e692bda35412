/**
 * The states of a client's connection: head -> body -> waiting (-> flushing) -> head ..., and from any of them lingering -> closed; after
 * a switch of protocols, waiting -> tunnel -> closed. Lingering (RFC 9112 section 9.6) means that the last response is written and what
 * still comes in is read and dropped for a moment, so that the client gets to read the response before a reset takes it away.
 */
export const enum State {
  /** Between requests, or within a head. */
  HEAD = 0,
  /** Within a request's body. */
  BODY,
  /** The request is complete, its response is not. */
  WAITING,
  /** The response is complete, but the client has not taken so much of it that another may be made. */
  FLUSHING,
  /** The socket is a tunnel's. */
  TUNNEL,
  /** The last response is written. */
  LINGERING,
  CLOSED,
}

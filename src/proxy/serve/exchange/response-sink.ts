/**
 * The client's side of an exchange: what the response is written to, and what the request comes from. Neither knows which version of
 * a protocol the client speaks: framing, and what becomes of the connection, is the connection's alone.
 */
import type { ResolvedListener } from '../../../contract';
import type { ResponseHead } from '../../http1/response-head';
import type { BytesListener } from '../../net/shared-read';
import type { TunnelSide } from '../../net/tunnel-side';
import type { ListenerInstruments } from '../../telemetry/instruments';
import type { ReasonCode } from '../../telemetry/reasons';
import type { Admission } from '../admission/admission';
import type { Authorizer } from '../authorization/authorizer';
import type { RequestAuthority } from '../authorization/request-authority';
import type { Routes } from '../route/routes';
import type { Via } from '../route/via';
import type { Edge } from '../edge/edge';
import type { EdgeClient } from '../edge/edge-client';
import type { Content } from './final-recipient';
import type { InboundLoad } from './load-fields';
import type { Refusal } from './refusal';

/** Writes a response. Buffers are valid during a call only. What returns false is held back until `onClientWritable`. */
export interface ResponseSink {
  sendInterim(buffer: Buffer, head: ResponseHead): boolean;
  /** A success that does not switch protocols can't be said: to extended CONNECT, it would be a switch. */
  readonly mustSwitch: boolean;
  /** Whether a switch to what was offered is the answer to what was asked. */
  takesSwitch(buffer: Buffer, head: ResponseHead): boolean;
  /** A switch of protocols. */
  sendSwitch(buffer: Buffer, head: ResponseHead, added: Buffer): void;
  /**
   * @param body     the body's first bytes, or, with `complete`, all of it
   * @param complete no other call follows
   * @param added    field lines besides, each with its CRLF
   */
  sendHead(buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean, added: Buffer): boolean;
  sendData(data: Buffer): boolean;
  sendEnd(trailers: Buffer | undefined): void;
}

/** What a request is told of the listener that it came by. A reload replaces the values. */
export interface Entry {
  readonly name: string;
  readonly direction: ResolvedListener['direction'];
  readonly instruments: ListenerInstruments;
  readonly routes: Routes;
  readonly via: Via;
  /** Who may send what; undefined: everybody, everything. */
  readonly authorizer: Authorizer | undefined;
  /** Asks a service about each request besides; undefined: nobody is asked. */
  readonly externalAuthorizer: RequestAuthority | undefined;
  /** How many are let in; undefined: all. */
  readonly admission: Admission | undefined;
  /** What is done for clients from outside; undefined: nothing. */
  readonly edge: Edge | undefined;
  /** Its clients are not of the mesh: they learn nothing of it, and don't say what is traced. */
  readonly isEdge: boolean;
  /** What the app behind it does; undefined of an outbound listener. */
  readonly load: InboundLoad | undefined;
  /** Its app is about to end, or may have ended. */
  readonly leaving: boolean;
  /** A response is the last of its connection. */
  readonly ending: boolean;
}

/** Who a request comes from. */
export interface Peer {
  /** Hash of its address. */
  readonly hash: number;
  readonly address: string;
  /** As it is known at the edge; undefined where the listener has none. */
  readonly edge: EdgeClient | undefined;
  /** The id that it has proven; undefined while nothing is proven. */
  readonly caller: string | undefined;
  /** The field line that tells the app of `caller`; undefined without one. */
  readonly callerField: Buffer | undefined;
}

/** The client's side of a tunnel. */
export interface HandedOver {
  readonly side: TunnelSide;
  /** What the client has sent behind its request. */
  readonly backlog: Buffer | undefined;
}

/** Where a request comes from. */
export interface Downstream {
  readonly listener: Entry;
  readonly response: ResponseSink;
  readonly peer: Peer;
  /** It is under TLS. */
  readonly secure: boolean;
  /** Bytes that are kept: come too early, or not taken by the client or an endpoint yet. */
  readonly heldBytes: number;
  /** No more of the request's body is wanted for now, or it is again. */
  pauseRequest(): void;
  resumeRequest(): void;
  /** The exchange ends without the endpoint's response, or in the middle of it. */
  refuse(refusal: Refusal): void;
  /** The response is written, or the tunnel is over that it led to: on to the next request. */
  onResponseWritten(): void;
  /** Gives what it is on to a tunnel, with what the client has sent behind its request. */
  handOver(listener: BytesListener): HandedOver;
}

/** What the client is told when the proxy answers by itself. */
export interface LocalAnswer {
  readonly code: ReasonCode;
  readonly status: number;
  /** What happened in particular; not from the request's own bytes. */
  readonly detail: string;
  /** In place of the words about the reason. */
  readonly content?: Content | undefined;
  /** Field lines besides, each with its CRLF. */
  readonly added: string;
  /** In place of what the reason says, when it is known better. */
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * The client's side of TLS: connections to endpoints that have to prove who they are. All of a cluster share one of these, with one context of
 * OpenSSL, which is what costs memory. Sidecars prove SPIFFE ids (sidecar-security.ts), what is outside of the mesh host names
 * (external-security.ts).
 */
import type { OnReadOpts, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { MeshVersion } from './peer-identity';

/** How long a connection may be used, as its two certificates say. */
export interface Assurance {
  /** When the first of the two expires, in seconds since 1970. */
  readonly until: number;
  /** A number that goes up when a root is no longer trusted: what it was when the peer was verified. */
  readonly trust: number;
}

export type ServerVerdict =
  | { readonly ok: true; readonly assurance: Assurance }
  | { readonly ok: false; readonly problem: string };

/** Where to, and what of Node's options of a socket. */
export interface SecureConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly highWaterMark?: number;
  readonly allowHalfOpen?: boolean;
  readonly onread?: OnReadOpts;
  /** What is to be spoken. Absent: HTTP/1.1. */
  readonly protocol?: MeshVersion | undefined;
}

/**
 * What OpenSSL says when a server has refused our certificate: alerts that belong to a handshake, and come behind it in TLS 1.3. Found on
 * reading they have a code of their own; on writing they have a number only (RFC 8446 section 6: 40 to 46, 48, 49, 51 and 116).
 */
const REFUSALS = new RegExp('_ALERT_(?:NO_CERTIFICATE|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(?:REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA'
  + '|ACCESS_DENIED|HANDSHAKE_FAILURE|DECRYPT_ERROR)$|^SSL alert number (?:4[0-689]|51|116)$');

/** An error of a connection in a word or two. */
export function wordOf(error: NodeJS.ErrnoException): string {
  const alert = error.code === 'EPROTO' ? /SSL alert number \d+/.exec(error.message)?.[0] : undefined;
  return alert ?? error.code ?? error.message;
}

/** Whether {@link wordOf} an error says that the server has refused our certificate, so that no application has seen a request. */
export function isRefusalOfCertificate(word: string): boolean {
  return REFUSALS.test(word);
}

/** Why no connection can be begun: a reason code. */
export type UnusableCode = 'no_identity' | 'tls_unusable';

export interface UpstreamSecurity {
  /** A connection on its way; one that is closed already when this proxy can't begin any. */
  connect(options: SecureConnectOptions): Socket;
  readonly unusableCode: UnusableCode;
  /** In words; empty when there is nothing in the way. */
  readonly whyUnusable: readonly string[];
  /** Whether a server may be sent anything, when the handshake is over. */
  judge(socket: TLSSocket, version?: MeshVersion): ServerVerdict;
  /** Whether another request may use a connection. */
  assures(assurance: Assurance): boolean;
}

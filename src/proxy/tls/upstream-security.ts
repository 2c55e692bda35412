/**
 * The client's side of mutual TLS: connections to endpoints that have to prove who they are. All of a cluster share one of these, with one
 * context of OpenSSL, which is what costs memory.
 */
import { OnReadOpts, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tls } from '../runtime/on-demand';
import type { Identity } from './identity';
import { judgePeer, MESH_PROTOCOLS, MeshVersion } from './peer-identity';

/** How long a connection may be used, as its two certificates say. */
export interface Assurance {
  /** When the first of the two expires, in seconds since 1970. */
  readonly until: number;
  /** {@link Identity.trust} when the peer was verified. */
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
  /** Of HTTP. Absent: HTTP/1.1. */
  readonly protocol?: MeshVersion;
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

export class UpstreamSecurity {
  private readonly serverIds: ReadonlySet<string>;

  constructor(readonly identity: Identity, serverIds: readonly string[]) {
    this.serverIds = new Set(serverIds);
  }

  /** Whether it asks for the same. */
  sameAs(identity: Identity, serverIds: readonly string[]): boolean {
    return identity === this.identity && serverIds.length === this.serverIds.size && serverIds.every((id) => this.serverIds.has(id));
  }

  /** A connection on its way; one that is closed already when this proxy can't prove who it is. */
  connect({ protocol = 'http1', ...options }: SecureConnectOptions): Socket {
    const { context } = this.identity;
    if (!context) return new Socket().destroy();
    return tls().connect({
      ...options, secureContext: context, ALPNProtocols: [MESH_PROTOCOLS[protocol]],
      // Both are judged below, where there are words for it.
      rejectUnauthorized: false, checkServerIdentity: () => undefined,
    });
  }

  /** Whether a server may be sent anything, when the handshake is over. */
  judge(socket: TLSSocket, version: MeshVersion = 'http1'): ServerVerdict {
    const verdict = judgePeer(socket, this.identity, version);
    if (!verdict.ok) return verdict;
    if (!this.serverIds.has(verdict.id)) {
      return { ok: false, problem: `it is ${verdict.id}, and must be ${[...this.serverIds].join(' or ')}` };
    }
    const own = this.identity.usable;
    if (!own) return { ok: false, problem: 'this proxy can\'t prove who it is any more' };
    return { ok: true, assurance: { until: Math.min(verdict.expiresAt, own.expiresAt), trust: this.identity.trust } };
  }

  /** Whether another request may use a connection. */
  assures({ until, trust }: Assurance): boolean {
    return trust === this.identity.trust && this.identity.clock.wallTime() / 1_000 < until;
  }
}

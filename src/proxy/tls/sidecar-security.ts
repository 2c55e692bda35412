/** The client's side of mutual TLS between sidecars: an endpoint has to prove one of the SPIFFE ids that may serve the called service. */
import { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tls } from '../runtime/on-demand';
import { BegunHandshakes } from './begun-handshakes';
import type { Identity } from './identity';
import { judgePeer, MESH_PROTOCOLS, MeshVersion } from './peer-identity';
import type { Assurance, SecureConnectOptions, ServerVerdict, UpstreamSecurity } from './upstream-security';

export class SidecarSecurity implements UpstreamSecurity {
  readonly unusableCode = 'no_identity';
  private readonly serverIds: ReadonlySet<string>;
  private readonly begun = new BegunHandshakes();

  constructor(private readonly identity: Identity, serverIds: readonly string[]) {
    this.serverIds = new Set(serverIds);
  }

  /** Whether it asks for the same. */
  sameAs(identity: Identity, serverIds: readonly string[]): boolean {
    return identity === this.identity && serverIds.length === this.serverIds.size && serverIds.every((id) => this.serverIds.has(id));
  }

  get whyUnusable(): readonly string[] { return this.identity.whyUnusable; }

  connect({ protocol = 'http1', ...options }: SecureConnectOptions): Socket {
    const { context } = this.identity;
    if (!context) return new Socket().destroy();
    const socket = tls().connect({
      ...options, secureContext: context, ALPNProtocols: [MESH_PROTOCOLS[protocol]],
      // Both are judged below, where there are words for it.
      rejectUnauthorized: false, checkServerIdentity: () => undefined,
    });
    this.begun.begin(socket, this.identity);
    return socket;
  }

  judge(socket: TLSSocket, version: MeshVersion = 'http1'): ServerVerdict {
    const verdict = this.begun.problemOf(socket, this.identity) ?? judgePeer(socket, this.identity, version);
    if (!verdict.ok) return verdict;
    if (!this.serverIds.has(verdict.id)) {
      return { ok: false, problem: `it is ${verdict.id}, and must be ${[...this.serverIds].join(' or ')}` };
    }
    const own = this.identity.usable;
    if (!own) return { ok: false, problem: 'this proxy can\'t prove who it is any more' };
    return { ok: true, assurance: { until: Math.min(verdict.expiresAt, own.expiresAt), trust: this.identity.trust } };
  }

  assures({ until, trust }: Assurance): boolean {
    return trust === this.identity.trust && this.identity.clock.wallTime() / 1_000 < until;
  }
}

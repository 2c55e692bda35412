/**
 * Who is at the other end of a TLS connection: the one judgement that both sides of mutual TLS make before anything else is read or sent.
 * OpenSSL has checked by then that the peer holds the key of its certificate, that the chain leads to a root of the bundle, and that
 * all of it is valid now. It does not break off by itself, so that what is wrong can be said; nothing may be done with a connection
 * that was not found to be good here.
 */
import type { TLSSocket } from 'node:tls';
import { ChainFault, faultOfChain } from './chain';
import type { Identity } from './identity';
import { verifySpiffe } from './spiffe';

/** Protocols of the application (ALPN) between sidecars, by what is spoken. Names of our own, so that no other TLS is taken for it. */
export const MESH_PROTOCOLS = { http1: 'mesh/h1', http2: 'mesh/h2', tcp: 'mesh/tcp' } as const;

export type MeshVersion = keyof typeof MESH_PROTOCOLS;

/** Why a peer is refused. */
export type PeerFault = ChainFault['fault'] | 'no_certificate' | 'spiffe' | 'other_id' | 'alpn';

export type PeerVerdict =
  | { readonly ok: true; readonly id: string; readonly expiresAt: number }
  | { readonly ok: false; readonly fault: PeerFault; readonly problem: string };

/** Whether it is a sidecar, and which. To be asked when the handshake is over. */
export function judgePeer(socket: TLSSocket, identity: Identity, version: MeshVersion): PeerVerdict {
  const protocol = MESH_PROTOCOLS[version];
  if (socket.alpnProtocol !== protocol) return refused('alpn', `it doesn't speak the protocol '${protocol}' (ALPN) of sidecars`);
  return judgeCertificate(socket, identity);
}

/** Who the peer is, whatever it speaks. */
export function judgeCertificate(socket: TLSSocket, { trustDomain, clock }: Identity): PeerVerdict {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return refused('no_certificate', 'it showed no certificate');
  const expiresAt = Date.parse(certificate.validTo) / 1_000;
  const chain = faultOfChain(socket, certificate, clock, 'a root of the trust bundle');
  if (chain) return refused(chain.fault, chain.problem);
  const verdict = verifySpiffe(certificate.raw, trustDomain);
  return verdict.ok ? { ok: true, id: verdict.id, expiresAt } : refused('spiffe', `its certificate proves no id, for ${verdict.problem}`);
}

function refused(fault: PeerFault, problem: string): PeerVerdict {
  return { ok: false, fault, problem };
}

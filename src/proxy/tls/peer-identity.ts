/**
 * Who is at the other end of a TLS connection: the one judgement that both sides of mutual TLS make before anything else is read or sent.
 * OpenSSL has checked by then that the peer holds the key of its certificate, that the chain leads to a root of the bundle, and that
 * all of it is valid now. It does not break off by itself, so that what is wrong can be said; nothing may be done with a connection
 * that was not found to be good here.
 */
import type { TLSSocket } from 'node:tls';
import type { Identity } from './identity';
import { verifySpiffe } from './spiffe';
import { timeProblem } from './validity';

/** Protocols of the application (ALPN) between sidecars, by the version of HTTP. Names of our own, so that no other TLS is taken for it. */
export const MESH_PROTOCOLS = { http1: 'mesh/h1', http2: 'mesh/h2' } as const;

export type MeshVersion = keyof typeof MESH_PROTOCOLS;

/** What OpenSSL says of a chain that does not lead to a root. */
const NO_CHAIN: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Why a peer is refused. */
export type PeerFault = 'no_certificate' | 'untrusted' | 'expired' | 'not_yet_valid' | 'spiffe' | 'other_id' | 'alpn';

export type PeerVerdict =
  | { readonly ok: true; readonly id: string; readonly expiresAt: number }
  | { readonly ok: false; readonly fault: PeerFault; readonly problem: string };

/** To be asked when the handshake is over. */
export function judgePeer(socket: TLSSocket, { trustDomain, clock }: Identity, version: MeshVersion): PeerVerdict {
  const protocol = MESH_PROTOCOLS[version];
  if (socket.alpnProtocol !== protocol) return refused('alpn', `it doesn't speak the protocol '${protocol}' (ALPN) of sidecars`);
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return refused('no_certificate', 'it showed no certificate');
  const expiresAt = Date.parse(certificate.validTo) / 1_000;
  if (!socket.authorized) {
    const code = codeOf(socket.authorizationError);
    const time = timeProblem('its certificate', Date.parse(certificate.validFrom) / 1_000, expiresAt, clock.wallTime() / 1_000);
    if (code === 'CERT_HAS_EXPIRED') return refused('expired', time ?? 'a certificate between its own and the root has expired');
    if (code === 'CERT_NOT_YET_VALID') return refused('not_yet_valid', time ?? 'a certificate between its own and the root is not valid yet');
    return refused('untrusted', `its certificate ${NO_CHAIN.has(code) ? 'does not lead to a root of the trust bundle' : 'can\'t be accepted'} (${code})`);
  }
  const verdict = verifySpiffe(certificate.raw, trustDomain);
  return verdict.ok ? { ok: true, id: verdict.id, expiresAt } : refused('spiffe', `its certificate proves no id, for ${verdict.problem}`);
}

/** Node says that it is an Error, and has the code alone. */
function codeOf(error: unknown): string {
  return typeof error === 'string' ? error : (error as NodeJS.ErrnoException | null)?.code ?? 'unknown';
}

function refused(fault: PeerFault, problem: string): PeerVerdict {
  return { ok: false, fault, problem };
}

/** What OpenSSL says of a peer's certificates, in words. It has looked at signatures, times, uses, and the way to a root. */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../runtime/clock';
import { timeProblem } from './validity';

export interface ChainFault {
  readonly fault: 'untrusted' | 'expired' | 'not_yet_valid';
  readonly problem: string;
}

/** The codes of a chain that does not lead to a root. */
const NO_CHAIN: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * Why the peer's certificates can't be believed; undefined when they can.
 *
 * @param certificate that of the peer
 * @param root        what they have to lead to, in words
 */
export function faultOfChain(socket: TLSSocket, certificate: X509Certificate, clock: Clock, root: string): ChainFault | undefined {
  if (socket.authorized) return undefined;
  const code = codeOf(socket.authorizationError);
  const [validFrom, expiresAt] = [certificate.validFrom, certificate.validTo].map((time) => Date.parse(time) / 1_000) as [number, number];
  const time = timeProblem('its certificate', validFrom, expiresAt, clock.wallTime() / 1_000);
  if (code === 'CERT_HAS_EXPIRED') return { fault: 'expired', problem: time ?? 'a certificate between its own and the root has expired' };
  if (code === 'CERT_NOT_YET_VALID') return { fault: 'not_yet_valid', problem: time ?? 'a certificate between its own and the root is not valid yet' };
  return { fault: 'untrusted', problem: `its certificate ${NO_CHAIN.has(code) ? `does not lead to ${root}` : 'can\'t be accepted'} (${code})` };
}

/** Node says that it is an Error, and has the code alone. */
function codeOf(error: unknown): string {
  return typeof error === 'string' ? error : (error as NodeJS.ErrnoException | null)?.code ?? 'unknown';
}

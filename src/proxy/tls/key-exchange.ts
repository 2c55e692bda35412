/**
 * How the two ends of a TLS connection agree on keys: by elliptic curves alone, with X25519MLKEM768 before them where OpenSSL has it (3.5, Node
 * 24), which a quantum computer does not break. OpenSSL would take finite fields (ffdhe) besides; there a stranger asks for the largest,
 * and the server computes a hundred times as long as for a curve (CVE-2002-20001).
 */
import { tls } from '../runtime/on-demand';

const CURVES = 'X25519:P-256:P-384';
/** A client sends the keys of both groups, so that a server that knows one of them needs no second round. */
const POST_QUANTUM = `*X25519MLKEM768/*${CURVES}`;

let known: string | undefined;

/** For `ecdhCurve` of a context. */
export function keyExchangeGroups(): string {
  return known ??= takes(POST_QUANTUM) ? POST_QUANTUM : CURVES;
}

function takes(ecdhCurve: string): boolean {
  try {
    tls().createSecureContext({ ecdhCurve });
    return true;
  } catch {
    return false;
  }
}

/** A certificate for a stand-in that speaks TLS. Its authority is known to nobody, so clients have to be told not to check it. */
import { issueForHost, makeRoot } from '../../authority';

/** Longer than a run: it is not renewed. */
const LIFETIME_MS = 365 * 86_400_000;

export function ownCertificate(): { readonly cert: string; readonly key: string } {
  const validity = { now: Date.now(), lifetimeMs: LIFETIME_MS };
  const { certificate, key } = issueForHost(makeRoot('stand-in', validity), 'stand-in', validity);
  return { cert: certificate, key };
}

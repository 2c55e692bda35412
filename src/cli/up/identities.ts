/**
 * Identities of the pods of a run: where documents declare one, the run has an authority of its own for each trust domain, which lives as
 * long as the run. Its keys stay in memory; a pod's files are for this user alone, below the run's folder.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Credentials, issue, Issuer, makeIssuer, makeRoot, spiffeIdOf, Validity } from '../../authority';
import type { IdentityConfig } from '../../contract';
import type { Workload } from '../model/model';

/** Longer than a run: its certificates are not renewed. */
const LIFETIME_MS = 365 * 86_400_000;

interface Authority {
  readonly root: Issuer;
  readonly issuer: Issuer;
}

export class Identities {
  private readonly authorities = new Map<string, Authority>();
  /** What each pod has. */
  private readonly made = new Map<string, IdentityConfig>();

  /** @param folder made when there are identities */
  constructor(private readonly folder: string) {}

  /** Makes the certificate of a pod, unless it has one, and says where it is. */
  of(pod: string, { namespace, service }: Pick<Workload, 'namespace' | 'service'>, declared: IdentityConfig): IdentityConfig {
    const { trustDomain, id = spiffeIdOf(trustDomain, namespace, service) } = declared;
    const present = this.made.get(pod);
    if (present?.id === id) return present;
    const made = this.make(pod, trustDomain, id);
    this.made.set(pod, made);
    return made;
  }

  /** A certificate for an id, by the authority of its trust domain in this run. */
  issueTo(id: string, validity: Validity): Credentials {
    return issue(this.authorityOf(id.split('/')[2]!).issuer, id, validity);
  }

  private make(pod: string, trustDomain: string, id: string): IdentityConfig {
    const { root, issuer } = this.authorityOf(trustDomain);
    const leaf = issue(issuer, id, { now: Date.now(), lifetimeMs: LIFETIME_MS });
    const folder = join(this.folder, pod);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const put = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    return {
      trustDomain, id, certificateFile: put('tls.crt', leaf.certificate), keyFile: put('tls.key', leaf.key), trustBundleFile: put('ca.crt', root.certificate),
    };
  }

  private authorityOf(trustDomain: string): Authority {
    let authority = this.authorities.get(trustDomain);
    if (!authority) {
      const validity = { now: Date.now(), lifetimeMs: LIFETIME_MS };
      const root = makeRoot(trustDomain, validity);
      authority = { root, issuer: makeIssuer(root, validity) };
      this.authorities.set(trustDomain, authority);
    }
    return authority;
  }
}

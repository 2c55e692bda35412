/**
 * Identities for tests of mutual TLS: an authority, and its certificates in folders as the kubelet and CSI drivers mount them: `..data` is a
 * link that is swapped whole.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Credentials, issue, Issuer, LeafOverrides, makeIssuer, makeRoot, spiffeIdOf } from '../../src/authority';
import type { IdentityConfig } from '../../src/contract';

export const DOMAIN = 'cluster.local';

/** The id of a service in the namespace `shop`. */
export const idOf = (service: string): string => spiffeIdOf(DOMAIN, 'shop', service);

export class TestAuthority {
  root: Issuer;
  issuer: Issuer;

  constructor(readonly trustDomain = DOMAIN, now = Date.now()) {
    this.root = makeRoot(trustDomain, { now });
    this.issuer = makeIssuer(this.root, { now });
  }

  leaf(service: string, overrides: LeafOverrides = {}, now = Date.now()): Credentials {
    return issue(this.issuer, spiffeIdOf(this.trustDomain, 'shop', service), { now }, overrides);
  }
}

/** A folder with tls.crt, tls.key and ca.crt, as cert-manager's csi drivers write it. */
export class MountedIdentity {
  readonly folder = mkdtempSync(join(tmpdir(), 'mesh-identity-'));
  private revision = 0;

  constructor(leaf: Credentials, bundle: string) {
    this.swap(leaf, bundle);
  }

  get config(): IdentityConfig {
    const [certificateFile, keyFile, trustBundleFile] = ['tls.crt', 'tls.key', 'ca.crt'].map((name) => join(this.folder, name)) as [string, string, string];
    return { trustDomain: DOMAIN, certificateFile, keyFile, trustBundleFile };
  }

  /** With certificate and key in one file, as the volume `podCertificate` writes it. */
  get bundled(): IdentityConfig {
    return { trustDomain: DOMAIN, credentialBundleFile: join(this.folder, 'credentialbundle.pem'), trustBundleFile: join(this.folder, 'ca.crt') };
  }

  swap({ certificate, key }: Credentials, bundle: string): void {
    this.write({ 'tls.crt': certificate, 'tls.key': key, 'ca.crt': bundle, 'credentialbundle.pem': key + certificate });
  }

  /** These files in place of all others. */
  write(files: Readonly<Record<string, string>>): void {
    this.revision += 1;
    const fresh = `..${this.revision}`;
    mkdirSync(join(this.folder, fresh));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, fresh, name), text, { mode: 0o600 });
    symlinkSync(fresh, join(this.folder, '..data_tmp'));
    renameSync(join(this.folder, '..data_tmp'), join(this.folder, '..data'));
    for (const name of Object.keys(files)) if (!existsSync(join(this.folder, name))) symlinkSync(`..data/${name}`, join(this.folder, name));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

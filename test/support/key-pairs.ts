/**
 * Certificates and keys in a folder, laid out as the kubelet mounts a Secret of type kubernetes.io/tls: `tls.crt` ->
 * `..data/tls.crt`, `..data` -> a folder that is swapped whole.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertificateConfig } from '../../src/contract';
import { generate } from 'selfsigned';
import { Certificate, makeCertificate } from '../../src/cli/up/endpoint-api/credentials';

export type { Certificate };

/** A certificate of its own authority, for 127.0.0.1. */
export function makeKeyPair(): Promise<Certificate> {
  return makeCertificate('127.0.0.1');
}

/** A certificate of its own authority for these host names. */
export async function makeCertificateFor(
  names: readonly string[], valid: { readonly notBeforeDate?: Date; readonly notAfterDate?: Date } = {},
): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: names[0] ?? 'none' }], {
    keyType: 'ec', curve: 'P-256', algorithm: 'sha256', ...valid,
    extensions: [{ name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) }],
  });
  return { key: made.private, certificate: made.cert };
}

export class MountedSecret {
  readonly folder = mkdtempSync(join(tmpdir(), 'mesh-tls-'));
  private revision = 0;

  constructor(certificate: string, key: string) {
    this.swap(certificate, key);
    for (const name of ['tls.crt', 'tls.key']) symlinkSync(`..data/${name}`, join(this.folder, name));
  }

  get config(): CertificateConfig {
    return { certificateFile: join(this.folder, 'tls.crt'), keyFile: join(this.folder, 'tls.key') };
  }

  swap(certificate: string, key: string): void {
    this.revision += 1;
    const fresh = `..${this.revision}`;
    mkdirSync(join(this.folder, fresh));
    writeFileSync(join(this.folder, fresh, 'tls.crt'), certificate);
    writeFileSync(join(this.folder, fresh, 'tls.key'), key);
    symlinkSync(fresh, join(this.folder, '..data_tmp'));
    renameSync(join(this.folder, '..data_tmp'), join(this.folder, '..data'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

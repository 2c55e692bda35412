/**
 * What a pod finds in its projected service account volume: `token` and `ca.crt`. Written the way the kubelet does it
 * (atomic writer): a new directory with the whole content, then one rename of the link `..data` that the files are links
 * through, so that a reader sees the old pair or the new pair and never half of either.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export const TOKEN_FILE_NAME = 'token';
export const CA_FILE_NAME = 'ca.crt';

export interface Certificate {
  /** PEM. */
  readonly key: string;
  /** PEM; also the authority that clients check it against. */
  readonly certificate: string;
}

/** A certificate for one loopback address, its own authority. */
export async function makeCertificate(address: string): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: 'cdk8s-mesh embedded API' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: address }, { type: 2, value: 'localhost' }] },
    ],
  });
  return { key: made.private, certificate: made.cert };
}

export function makeToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Puts both files into a folder, which is made if need be, readable by this user alone. */
export async function writeCredentials(folder: string, token: string, ca: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const data = join(folder, '..data');
  const old = await readlink(data).catch(() => undefined);
  const fresh = `..${new Date().toISOString().replace(/[-:.TZ]/g, '_')}${randomBytes(4).toString('hex')}`;
  await mkdir(join(folder, fresh), { mode: 0o700 });
  await writeFile(join(folder, fresh, TOKEN_FILE_NAME), token, { mode: 0o600 });
  await writeFile(join(folder, fresh, CA_FILE_NAME), ca, { mode: 0o600 });
  await symlink(fresh, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), data);
  for (const name of [TOKEN_FILE_NAME, CA_FILE_NAME]) {
    await symlink(join('..data', name), join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  if (old !== undefined) await rm(join(folder, old), { recursive: true, force: true });
}

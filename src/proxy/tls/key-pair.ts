/**
 * A certificate and its private key, read from their files and found to belong together. What is wrong is said in terms of
 * the files, for the libraries below speak of anything but them.
 */
import type { CertificateConfig } from '../../contract';
import { readTogether } from '../runtime/file-watcher';
import { crypto, tls } from '../runtime/on-demand';
import { hostNamesIn } from './host-names';

export type KeyFiles = Pick<CertificateConfig, 'certificateFile' | 'keyFile'>;

export interface KeyPair {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** From when and up to when the certificate is valid, in seconds since 1970. */
  readonly validFrom: number;
  readonly expiresAt: number;
  /** Host names that it is for, some with `*.` in front. */
  readonly hosts: readonly string[];
}

export type KeyPairResult = { readonly ok: true; readonly pair: KeyPair } | { readonly ok: false; readonly problems: readonly string[] };

/** Reads both files, as they were at one moment. Problems come in the order certificate, key, whichever file answers first. */
export async function readKeyPair(files: KeyFiles): Promise<KeyPairResult> {
  const fields = ['certificateFile', 'keyFile'] as const;
  const [cert, key] = await readTogether(fields.map((field) => files[field]));
  const problems = [cert!, key!].flatMap((text, i) => (typeof text === 'string' ? [] : [unreadable(fields[i]!, files[fields[i]!], text)]));
  return problems.length > 0 ? { ok: false, problems } : checkKeyPair(files, cert as string, key as string);
}

/** Finds out whether two texts are a certificate and its key. */
export function checkKeyPair({ certificateFile, keyFile }: KeyFiles, cert: string, key: string): KeyPairResult {
  const problems: string[] = [];
  const parse = <T>(make: () => T, problem: string): T | undefined => {
    try {
      return make();
    } catch {
      problems.push(problem);
      return undefined;
    }
  };
  const certificate = parse(() => new (crypto().X509Certificate)(cert), `certificateFile '${certificateFile}' holds no certificate in PEM form`);
  const privateKey = parse(() => crypto().createPrivateKey(key), `keyFile '${keyFile}' holds no private key in PEM form, or one that is encrypted`);
  if (!certificate || !privateKey) return { ok: false, problems };
  if (!certificate.checkPrivateKey(privateKey)) {
    return { ok: false, problems: [`keyFile '${keyFile}' holds another key than that of the certificate in '${certificateFile}'; give both files of one pair`] };
  }
  try {
    tls().createSecureContext({ cert, key });
  } catch (error) {
    return { ok: false, problems: [`certificateFile '${certificateFile}' can't be used: ${(error as Error).message}`] };
  }
  const [validFrom, expiresAt] = [certificate.validFrom, certificate.validTo].map((time) => Date.parse(time) / 1_000) as [number, number];
  return { ok: true, pair: { cert, key, validFrom, expiresAt, hosts: hostNamesIn(certificate.subjectAltName) } };
}

/** What is wrong with a file that can't be read. */
export function unreadable(field: string, path: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT': return `${field} '${path}' is not there; mount it, or correct the path`;
    case 'EACCES': return `${field} '${path}' may not be read by this process; change its mode or owner`;
    default: return `${field} '${path}' can't be read: ${error.message}`;
  }
}

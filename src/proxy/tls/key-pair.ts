/**
 * A certificate and its private key, read from their files and found to belong together. What is wrong is said in terms of
 * the files, for the libraries below speak of anything but them.
 */
import { readFile } from 'node:fs/promises';
import type { TlsConfig } from '../../contract';
import { crypto, tls } from '../runtime/on-demand';

export type KeyFiles = Pick<TlsConfig, 'certificateFile' | 'keyFile'>;

export interface KeyPair {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** When the certificate expires, in seconds since 1970. */
  readonly expiresAt: number;
}

export type KeyPairResult = { readonly ok: true; readonly pair: KeyPair } | { readonly ok: false; readonly problems: readonly string[] };

/** Reads both files. Problems come in the order certificate, key, whichever file answers first. */
export async function readKeyPair(files: KeyFiles): Promise<KeyPairResult> {
  const read = async (field: keyof KeyFiles): Promise<{ text: string; problem?: string }> => {
    try {
      return { text: await readFile(files[field], 'utf8') };
    } catch (error) {
      return { text: '', problem: unreadable(field, files[field], error as NodeJS.ErrnoException) };
    }
  };
  const [cert, key] = await Promise.all([read('certificateFile'), read('keyFile')]);
  const problems = [cert.problem, key.problem].filter((problem) => problem !== undefined);
  return problems.length > 0 ? { ok: false, problems } : checkKeyPair(files, cert.text, key.text);
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
  return { ok: true, pair: { cert, key, expiresAt: Date.parse(certificate.validTo) / 1_000 } };
}

function unreadable(field: string, path: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT': return `${field} '${path}' is not there; mount it, or correct the path`;
    case 'EACCES': return `${field} '${path}' may not be read by this process; change its mode or owner`;
    default: return `${field} '${path}' can't be read: ${error.message}`;
  }
}

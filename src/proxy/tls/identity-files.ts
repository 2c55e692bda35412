/**
 * The files of a proxy's identity: its certificate and key, and the roots that it trusts. Read as they were at one moment, found to
 * belong together, and judged by the rules that peers will apply.
 */
import type { IdentityConfig } from '../../contract';
import { readTogether } from '../runtime/file-watcher';
import { crypto } from '../runtime/on-demand';
import { checkKeyPair, unreadable } from './key-pair';
import { verifySpiffe } from './spiffe';

/** Most roots in a trust bundle. */
export const MAX_ROOTS = 64;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What connections are made with. */
export interface IdentityMaterial {
  /** PEM: the certificate and its chain, the key, the roots. */
  readonly cert: string;
  readonly key: string;
  readonly ca: readonly string[];
  /** Its SPIFFE id. */
  readonly id: string;
  /** Of the certificate, in seconds since 1970. */
  readonly validFrom: number;
  readonly expiresAt: number;
  /** When the last of the roots expires. */
  readonly rootsExpireAt: number;
}

export type IdentityResult =
  | { readonly ok: true; readonly material: IdentityMaterial }
  | { readonly ok: false; readonly problems: readonly string[] };

type FileField = 'certificateFile' | 'keyFile' | 'credentialBundleFile' | 'trustBundleFile';

/** The fields of an identity that name files, in the order in which {@link identityPaths} has them. */
function fieldsOf({ credentialBundleFile }: IdentityConfig): readonly FileField[] {
  return credentialBundleFile === undefined ? ['certificateFile', 'keyFile', 'trustBundleFile'] : ['credentialBundleFile', 'trustBundleFile'];
}

export function identityPaths(config: IdentityConfig): string[] {
  return fieldsOf(config).map((field) => config[field]!);
}

/** Reads the files. `texts` is what they hold; nothing in place of one that can't be read. */
export async function readIdentity(config: IdentityConfig): Promise<{ readonly texts: readonly string[]; readonly result: IdentityResult }> {
  const read = await readTogether(identityPaths(config));
  const fields = fieldsOf(config);
  const problems = read.flatMap((text, i) => (typeof text === 'string' ? [] : [unreadable(fields[i]!, config[fields[i]!]!, text)]));
  if (problems.length > 0) return { texts: [], result: { ok: false, problems } };
  return { texts: read as readonly string[], result: checkIdentity(config, read as readonly string[]) };
}

/** @param texts the contents of the files, in the order of {@link identityPaths} */
export function checkIdentity(config: IdentityConfig, texts: readonly string[]): IdentityResult {
  const { credentialBundleFile, trustBundleFile, trustDomain } = config;
  const isBundle = credentialBundleFile !== undefined;
  const [cert, key, bundle] = isBundle ? [texts[0]!, texts[0]!, texts[1]!] : [texts[0]!, texts[1]!, texts[2]!];
  const files = isBundle ? { certificateFile: credentialBundleFile, keyFile: credentialBundleFile }
    : { certificateFile: config.certificateFile!, keyFile: config.keyFile! };
  const pair = checkKeyPair(files, cert, key);
  const roots = readRoots(trustBundleFile, bundle);
  if (!pair.ok) {
    const inBundle = (problem: string): string => (isBundle ? problem.replace(/^(certificateFile|keyFile) /, 'credentialBundleFile ') : problem);
    return { ok: false, problems: [...pair.problems.map(inBundle), ...roots.problems] };
  }
  const verdict = verifySpiffe(new (crypto().X509Certificate)(cert).raw, trustDomain);
  const problems = [...roots.problems];
  const certificate = `the certificate in '${files.certificateFile}'`;
  if (!verdict.ok) problems.push(`${certificate} proves no id, for ${verdict.problem}`);
  else if (config.id !== undefined && verdict.id !== config.id) problems.push(`${certificate} is of ${verdict.id}, and must be of ${config.id}`);
  if (!verdict.ok || problems.length > 0) return { ok: false, problems };
  const { validFrom, expiresAt } = pair.pair;
  const { pems: ca, expireAt: rootsExpireAt } = roots;
  return { ok: true, material: { cert, key, ca, id: verdict.id, validFrom, expiresAt, rootsExpireAt } };
}

function readRoots(
  file: string, text: string,
): { readonly pems: readonly string[]; readonly expireAt: number; readonly problems: readonly string[] } {
  const pems = text.match(CERTIFICATE) ?? [];
  const wrong = (problem: string): ReturnType<typeof readRoots> => ({ pems: [], expireAt: 0, problems: [`trustBundleFile '${file}' ${problem}`] });
  if (pems.length === 0) return wrong('holds no certificate in PEM form');
  if (pems.length > MAX_ROOTS) return wrong(`holds ${pems.length} certificates, and may hold ${MAX_ROOTS}`);
  try {
    const roots = pems.map((pem) => new (crypto().X509Certificate)(pem));
    // Each of them is trusted by itself, whoever has signed it.
    const other = roots.find(({ ca }) => !ca);
    if (other) return wrong(`holds a certificate that is no authority's${other.subject ? ` (${other.subject.replaceAll('\n', ', ')})` : ''}; take it out`);
    const expireAt = Math.max(...roots.map(({ validTo }) => Date.parse(validTo) / 1_000));
    // Another order, or another way to break lines, is no other bundle.
    return { pems: [...new Set(pems.map((pem) => pem.replace(/\r/g, '')))].sort(), expireAt, problems: [] };
  } catch {
    return wrong('holds a certificate that can\'t be read');
  }
}

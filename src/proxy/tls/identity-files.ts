/**
 * The files of a proxy's identity: its certificate and key, and the roots that it trusts. Found to belong together, and judged by the rules that
 * peers will apply.
 */
import type { IdentityConfig } from '../../contract';
import { crypto } from '../runtime/on-demand';
import { FirstReading, Found, NamedFile, readFirst } from './followed-files';
import { checkKeyPair, KeyPair } from './key-pair';
import { problemOfChain } from './own-chain';
import { readRoots, Roots } from './roots';
import { verifySpiffe } from './spiffe';

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
  /** Why peers that have the same roots refuse the certificate; undefined when they don't. */
  readonly untrusted: string | undefined;
}

type FileField = 'certificateFile' | 'keyFile' | 'credentialBundleFile' | 'trustBundleFile';

/** The files of an identity. */
export function identityFiles(config: IdentityConfig): NamedFile[] {
  const fields: readonly FileField[] = config.credentialBundleFile === undefined
    ? ['certificateFile', 'keyFile', 'trustBundleFile'] : ['credentialBundleFile', 'trustBundleFile'];
  return fields.map((field) => ({ field, path: config[field]! }));
}

export function readIdentity(config: IdentityConfig): Promise<FirstReading<IdentityMaterial>> {
  return readFirst(identityFiles(config), (texts) => checkIdentity(config, texts));
}

/**
 * @param texts the contents of the files, in the order of {@link identityFiles}
 * @param inUse what was last found good
 */
export function checkIdentity(config: IdentityConfig, texts: readonly string[], inUse?: IdentityMaterial): Found<IdentityMaterial> {
  const { credentialBundleFile, trustBundleFile } = config;
  const isBundle = credentialBundleFile !== undefined;
  const [cert, key, bundle] = isBundle ? [texts[0]!, texts[0]!, texts[1]!] : [texts[0]!, texts[1]!, texts[2]!];
  const files = isBundle ? { certificateFile: credentialBundleFile, keyFile: credentialBundleFile }
    : { certificateFile: config.certificateFile!, keyFile: config.keyFile! };
  const pair = checkKeyPair(files, cert, key);
  const roots = readRoots(`trustBundleFile '${trustBundleFile}'`, bundle, true);
  if (!pair.ok) {
    const inBundle = (problem: string): string => (isBundle ? problem.replace(/^(certificateFile|keyFile) /, 'credentialBundleFile ') : problem);
    return { ok: false, problems: [...pair.problems.map(inBundle), ...roots.problems] };
  }
  const words = { certificate: `the certificate in '${files.certificateFile}'`, bundle: `the trust bundle in '${trustBundleFile}'` };
  return judgeIdentity(config, pair.pair, roots, words, inUse);
}

/**
 * A certificate that does not lead to the roots is refused, for peers that have the same ones refuse it. Not so when the one in use does not lead to
 * them either: a root is taken out of a bundle because it is not to be trusted any more, and that must not wait for a certificate.
 *
 * @param words what both are called
 * @param inUse what was last found good
 */
export function judgeIdentity(
  { trustDomain, id }: IdentityConfig, { cert, key, validFrom, expiresAt }: KeyPair, roots: Roots,
  words: { readonly certificate: string; readonly bundle: string }, inUse: IdentityMaterial | undefined,
): Found<IdentityMaterial> {
  const verdict = verifySpiffe(new (crypto().X509Certificate)(cert).raw, trustDomain);
  const problems = [...roots.problems];
  if (!verdict.ok) problems.push(`${words.certificate} proves no id, for ${verdict.problem}`);
  else if (id !== undefined && verdict.id !== id) problems.push(`${words.certificate} is of ${verdict.id}, and must be of ${id}`);
  if (!verdict.ok || problems.length > 0) return { ok: false, problems };
  const chain = problemOfChain(cert, roots.pems);
  const untrusted = chain && `${words.certificate} does not lead to ${words.bundle}: ${chain}; add the root that it comes from, or have it issued anew`;
  if (untrusted !== undefined && (!inUse || problemOfChain(inUse.cert, roots.pems) === undefined)) return { ok: false, problems: [untrusted] };
  return { ok: true, material: { cert, key, ca: roots.pems, id: verdict.id, validFrom, expiresAt, rootsExpireAt: roots.expireAt, untrusted } };
}

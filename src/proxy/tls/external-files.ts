/** The files of a cluster's TLS to the outside: the roots that are trusted, and the certificate that is shown. Each of them may be left out. */
import type { ResolvedUpstreamTls } from '../../contract';
import type { Found, NamedFile } from './followed-files';
import { checkKeyPair } from './key-pair';
import { readRoots } from './roots';

export interface ExternalMaterial {
  /** PEM. Without roots, Node's own count. */
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  /** Of the certificate that is shown, in seconds since 1970; NaN without one. */
  readonly validFrom: number;
  readonly expiresAt: number;
  /** When the last of the roots expires; NaN without a file of them. */
  readonly rootsExpireAt: number;
}

const FIELDS = ['trustBundleFile', 'certificateFile', 'keyFile'] as const;

export function externalFiles(tls: ResolvedUpstreamTls): NamedFile[] {
  return FIELDS.flatMap((field) => (tls[field] === undefined ? [] : [{ field, path: tls[field] }]));
}

/** @param texts the contents of the files, in the order of {@link externalFiles} */
export function checkExternal(tls: ResolvedUpstreamTls, texts: readonly string[]): Found<ExternalMaterial> {
  const textOf = new Map(externalFiles(tls).map(({ field }, i) => [field, texts[i]!]));
  const { trustBundleFile, certificateFile, keyFile } = tls;
  const roots = trustBundleFile === undefined ? undefined : readRoots(`trustBundleFile '${trustBundleFile}'`, textOf.get('trustBundleFile')!, false);
  const pair = certificateFile === undefined || keyFile === undefined ? undefined
    : checkKeyPair({ certificateFile, keyFile }, textOf.get('certificateFile')!, textOf.get('keyFile')!);
  const problems = [...roots?.problems ?? [], ...pair && !pair.ok ? pair.problems : []];
  if (problems.length > 0) return { ok: false, problems };
  const shown = pair?.ok ? pair.pair : undefined;
  return {
    ok: true,
    material: {
      ...(roots && { ca: roots.pems }),
      ...(shown && { cert: shown.cert, key: shown.key }),
      validFrom: shown?.validFrom ?? NaN,
      expiresAt: shown?.expiresAt ?? NaN,
      rootsExpireAt: roots?.expireAt ?? NaN,
    },
  };
}

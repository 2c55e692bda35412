/**
 * Certificates that listeners show to clients from outside, in place of the Secrets of a cluster: the user's own files, those of Secrets in
 * the YAML, or certificates by an authority that lives as long as the run. The authority's key stays in memory; its certificate is a file,
 * for clients that are to trust it.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Credentials, issueServer, Issuer, makeRoot } from '../../authority';
import { CertificateConfig, ListenerConfig, TLS_DIR, withTlsDefaults } from '../../contract';
import { UserError, messageOf } from '../command-line/errors';
import type { MeshModel, Workload } from '../model/model';

/** Longer than a run: its certificates are not renewed. */
const LIFETIME_MS = 365 * 86_400_000;
/** Name for clients on this machine, where a listener takes any host. */
const LOOPBACK_NAME = 'localhost';
const MOUNTED = new RegExp(`^${TLS_DIR}/([^/]+)/[^/]+$`);

/** A certificate and its key in files of the user. */
export type OwnFiles = Pick<CertificateConfig, 'certificateFile' | 'keyFile'>;

export class Certificates {
  /** What is in place of each certificate of a document, by everything that it depends on. */
  private readonly made = new Map<string, OwnFiles>();
  private root: Issuer | undefined;
  /** Whether some are by authorities that the run doesn't know. */
  private hasOthers = false;

  /**
   * @param folder made when there are certificates
   * @param own the user's files, by the name of the Secret that they replace
   * @param model the YAML as it is now
   */
  constructor(private readonly folder: string, private readonly own: ReadonlyMap<string, OwnFiles>, private readonly model: () => Pick<MeshModel, 'secrets'>) {}

  /** The file of the authority's certificate; undefined as long as it has issued nothing. */
  get authorityFile(): string | undefined { return this.root && join(this.folder, 'ca.crt'); }

  /** The authority's certificate, when all that is shown is by it. */
  get onlyAuthority(): string | undefined { return this.hasOthers ? undefined : this.root?.certificate; }

  /** What a listener shows in place of a certificate of its document. */
  of(workload: Workload, listener: ListenerConfig, certificate: CertificateConfig): CertificateConfig {
    const secret = secretOf(certificate, workload);
    const own = this.own.get(secret);
    const { 'tls.crt': chain, 'tls.key': key } = this.model().secrets.get(`${workload.namespace}/${secret}`) ?? {};
    const inYaml = chain !== undefined && key !== undefined ? { certificate: chain, key } : undefined;
    if (own ?? inYaml) this.hasOthers = true;
    if (own) return { ...certificate, ...own };
    const names = inYaml ? [] : namesFor(workload, listener, certificate);
    // A change of any of these is a new pair of files, so that no proxy reads the old certificate with the new key.
    const identity = JSON.stringify([workload.namespace, secret, names, inYaml]);
    let files = this.made.get(identity);
    if (!files) this.made.set(identity, files = inYaml ? this.write(inYaml) : this.issue(names));
    return { ...certificate, ...files };
  }

  private issue(names: readonly string[]): OwnFiles {
    const now = Date.now();
    this.root ??= makeRoot(LOOPBACK_NAME, { now, lifetimeMs: LIFETIME_MS }, 'authority of this run');
    const files = this.write(issueServer(this.root, names, { now, lifetimeMs: LIFETIME_MS }));
    writeFileSync(join(this.folder, 'ca.crt'), this.root.certificate);
    return files;
  }

  private write({ certificate, key }: Credentials): OwnFiles {
    const folder = join(this.folder, String(this.made.size));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const files = { certificateFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
    writeFileSync(files.certificateFile, certificate, { mode: 0o600 });
    writeFileSync(files.keyFile, key, { mode: 0o600 });
    return files;
  }
}

/** The names of the Secrets that hold certificates of listeners. */
export function certificateSecrets({ workloads }: Pick<MeshModel, 'workloads'>): Set<string> {
  return new Set(workloads.flatMap((workload) => workload.config.listeners.flatMap(({ tls }) =>
    (tls ? withTlsDefaults(tls).certificates.map((certificate) => secretOf(certificate, workload)) : []))));
}

/** Reads `SECRET=CERTIFICATE,KEY`, and says in words what is wrong with it. */
export function readOwnFiles(texts: readonly string[], model: Pick<MeshModel, 'workloads'>): Map<string, OwnFiles> {
  const secrets = certificateSecrets(model);
  const own = new Map<string, OwnFiles>();
  for (const text of texts) {
    const [, secret, certificateFile, keyFile] = /^([^=]+)=([^,]+),([^,]+)$/.exec(text) ?? [];
    if (secret === undefined) throw new UserError(`--certificate must name a Secret and two files in PEM form, as in shop-tls=shop.pem,shop-key.pem, got '${text}'`);
    if (!secrets.has(secret)) {
      throw new UserError(`--certificate names the Secret '${secret}', which no listener has its certificate from. ${secrets.size === 0
        ? 'There is no listener with TLS' : `There are ${[...secrets].join(', ')}`}`);
    }
    if (own.has(secret)) throw new UserError(`--certificate names the Secret '${secret}' twice; give it one certificate`);
    const files = { certificateFile: resolve(certificateFile!), keyFile: resolve(keyFile!) };
    checkPair(files);
    own.set(secret, files);
  }
  return own;
}

function checkPair({ certificateFile, keyFile }: OwnFiles): void {
  const parse = <T>(file: string, what: string, read: (text: string) => T): T => {
    try {
      return read(readFileSync(file, 'utf8'));
    } catch (error) {
      throw new UserError(`--certificate: ${file} can't be read as ${what} in PEM form: ${messageOf(error)}`);
    }
  };
  const certificate = parse(certificateFile, 'a certificate', (text) => new X509Certificate(text));
  const key = parse(keyFile, 'a private key', createPrivateKey);
  if (!certificate.checkPrivateKey(key)) throw new UserError(`--certificate: ${keyFile} is not the key of the certificate in ${certificateFile}`);
}

/** The Secret that is mounted where a document has a certificate: a gateway has several, each below its name. */
function secretOf({ certificateFile }: CertificateConfig, { tlsSecret }: Pick<Workload, 'tlsSecret'>): string {
  return MOUNTED.exec(certificateFile)?.[1] ?? tlsSecret ?? certificateFile;
}

/** What a certificate is for: the hosts that it is declared for, or those of all routes, or the names of the service. */
function namesFor({ service, namespace }: Workload, { direction, routes }: ListenerConfig, { hosts }: CertificateConfig): string[] {
  if (hosts) return hosts;
  if (direction === 'inbound') return [service, `${service}.${namespace}`, `${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`, LOOPBACK_NAME];
  const named = routes.flatMap(({ matches = [{}] }) => matches).flatMap((match) => match.hosts ?? [LOOPBACK_NAME, service]);
  return [...new Set(named)];
}

/**
 * Certificates by OpenSSL, in the forms in which issuers write them. cert-manager's drivers name their files tls.crt, tls.key and ca.crt:
 * csi-driver-spiffe writes keys of P-256 in PKCS#8 and leaves the subject empty, csi-driver writes RSA in PKCS#1 unless it is told otherwise.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of what a workload has. */
export interface Files {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly trustBundleFile: string;
}

export interface Form {
  readonly title: string;
  /** Arguments of `openssl genpkey`. */
  readonly key: readonly string[];
  /** `-traditional` is PKCS#1 for RSA, and SEC1 for elliptic curves. */
  readonly keyEncoding: 'pkcs8' | 'traditional';
  readonly subject?: string;
  /** Authorities between the root and the leaf. */
  readonly intermediates: number;
  /** The trust bundle. */
  readonly bundle: 'root' | 'several roots' | 'issuer';
}

const P256 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const RSA = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];

/** What csi-driver-spiffe writes when its issuer is a root. */
export const USUAL: Form = { title: 'P-256 in PKCS#8 without a subject, as of csi-driver-spiffe', key: P256, keyEncoding: 'pkcs8', intermediates: 0, bundle: 'root' };

export const FORMS: readonly Form[] = [
  USUAL,
  { title: 'RSA in PKCS#1 with a subject, as of csi-driver', key: RSA, keyEncoding: 'traditional', subject: '/CN=web', intermediates: 1, bundle: 'root' },
  { title: 'P-256 in SEC1, two intermediates, several roots in the bundle', key: P256, keyEncoding: 'traditional', intermediates: 2, bundle: 'several roots' },
  { title: 'P-384 in PKCS#8', key: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'], keyEncoding: 'pkcs8', subject: '/O=acme', intermediates: 1, bundle: 'root' },
  { title: 'a bundle of the issuer alone, which is no root', key: P256, keyEncoding: 'pkcs8', intermediates: 1, bundle: 'issuer' },
];

/** An authority of one form, in a folder of its own. */
export class OpensslAuthority {
  private readonly issuer: string;

  constructor(private readonly folder: string, private readonly form: Form) {
    mkdirSync(folder, { recursive: true });
    this.sign('root', 'CN=root', undefined, CA);
    let above = 'root';
    for (let i = 1; i <= form.intermediates; i += 1) {
      this.sign(`issuer-${i}`, `CN=issuer ${i}`, above, CA);
      above = `issuer-${i}`;
    }
    this.issuer = above;
    if (form.bundle === 'several roots') for (const name of ['older', 'newer']) this.sign(name, `CN=${name} root`, undefined, CA);
  }

  /** The files of a workload, named as cert-manager's drivers name them. */
  issue(name: string, id: string, dnsName: string): Files {
    const { form, folder } = this;
    const own = join(folder, name);
    mkdirSync(own);
    const { subject } = form;
    const usage = form.key === RSA ? 'digitalSignature, keyEncipherment' : 'digitalSignature';
    this.sign(`${name}/leaf`, subject?.slice(1) ?? '', this.issuer, [
      'basicConstraints=critical, CA:FALSE', `keyUsage=critical, ${usage}`, 'extendedKeyUsage=serverAuth, clientAuth',
      `subjectAltName=${subject === undefined ? 'critical, ' : ''}URI:${id}, DNS:${dnsName}`,
    ]);
    const put = (file: string, text: string): string => {
      writeFileSync(join(own, file), text, { mode: 0o600 });
      return join(own, file);
    };
    const key = openssl(['pkey', '-in', this.file(`${name}/leaf.key`), ...form.keyEncoding === 'traditional' ? ['-traditional'] : []]);
    return { certificateFile: put('tls.crt', this.chainOf(`${name}/leaf`)), keyFile: put('tls.key', key), trustBundleFile: put('ca.crt', this.bundle()) };
  }

  private file(name: string): string { return join(this.folder, name); }

  /** The leaf first, as RFC 8446 has it; the root is left out. */
  private chainOf(leaf: string): string {
    const issuers = Array.from({ length: this.form.intermediates }, (_, i) => `issuer-${this.form.intermediates - i}`);
    return [leaf, ...issuers].map((name) => readFileSync(this.file(`${name}.crt`), 'utf8')).join('');
  }

  private bundle(): string {
    const text = (name: string): string => readFileSync(this.file(`${name}.crt`), 'utf8');
    switch (this.form.bundle) {
      case 'issuer': return text(this.issuer);
      // With remarks, and line ends of both kinds.
      case 'several roots': return `# Trusted by everybody\r\n${text('older').replace(/\n/g, '\r\n')}\n# The one in use\n${text('root')}\n${text('newer')}`;
      default: return text('root');
    }
  }

  private sign(name: string, subject: string, issuer: string | undefined, extensions: readonly string[]): void {
    const [key, request, certificate, extensionFile] = ['key', 'csr', 'crt', 'ext'].map((end) => this.file(`${name}.${end}`)) as [string, string, string, string];
    writeFileSync(extensionFile, extensions.join('\n'));
    openssl(['genpkey', ...this.form.key, '-out', key]);
    openssl(['req', '-new', '-key', key, '-subj', `/${subject}`, '-out', request]);
    const signer = issuer === undefined ? ['-key', key] : ['-CA', this.file(`${issuer}.crt`), '-CAkey', this.file(`${issuer}.key`), '-CAcreateserial'];
    openssl(['x509', '-req', '-in', request, ...signer, '-days', '2', '-extfile', extensionFile, '-out', certificate]);
  }
}

const CA = ['basicConstraints=critical, CA:TRUE', 'keyUsage=critical, keyCertSign, cRLSign', 'subjectAltName=URI:spiffe://cluster.local', 'subjectKeyIdentifier=hash'];

function openssl(args: readonly string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * TLS from sidecars to a service outside of the mesh: apps call it by plain HTTP, and what leaves the pod is encrypted and goes to nobody but who
 * proves the name. The files for it are mounted in the sidecars of all callers (sidecar/upstream-tls-pod.ts).
 */
import { isIP } from 'node:net';
import { DEFAULT_UPSTREAM_TLS, upstreamTlsFile } from '../../contract';
import { ExternalTlsInfo } from '../destinations/external-tls-info';
import { TrustBundle } from '../identity/trust-bundle';
import { TlsVersion } from '../inbound/tls-options';
import * as kplus from '../kubernetes/kplus';
import { NAME_RULES } from '../props/name-rules';
import { isList, isText } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { isA, mark, refusalOfCopy } from '../synthesis/copies';

/**
 * Options of `ExternalTls`.
 */
export interface ExternalTlsOptions {
  /**
   * Host name or IP address that the server must prove by its certificate (subject alternative names). It is also what the sidecar asks for (SNI),
   * unless it is an address.
   *
   * @default - the name that `ExternalEndpoints.dns` looks up; otherwise `hostname` of the service
   */
  readonly serverName?: string;

  /**
   * Host name that the sidecar asks for (SNI), where that is another one.
   *
   * @default - `serverName`
   */
  readonly sni?: string;

  /**
   * Secret of type `kubernetes.io/tls` with the certificate by which callers prove who they are, and its key. It must be in the namespace of
   * each caller. Only the sidecar can read it. When it is renewed, as cert-manager does, new connections show the new certificate.
   *
   * @default - none is shown
   */
  readonly clientCertificate?: kplus.ISecret;

  /**
   * Minimum TLS version.
   *
   * @default TlsVersion.TLS_1_2
   */
  readonly minimumVersion?: TlsVersion;

  /**
   * Public keys of which the server's certificate must have one, besides all else: SHA-256 of the key (SubjectPublicKeyInfo) in base64. At most
   * 16. List the next key before the server changes to it, or all calls fail.
   *
   * @default - any key
   */
  readonly pins?: string[];
}

const OPTIONS = {
  serverName: true, sni: true, clientCertificate: true, minimumVersion: true, pins: true,
} as const satisfies Record<keyof ExternalTlsOptions, true>;

const LISTS = {
  // #region generated lists of UpstreamTlsConfig: pins
  pins: { least: 1, most: 16 },
  // #endregion
};

const PIN = { form: /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, longest: 44 };

/**
 * TLS from sidecars to a service outside of the mesh. Apps call it by `http://`. The sidecar speaks TLS to it, and sends nothing before the
 * server has proved its name.
 */
export class ExternalTls {
  /**
   * Trusts the public authorities: Mozilla's list, as the Node of the proxy's image has it. It is renewed with the image.
   */
  public static systemRoots(options: ExternalTlsOptions = {}): ExternalTls {
    return new ExternalTls(undefined, options);
  }

  /**
   * Trusts these root certificates and no others. When they are replaced, new connections go by the new ones.
   *
   * @param roots `TrustBundle.configMap()` or `TrustBundle.secret()`, in the namespace of each caller
   */
  public static trusting(roots: TrustBundle, options: ExternalTlsOptions = {}): ExternalTls {
    return new ExternalTls(roots, options, true);
  }

  private constructor(
    private readonly roots: TrustBundle | undefined, private readonly options: ExternalTlsOptions, private readonly ownRoots = false,
  ) {}

  /**
   * @param serverName where the options name none
   * @internal
   */
  public _info(serverName: string): ExternalTlsInfo {
    const { sni, clientCertificate, minimumVersion, pins } = this.options;
    const roots = this.roots?._object;
    const fileOf = (key: string): string => upstreamTlsFile('secret', clientCertificate!.name, key);
    return {
      config: {
        serverName: (this.options.serverName ?? serverName).toLowerCase(),
        ...(sni !== undefined && { sni }),
        ...(roots && { trustBundleFile: upstreamTlsFile(roots.kind, roots.name, roots.key) }),
        ...(clientCertificate && { certificateFile: fileOf('tls.crt'), keyFile: fileOf('tls.key') }),
        ...(minimumVersion !== undefined && minimumVersion as string !== DEFAULT_UPSTREAM_TLS.minimumVersion && { minimumVersion }),
        ...(pins && { pins: [...pins] }),
      },
      files: [
        ...(roots ? [{ kind: roots.kind, name: roots.name, keys: [roots.key] }] : []),
        ...(clientCertificate ? [{ kind: 'secret' as const, name: clientCertificate.name, keys: ['tls.crt', 'tls.key'], namespace: namespaceOf(clientCertificate) }] : []),
      ],
    };
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { roots, options } = this;
    if (typeof options !== 'object' || options === null) {
      errors.add(prop, options, 'give an object with options, or leave it out');
      return;
    }
    errors.unknownProps(options, OPTIONS, `${prop}.`);
    const { serverName, sni, clientCertificate, minimumVersion, pins } = options;
    if (this.ownRoots) {
      this.checkRoots(errors, `${prop}.roots`, roots);
    }
    if (serverName !== undefined && isIP(serverName) === 0) {
      errors.name(`${prop}.serverName`, serverName, NAME_RULES.hostname);
    }
    if (sni !== undefined && isIP(sni) !== 0) {
      errors.add(`${prop}.sni`, sni, 'an address can\'t be asked for (RFC 6066); use a host name, or leave it out');
    } else if (sni !== undefined) {
      errors.name(`${prop}.sni`, sni, NAME_RULES.hostname);
    }
    if (clientCertificate !== undefined && typeof clientCertificate?.name !== 'string') {
      errors.add(`${prop}.clientCertificate`, clientCertificate, 'give a Secret of cdk8s-plus, such as Secret.fromSecretName(this, \'client\', \'ledger-client\')');
    } else if (clientCertificate !== undefined) {
      errors.name(`${prop}.clientCertificate`, clientCertificate.name, NAME_RULES.subdomain);
    }
    if (minimumVersion !== undefined && !Object.values(TlsVersion).includes(minimumVersion)) {
      errors.add(`${prop}.minimumVersion`, minimumVersion, 'use TlsVersion.TLS_1_2 or TlsVersion.TLS_1_3');
    }
    if (pins !== undefined && !isList(LISTS.pins, pins)) {
      errors.add(`${prop}.pins`, pins, `list 1 to ${LISTS.pins.most} pins, or leave it out`);
    } else {
      pins?.forEach((pin, index) => {
        if (!isText(PIN, pin)) {
          errors.add(`${prop}.pins[${index}]`, pin, 'use the SHA-256 of a public key in base64, 44 characters: openssl x509 -in cert.pem -pubkey -noout '
            + '| openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64');
        }
      });
    }
  }

  private checkRoots(errors: ValidationErrors, prop: string, roots: TrustBundle | undefined): void {
    if (!isA(TrustBundle, roots)) {
      errors.add(prop, roots, refusalOfCopy(TrustBundle, roots) ?? 'say where they are, such as TrustBundle.configMap(\'bank-roots\')');
      return;
    }
    roots!._check(errors, prop);
    if (!roots!._object) {
      errors.add(prop, roots, 'of a service outside, they are in a ConfigMap or Secret of each caller\'s namespace; use TrustBundle.configMap() or TrustBundle.secret()');
    }
  }
}

mark(ExternalTls);

function namespaceOf(secret: kplus.ISecret): string | undefined {
  return (secret as Partial<kplus.Secret>).metadata?.namespace;
}

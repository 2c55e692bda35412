/**
 * The volumes in which each provider puts a certificate, as a pod's manifest has them. Attributes and file names are those of the drivers:
 * cert-manager csi-driver-spiffe (deploy/charts) and csi-driver (pkg/apis/v1alpha1), SPIRE's spiffe-csi, and PodCertificateProjection of Kubernetes
 * core/v1.
 */
import { Duration } from 'cdk8s';
import { Account } from './account';
import { CertManagerKey, CertManagerOptions, IdentityFilesOptions, PodCertificateKey, PodCertificateOptions } from './identity-options';

/** The file with key and chain that the kubelet writes. One file is read at one moment; two could be of two certificates. */
export const CREDENTIALS_FILE = 'credentials.pem';

/** Of SPIRE (spiffe/spiffe-csi). */
export const SPIRE_DRIVER = 'csi.spiffe.io';

const DEFAULT_LIFETIME = Duration.hours(24);
const SECRET_NAME = '{account}-identity';

export function spiffeVolume(group: number | undefined): object {
  const driver = 'spiffe.csi.cert-manager.io';
  return { csi: { driver, readOnly: true, ...(group !== undefined && { volumeAttributes: { [`${driver}/fs-group`]: String(group) } }) } };
}

export function certManagerVolume(options: CertManagerOptions, trustDomain: string, group: number | undefined): object {
  const { issuer, issuerKind = 'ClusterIssuer', issuerGroup = 'cert-manager.io', duration = DEFAULT_LIFETIME, renewBefore, key = CertManagerKey.ECDSA } = options;
  const driver = 'csi.cert-manager.io';
  const attributes = {
    'issuer-name': issuer,
    'issuer-kind': issuerKind,
    'issuer-group': issuerGroup,
    // The driver fills the variables in, so the text is the same for all services.
    'uri-sans': `spiffe://${trustDomain}/ns/\${POD_NAMESPACE}/sa/\${SERVICE_ACCOUNT_NAME}`,
    'duration': goDuration(duration),
    ...(renewBefore && { 'renew-before': goDuration(renewBefore) }),
    'key-usages': 'digital signature,server auth,client auth',
    'key-algorithm': key,
    'key-encoding': 'PKCS8',
    ...(group !== undefined && { 'fs-group': String(group) }),
  };
  return { csi: { driver, readOnly: true, volumeAttributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`${driver}/${name}`, value])) } };
}

export function podCertificateVolume({ signerName, keyType = PodCertificateKey.ECDSA_P256, maxExpiration }: PodCertificateOptions): object {
  const podCertificate = {
    signerName, keyType, ...(maxExpiration && { maxExpirationSeconds: maxExpiration.toSeconds() }), credentialBundlePath: CREDENTIALS_FILE,
  };
  return { projected: { sources: [{ podCertificate }] } };
}

/** The folder with the agent's socket. Which identity is behind it, the agent decides by who asks. */
export function spireVolume(): object {
  return { csi: { driver: SPIRE_DRIVER, readOnly: true } };
}

/** Of the Secret only what is needed: it may hold the issuer's key, too. */
export function filesVolume(options: IdentityFilesOptions, account: Account, withRoots: boolean): object {
  const { certificate = 'tls.crt', privateKey = 'tls.key' } = options;
  const keys = [certificate, privateKey, ...(withRoots ? ['ca.crt'] : [])];
  return { secret: { secretName: secretNameOf(options, account), items: keys.map((key) => ({ key, path: key })) } };
}

export function secretNameOf({ secretName = SECRET_NAME }: IdentityFilesOptions, { account }: Account): string {
  return secretName.replace(/\{account\}/g, account);
}

/** As Go's `time.ParseDuration` reads it. */
function goDuration(duration: Duration): string {
  return `${duration.toSeconds()}s`;
}

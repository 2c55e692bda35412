/** What can be wrong with where certificates come from. */
import { Duration } from 'cdk8s';
import { NAME_RULES } from '../props/name-rules';
import { millisecondsOf } from '../props/quantities';
import { isText } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { isA, refusalOfCopy } from '../synthesis/copies';
import {
  CertManagerKey, CertManagerOptions, CertManagerSpiffeOptions, IdentityFilesOptions, PodCertificateKey, PodCertificateOptions, SpireOptions,
} from './identity-options';
import { checkSignerName } from './signer-name';
import { TrustBundle } from './trust-bundle';

const TRUST_DOMAIN = {
  // #region generated text of TrustDomain
  form: /^[a-z0-9._-]+$/,
  longest: 255,
  // #endregion
};

const COMMON = { trustDomain: true, trustBundle: true } as const;
const SPIFFE = { ...COMMON, grantRequests: true } as const satisfies Record<keyof CertManagerSpiffeOptions, true>;
const CERT_MANAGER = {
  ...COMMON, issuer: true, issuerKind: true, issuerGroup: true, duration: true, renewBefore: true, key: true,
} as const satisfies Record<keyof CertManagerOptions, true>;
const POD_CERTIFICATE = {
  ...COMMON, signerName: true, kubernetesVersion: true, keyType: true, maxExpiration: true,
} as const satisfies Record<keyof PodCertificateOptions, true>;
const SPIRE = { trustDomain: true, socket: true, register: true, className: true } as const satisfies Record<keyof SpireOptions, true>;
const FILES = { ...COMMON, secretName: true, certificate: true, privateKey: true } as const satisfies Record<keyof IdentityFilesOptions, true>;

/** So that its path is shorter than the 108 bytes that a unix socket's address has. */
const LONGEST_SOCKET_NAME = 63;
const SOCKET_NAME = /^(?!\.\.?$)[A-Za-z0-9._-]{1,63}$/;

const HOUR_S = 3_600;
/** Kubernetes' own bounds of `maxExpirationSeconds`. */
const MOST_POD_CERTIFICATE_S = 91 * 24 * HOUR_S;
/** The first minor version of Kubernetes 1 that has `podCertificate` volumes on. */
const FIRST_MINOR = 37;

export function checkTrustDomain(errors: ValidationErrors, prop: string, trustDomain: string): void {
  if (!isText(TRUST_DOMAIN, trustDomain)) {
    errors.add(prop, trustDomain, `use 1 to ${TRUST_DOMAIN.longest} of a-z, 0-9, -, _ and ., such as prod.example.com; no scheme, port or path`);
  }
}

export function checkSpiffe(errors: ValidationErrors, prop: string, options: CertManagerSpiffeOptions): void {
  errors.unknownProps(options, SPIFFE, `${prop}.`);
  checkBundle(errors, prop, options.trustBundle);
  if (options.grantRequests !== undefined && typeof options.grantRequests !== 'boolean') {
    errors.add(`${prop}.grantRequests`, options.grantRequests, 'use true or false');
  }
}

export function checkCertManager(errors: ValidationErrors, prop: string, options: CertManagerOptions): void {
  errors.unknownProps(options, CERT_MANAGER, `${prop}.`);
  checkBundle(errors, prop, options.trustBundle);
  const { issuer, issuerKind, issuerGroup, duration = Duration.hours(24), renewBefore, key } = options;
  errors.name(`${prop}.issuer`, issuer, NAME_RULES.subdomain);
  if (issuerKind !== undefined && !/^[A-Z][A-Za-z0-9]{0,62}$/.test(issuerKind)) {
    errors.add(`${prop}.issuerKind`, issuerKind, 'use a kind such as Issuer or ClusterIssuer');
  }
  if (issuerGroup !== undefined) {
    errors.name(`${prop}.issuerGroup`, issuerGroup, NAME_RULES.subdomain);
  }
  if (checkSeconds(errors, `${prop}.duration`, duration, HOUR_S) && renewBefore !== undefined && checkSeconds(errors, `${prop}.renewBefore`, renewBefore, 1)
    && renewBefore.toSeconds() >= duration.toSeconds()) {
    errors.add(`${prop}.renewBefore`, `${renewBefore.toSeconds()} s`, `a certificate lives ${duration.toSeconds()} s, so it would be renewed all the time; use less than that`);
  }
  checkMember(errors, `${prop}.key`, key, 'CertManagerKey', CertManagerKey);
}

export function checkPodCertificate(errors: ValidationErrors, prop: string, options: PodCertificateOptions): void {
  errors.unknownProps(options, POD_CERTIFICATE, `${prop}.`);
  checkSignerName(errors, `${prop}.signerName`, options.signerName);
  checkBundle(errors, prop, options.trustBundle);
  if (options.trustBundle === undefined || (isA(TrustBundle, options.trustBundle) && !options.trustBundle._source())) {
    errors.add(`${prop}.trustBundle`, options.trustBundle, 'the kubelet writes no roots beside the certificate; use TrustBundle.signer(\'example.com/mesh\'), for example');
  }
  const { kubernetesVersion, maxExpiration } = options;
  if (kubernetesVersion !== undefined) {
    const [, minor] = /^v?1\.(\d{1,3})(?:[.+-].*)?$/.exec(String(kubernetesVersion)) ?? [];
    if (minor === undefined) {
      errors.add(`${prop}.kubernetesVersion`, kubernetesVersion, 'use a version of Kubernetes, such as 1.37');
    } else if (Number(minor) < FIRST_MINOR) {
      errors.add(`${prop}.kubernetesVersion`, kubernetesVersion, `podCertificate volumes are on from Kubernetes 1.${FIRST_MINOR}; upgrade the cluster, or use Identity.certManagerSpiffe()`);
    }
  }
  if (maxExpiration !== undefined) {
    checkSeconds(errors, `${prop}.maxExpiration`, maxExpiration, HOUR_S, MOST_POD_CERTIFICATE_S);
  }
  checkMember(errors, `${prop}.keyType`, options.keyType, 'PodCertificateKey', PodCertificateKey);
}

export function checkSpire(errors: ValidationErrors, prop: string, options: SpireOptions): void {
  errors.unknownProps(options, SPIRE, `${prop}.`);
  const { socket, register, className } = options;
  if (socket !== undefined && (typeof socket !== 'string' || !SOCKET_NAME.test(socket))) {
    errors.add(`${prop}.socket`, socket, `use the name of a file of 1 to ${LONGEST_SOCKET_NAME} characters without its folder, such as spire-agent.sock`);
  }
  if (register !== undefined && typeof register !== 'boolean') {
    errors.add(`${prop}.register`, register, 'use true or false');
  }
  if (className !== undefined && errors.name(`${prop}.className`, className, NAME_RULES.subdomain) && !register) {
    errors.add(`${prop}.className`, className, 'it is the class of objects that are made with `register: true` only; add that, or leave it out');
  }
}

export function checkFiles(errors: ValidationErrors, prop: string, options: IdentityFilesOptions): void {
  errors.unknownProps(options, FILES, `${prop}.`);
  checkBundle(errors, prop, options.trustBundle);
  const { secretName, certificate = 'tls.crt', privateKey = 'tls.key' } = options;
  if (secretName !== undefined) {
    errors.name(`${prop}.secretName`, String(secretName).replace(/\{account\}/g, 'a'), NAME_RULES.subdomain);
  }
  errors.name(`${prop}.certificate`, certificate, NAME_RULES.dataKey);
  if (errors.name(`${prop}.privateKey`, privateKey, NAME_RULES.dataKey) && privateKey === certificate) {
    errors.add(`${prop}.privateKey`, privateKey, 'the certificate is under this key of the Secret; name another one');
  }
}

function checkBundle(errors: ValidationErrors, prop: string, bundle: TrustBundle | undefined): void {
  if (bundle === undefined) {
    return;
  }
  if (isA(TrustBundle, bundle)) {
    bundle._check(errors, `${prop}.trustBundle`);
  } else {
    errors.add(`${prop}.trustBundle`, bundle, refusalOfCopy(TrustBundle, bundle) ?? 'make it with TrustBundle.configMap(\'mesh-roots\'), for example');
  }
}

function checkSeconds(errors: ValidationErrors, prop: string, time: Duration, least: number, most: number = Number.MAX_SAFE_INTEGER): boolean {
  const ms = millisecondsOf(time);
  if (ms === undefined) {
    errors.add(prop, time, 'use a Duration, such as Duration.hours(24)');
    return false;
  }
  return errors.wholeNumber(`${prop} (seconds)`, ms / 1_000, least, most);
}

function checkMember(errors: ValidationErrors, prop: string, value: string | undefined, name: string, members: Record<string, string>): void {
  if (value !== undefined && !Object.values(members).includes(value)) {
    errors.add(prop, value, `use one of ${Object.keys(members).map((key) => `${name}.${key}`).join(', ')}`);
  }
}

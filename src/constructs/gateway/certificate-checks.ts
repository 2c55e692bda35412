/** What can be wrong with a gateway's certificates, and which hosts they are for. */
import { NAME_RULES } from '../props/name-rules';
import { isList, isText } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { isA, refusalOfCopy } from '../synthesis/copies';
import { TlsVersion } from '../inbound/tls-options';
import { hasTrustedHops } from './edge-config';
import { CERTIFICATE_LISTS, HOST, TLS_LISTS } from './edge-quantities';
import { CertificateOptions, GatewayCertificate } from './gateway-certificate';
import { GatewayProps } from './gateway-props';

const OPTIONS = { hosts: true } as const satisfies Record<keyof CertificateOptions, true>;

/** Checks the certificates, and what needs one. */
export function checkCertificates(errors: ValidationErrors, props: GatewayProps, namespace: string): void {
  const { tls, minimumTlsVersion, httpsRedirect } = props;
  if (minimumTlsVersion !== undefined && !Object.values(TlsVersion).includes(minimumTlsVersion)) {
    errors.add('minimumTlsVersion', minimumTlsVersion, 'use TlsVersion.TLS_1_2 or TlsVersion.TLS_1_3');
  }
  if (tls === undefined) {
    if (minimumTlsVersion !== undefined) {
      errors.add('minimumTlsVersion', minimumTlsVersion, 'there is no TLS without a certificate; give one with \'tls\', or leave this out');
    }
    if (httpsRedirect && !hasTrustedHops(props)) {
      errors.add('httpsRedirect', true, 'nothing would answer there; give the gateway a certificate with \'tls\', or trust the proxy in front that has one with \'forwarded.trustedHops\'');
    }
    return;
  }
  if (!isList(TLS_LISTS.certificates, tls)) {
    errors.add('tls', tls, `list ${TLS_LISTS.certificates.least} to ${TLS_LISTS.certificates.most} certificates, such as [GatewayCertificate.fromSecretName('shop-tls')], or leave it out`);
    return;
  }
  const secrets = new Set<string>();
  tls.forEach((certificate, index) => {
    const prop = `tls[${index}]`;
    if (!isA(GatewayCertificate, certificate)) {
      errors.add(prop, certificate, refusalOfCopy(GatewayCertificate, certificate) ?? 'make it with GatewayCertificate.fromSecretName(\'shop-tls\'), for example');
      return;
    }
    const { _secretName: name, _namespace: of } = certificate;
    if (typeof name !== 'string' || errors.name(prop, name, NAME_RULES.subdomain)) {
      if (typeof name !== 'string') {
        errors.add(prop, name, 'give a Secret of cdk8s-plus, or its name');
      } else if (of !== undefined && of !== namespace) {
        errors.add(prop, name, `it is in namespace '${of}', and pods can mount those of their own, '${namespace}', only`);
      } else if (secrets.has(name)) {
        errors.add(prop, name, 'this Secret is listed already; list it once, with all of its hosts');
      }
      secrets.add(name);
    }
    checkHosts(errors, prop, certificate);
  });
}

function checkHosts(errors: ValidationErrors, prop: string, { _options: options }: GatewayCertificate): void {
  errors.unknownProps(options, OPTIONS, `${prop}.`);
  const { hosts } = options;
  if (hosts === undefined) {
    return;
  }
  if (!isList(CERTIFICATE_LISTS.hosts, hosts)) {
    errors.add(`${prop}.hosts`, hosts, `list ${CERTIFICATE_LISTS.hosts.least} to ${CERTIFICATE_LISTS.hosts.most}, or leave it out`);
    return;
  }
  hosts.forEach((host) => {
    if (!isText(HOST, host)) {
      errors.add(`${prop}.hosts`, host, 'use a host name in lower case, such as shop.example.com or *.example.com');
    }
  });
}

/** Whether clients of a host would be shown a certificate for it, as far as synthesis can tell. */
export function isCertified(host: string, tls: readonly GatewayCertificate[]): boolean {
  return host === '*' || tls.some(({ _options: { hosts } }) => hosts?.some((pattern) => covers(pattern, host)) ?? true);
}

/** The certificates that clients of a host may be shown: those that name it, or else those that don't say what they are for. */
export function certificatesFor(host: string, tls: readonly GatewayCertificate[]): readonly GatewayCertificate[] {
  const named = tls.filter(({ _options: { hosts } }) => hosts?.some((pattern) => covers(pattern, host)));
  const unnamed = tls.filter(({ _options: { hosts } }) => hosts === undefined);
  return host === '*' ? tls : named.length > 0 ? named : unnamed;
}

/** A wildcard stands for one label (RFC 9525 section 6.3). */
function covers(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith('*.') && !host.startsWith('*.') && host.slice(host.indexOf('.')) === pattern.slice(1));
}

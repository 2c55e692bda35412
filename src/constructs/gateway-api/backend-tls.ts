/** A BackendTLSPolicy of the Gateway API (v1, standard channel) for TLS to a service outside of the mesh. */
import { isIP } from 'node:net';
import { ExternalTlsInfo, TlsFiles } from '../destinations/external-tls-info';
import { ValidationErrors } from '../props/validation-errors';
import { Part } from './http-route';

/** The key of a ConfigMap that implementations have to read. */
const ROOTS_KEY = 'ca.crt';
const PROP = 'GatewayApi.exportBackendTls';

export function backendTlsSpec(serviceName: string, { config: { serverName }, files }: ExternalTlsInfo): Part {
  const roots = rootsOf(files);
  return {
    targetRefs: [{ group: '', kind: 'Service', name: serviceName }],
    validation: {
      hostname: serverName,
      ...(roots ? { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: roots.name }] } : { wellKnownCACertificates: 'System' }),
    },
  };
}

/** Notes every part that a policy has no words for: left out, the wire would be less safe than declared. */
export function checkBackendTls(errors: ValidationErrors, { config, files }: ExternalTlsInfo): void {
  const { serverName, sni, certificateFile, minimumVersion, pins } = config;
  const unknown = (part: string, value: unknown): void => errors.add(`${PROP}: tls.${part}`, value, 'a BackendTLSPolicy has no word for it; leave it out, or write the policy by hand');
  if (isIP(serverName) !== 0) {
    errors.add(`${PROP}: tls.serverName`, serverName, 'a BackendTLSPolicy takes a host name; give the server a certificate with one');
  }
  if (sni !== undefined && sni !== serverName) {
    unknown('sni', sni);
  }
  if (certificateFile !== undefined) {
    unknown('clientCertificate', certificateFile.split('/').at(-2));
  }
  if (minimumVersion !== undefined) {
    unknown('minimumVersion', minimumVersion);
  }
  if (pins) {
    unknown('pins', pins);
  }
  const roots = rootsOf(files);
  if (roots && (roots.kind !== 'configmap' || roots.keys[0] !== ROOTS_KEY)) {
    errors.add(`${PROP}: tls.roots`, roots.name, `a BackendTLSPolicy takes the key '${ROOTS_KEY}' of a ConfigMap; use TrustBundle.configMap('${roots.name}')`);
  }
}

function rootsOf(files: readonly TlsFiles[]): TlsFiles | undefined {
  return files.find(({ keys }) => keys.length === 1);
}

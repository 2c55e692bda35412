/** TLS to a service outside as a BackendTLSPolicy of the Gateway API, and what that has no words for. */
import { Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ExternalEndpoints, ExternalService, ExternalTls, ExternalTlsOptions, GatewayApi, TlsVersion, TrustBundle } from '../../src';
import { findOne, Manifest, newChart } from '../support/manifests';

function exported(tls: ExternalTls | undefined, serviceName = 'ledger'): Manifest {
  const chart = newChart();
  const ledger = new ExternalService(chart, 'ledger', { endpoints: ExternalEndpoints.dns('ledger.bank.example', { port: 8443 }), tls });
  GatewayApi.exportBackendTls(chart, 'policy', ledger, serviceName);
  return findOne(Testing.synth(chart), 'BackendTLSPolicy', serviceName);
}

test.each<[string, ExternalTls, object]>([
  ['public authorities', ExternalTls.systemRoots(), { wellKnownCACertificates: 'System' }],
  ['roots of a ConfigMap', ExternalTls.trusting(TrustBundle.configMap('bank-roots')), { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'bank-roots' }] }],
])('GIVEN %s, the policy says the same of a Service', (_, tls, validation) => {
  expect(exported(tls)).toEqual({
    apiVersion: 'gateway.networking.k8s.io/v1', kind: 'BackendTLSPolicy', metadata: { name: 'ledger', namespace: 'shop' },
    spec: { targetRefs: [{ group: '', kind: 'Service', name: 'ledger' }], validation: { hostname: 'ledger.bank.example', ...validation } },
  });
});

const by = (options: ExternalTlsOptions): ExternalTls => ExternalTls.systemRoots(options);

test.each<[string, ExternalTls | undefined, string[]]>([
  ['no TLS', undefined, ['an ExternalService with \'tls\'']],
  ['a client certificate', by({ clientCertificate: { name: 'client' } as kplus.ISecret }), ['tls.clientCertificate\' is "client"', 'has no word for it']],
  ['pins', by({ pins: ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='] }), ['tls.pins\'']],
  ['a version', by({ minimumVersion: TlsVersion.TLS_1_3 }), ['tls.minimumVersion\' is "1.3"']],
  ['another SNI', by({ sni: 'front.bank.example' }), ['tls.sni\' is "front.bank.example"']],
  ['an address', by({ serverName: '192.0.2.1' }), ['tls.serverName\' is "192.0.2.1"', 'takes a host name']],
  ['roots of a Secret', ExternalTls.trusting(TrustBundle.secret('bank-roots')), ['tls.roots\' is "bank-roots"', 'TrustBundle.configMap(\'bank-roots\')']],
  ['roots by another key', ExternalTls.trusting(TrustBundle.configMap('bank-roots', 'roots.pem')), ['the key \'ca.crt\' of a ConfigMap']],
])('GIVEN %s, says what to do', (_, tls, words) => {
  let message = '';
  try {
    exported(tls);
  } catch (error) {
    ({ message } = error as Error);
  }
  for (const word of words) expect(message).toContain(word);
});

test('GIVEN no name of a Service, says so', () => {
  expect(() => exported(ExternalTls.systemRoots(), 'Ledger')).toThrow(/serviceName' is "Ledger"/);
});

/** What sidecars can't speak, as foreign Services and probes tell: found at synthesis, and in the YAML alike. */
import { ApiObject, Chart, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { AppProtocol, ExternalEndpoints, ExternalService, MeshService, MeshSidecar } from '../../src';
import { said } from './said';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

describe('a Service that somebody else made, called by its name in DNS', () => {
  const called = (chart: Chart, port = 8000): void => {
    const db = new ExternalService(chart, 'db', { endpoints: ExternalEndpoints.dns('ledger.shop.svc.cluster.local', { port }) });
    new MeshService(chart, 'web', { containers }).calls(db);
  };
  const plain = (chart: Chart, appProtocol?: string, clusterIP?: string): ApiObject => new ApiObject(chart, 'Ledger', {
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'ledger' }, spec: { clusterIP, selector: { app: 'ledger' }, ports: [{ port: 8000, targetPort: 9000, appProtocol }] },
  });
  const SAID = [expect.stringMatching(/^web -> shop\/db: the Service 'ledger\.shop' says 'appProtocol: https' of its port 8000, which is TLS, .*\(app-protocol\)$/)];

  test('GIVEN an object with an appProtocol that is not plain HTTP, says so', () => {
    expect(said((chart) => { plain(chart, 'https'); called(chart); })).toEqual(SAID);
  });

  test.each([undefined, 'http', 'kubernetes.io/ws'])('GIVEN the appProtocol %s, says nothing', (appProtocol) => {
    expect(said((chart) => { plain(chart, appProtocol); called(chart); })).toEqual([]);
  });

  test('GIVEN a Service of cdk8s-plus and a JSON patch, says so', () => {
    expect(said((chart) => {
      const service = new kplus.Service(chart, 'Ledger', { metadata: { name: 'ledger' }, ports: [{ port: 8000 }] });
      service.selectLabel('app', 'ledger');
      ApiObject.of(service).addJsonPatch(JsonPatch.add('/spec/ports/0/appProtocol', 'https'));
      called(chart);
    })).toEqual(SAID);
  });

  test('GIVEN a headless one, looks for the port of its pods', () => {
    expect(said((chart) => { plain(chart, 'https', 'None'); called(chart, 9000); })).toEqual(SAID);
  });

  test('GIVEN that the rule is off, says nothing', () => {
    expect(said((chart) => { plain(chart, 'https'); called(chart); }, { lints: { off: ['app-protocol'] } })).toEqual([]);
  });
});

describe('an app that is probed by HTTPS', () => {
  test('GIVEN that its own TLS passes through, says nothing', () => {
    expect(said((chart) => {
      const readiness = kplus.Probe.fromHttpGet('/', { port: 8443, scheme: kplus.ConnectionScheme.HTTPS });
      new MeshService(chart, 'ledger', { containers: [{ image: 'l:1', portNumber: 8443, readiness }], port: 8443, protocol: AppProtocol.TLS });
    })).toEqual([]);
  });

  const probed = (port: number, patch?: JsonPatch) => (chart: Chart): void => {
    const readiness = kplus.Probe.fromHttpGet('/', { port, scheme: kplus.ConnectionScheme.HTTPS });
    const workload = new kplus.Deployment(chart, 'ledger', { containers: [{ image: 'l:1', portNumber: 8443, startup: kplus.Probe.fromTcpSocket(), readiness }] });
    if (patch) ApiObject.of(workload).addJsonPatch(patch);
    new MeshSidecar(chart, 'Sidecar', { workload });
  };
  const SAID = [expect.stringMatching(/^ledger v1: the kubelet asks the app by HTTPS at port 8443, .*\(app-tls\)$/)];

  test('GIVEN the port of requests, says that the sidecar speaks no TLS to it', () => {
    expect(said(probed(8443))).toEqual(SAID);
  });

  test('GIVEN the name of the port, says the same', () => {
    const ports = JsonPatch.add('/spec/template/spec/containers/0/ports', [{ name: 'web', containerPort: 8443 }]);
    expect(said((chart) => {
      probed(8443, ports)(chart);
      const port = '/spec/template/spec/containers/0/readinessProbe/httpGet/port';
      ApiObject.of(chart.node.findChild('ledger')).addJsonPatch(JsonPatch.replace(port, kplus.k8s.IntOrString.fromString('web')));
    })).toEqual(SAID);
  });

  test('GIVEN another port, says nothing', () => {
    expect(said(probed(9443))).toEqual([]);
  });
});

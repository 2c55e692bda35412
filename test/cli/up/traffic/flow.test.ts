/** Who may answer a flow, by the documents of a mesh that is not started. */
import { Chart } from 'cdk8s';
import { Fallback, Gateway, GatewayCertificate, MeshService, Scaling } from 'cdk8s-mesh';
import { flowBetween } from '../../../../src/cli/up/traffic/flow';
import { LocalMesh } from '../../../../src/cli/up/local-mesh';
import type { Pod } from '../../../../src/cli/up/pod';
import { modelOf } from '../../../support/local-mesh';
import { PROGRAMS } from '../programs';

test('the services of its fallbacks may answer a flow, and others may not', () => {
  const model = modelOf((chart: Chart) => {
    const containers = [{ image: 'example/app:1', portNumber: 8080 }];
    const [store, archive, catalog] = ['store', 'archive', 'catalog'].map((name) => new MeshService(chart, name, { containers }));
    const web = new MeshService(chart, 'web', { containers });
    web.calls(catalog!, { fallback: Fallback.to(store!).orElse(archive!) });
  });
  const mesh = new LocalMesh(model, { programs: PROGRAMS });
  expect(flowBetween(mesh, 'web', 'catalog').fallbacks).toEqual(new Set(['store', 'archive']));
  expect(flowBetween(mesh, 'outside', 'catalog').fallbacks).toBeUndefined();
});

describe('from outside, through a gateway', () => {
  const containers = [{ image: 'example/app:1', portNumber: 8080 }];

  /** A gateway's model: who answers, the weight of its second version, and with a certificate or not. */
  const gatewayModel = (host: string, weight: number, tls = false) => modelOf((chart: Chart) => {
    const web = new MeshService(chart, 'web', { containers });
    web.addVersion('v2', { containers, weight });
    const edge = new Gateway(chart, 'edge', { scaling: Scaling.replicas(2), ...(tls && { tls: [GatewayCertificate.fromSecretName('shop-tls')] }) });
    edge.route(host, web);
  });

  /** A mesh of one ready pod for each workload, which is not run. */
  function fakeMesh(model: ReturnType<typeof gatewayModel>): { model: typeof model; readonly pods: Pod[] } {
    const pods = model.workloads.map((workload) => ({
      workload, state: 'ready', namespace: workload.namespace, zone: 'local', address: '127.0.0.1', containers: workload.containers, own: (port: number) => port,
    } as unknown as Pod));
    return { model, pods };
  }
  const sharesOf = (shares: ReadonlyMap<Pod, number>) => [...shares].map(([{ workload }, share]) => [workload.version, share]);

  test('declared and expected shares, and the host, are those of the last reload', () => {
    const mesh = fakeMesh(gatewayModel('shop.example.com', 25));
    const flow = flowBetween(mesh as unknown as LocalMesh, 'outside', 'edge');
    expect(sharesOf(flow.expected())).toEqual([['v1', 0.75], ['v2', 0.25]]);
    mesh.model = gatewayModel('www.example.com', 50);
    expect(flow.declared).toEqual(new Map([['v1', 0.5], ['v2', 0.5]]));
    expect(sharesOf(flow.expected())).toEqual([['v1', 0.5], ['v2', 0.5]]);
    expect(flow.host).toBe('www.example.com');
  });

  test('requests go to the port that answers them: that of HTTPS, where HTTP is redirected', () => {
    for (const [tls, port] of [[false, 15_006], [true, 15_443]] as const) {
      const mesh = fakeMesh(gatewayModel('shop.example.com', 25, tls));
      for (const from of ['outside', 'edge']) {
        const flow = flowBetween(mesh as unknown as LocalMesh, from, from === 'edge' ? 'web' : 'edge');
        expect([flow.isSecure ?? false, flow.target()]).toEqual([tls, { address: '127.0.0.1', port }]);
      }
    }
  });
});

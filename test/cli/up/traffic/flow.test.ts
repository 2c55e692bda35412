/** Who may answer a flow, by the documents of a mesh that is not started. */
import { Chart } from 'cdk8s';
import { Fallback, MeshService } from 'cdk8s-mesh';
import { flowBetween } from '../../../../src/cli/up/traffic/flow';
import { LocalMesh } from '../../../../src/cli/up/local-mesh';
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

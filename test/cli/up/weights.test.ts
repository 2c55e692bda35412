import { weightsOf, withWeights } from '../../../src/cli/up/weights';
import type { MeshModel } from '../../../src/cli/model/model';
import { callerConfig, serviceOf, workloadOf } from './support';

const model: MeshModel = {
  workloads: [
    workloadOf('web', 'v1', { config: callerConfig({ v1: 90, v2: 10 }) }),
    ...['v1', 'v2'].map((version) => workloadOf('catalog', version, { name: `catalog-${version}` })),
  ],
  services: ['v1', 'v2'].map((version) => serviceOf(`catalog-${version}`, { app: 'catalog', version })),
  secrets: new Map(), configMaps: new Map(), outside: [],
};
const catalog = { service: 'catalog', namespace: 'shop' };

test('weights are those of the callers', () => {
  expect([...weightsOf(model, catalog)]).toEqual([['v1', 90], ['v2', 10]]);
  expect(weightsOf(model, { service: 'web', namespace: 'shop' }).size).toBe(0);
});

test('other weights change the routes that split, and nothing else', () => {
  const changed = withWeights(model, catalog, new Map([['v1', 50], ['v2', 50]]));
  expect([...weightsOf(changed, catalog)]).toEqual([['v1', 50], ['v2', 50]]);
  expect(changed.workloads[0].config.clusters).toEqual(model.workloads[0].config.clusters);
  expect(changed.workloads.slice(1)).toEqual(model.workloads.slice(1));
  expect(withWeights(model, { service: 'cart', namespace: 'shop' }, new Map([['v1', 1]]))).toEqual(model);
});

import { Arguments } from '../../../src/cli/command-line/command';
import { selectFrom } from '../../../src/cli/up/selection';
import { workloadOf } from './support';

const workloads = [
  workloadOf('web', 'v1', { replicas: 2 }), workloadOf('catalog', 'v1', { replicas: 3 }), workloadOf('catalog', 'v2'),
  workloadOf('cleanup', 'v1', { kind: 'CronJob', replicas: 0 }),
];
const MODEL = { workloads, services: [], secrets: new Map(), configMaps: new Map(), outside: [] };

function select(flags: Record<string, string[]>) {
  const { model, leftOut } = selectFrom(MODEL, new Arguments(new Map(Object.entries(flags)), []));
  return { pods: Object.fromEntries(model.workloads.map(({ service, version, replicas }) => [`${service} ${version}`, replicas])), leftOut };
}

test('everything runs as the YAML says, unless said otherwise', () => {
  expect(select({})).toEqual({ pods: { 'web v1': 2, 'catalog v1': 3, 'catalog v2': 1, 'cleanup v1': 0 }, leftOut: [] });
});

test('--only names services, versions, and services of a namespace', () => {
  expect(select({ only: ['web, catalog@v2'] })).toEqual({ pods: { 'web v1': 2, 'catalog v2': 1 }, leftOut: ['cleanup'] });
  expect(select({ only: ['catalog.shop'] })).toEqual({ pods: { 'catalog v1': 3, 'catalog v2': 1 }, leftOut: ['web', 'cleanup'] });
});

test('--replicas for all does not start what the YAML has no pods of, which its name does', () => {
  expect(select({ replicas: ['*=1', 'catalog@v1=4'] }).pods).toEqual({ 'web v1': 1, 'catalog v1': 4, 'catalog v2': 1, 'cleanup v1': 0 });
  expect(select({ replicas: ['cleanup=1'] }).pods).toMatchObject({ 'cleanup v1': 1 });
});

test.each<[Record<string, string[]>, string]>([
  [{ only: ['web,'] }, "--only must be services with commas between, as in --only web,catalog, got 'web,'"],
  [{ only: ['wbe'] }, "--only names the service 'wbe', which is not in the mesh. Did you mean 'web'? There are web, catalog, cleanup"],
  [{ only: ['catalog@v3'] }, "--only names version 'v3' of 'catalog', which has v1, v2"],
  [{ only: ['web'], to: ['catalog'] }, "--to names the service 'catalog', which --only leaves out; add it there"],
  [{ only: ['web'], latency: ['catalog@v2=5ms'] }, "--latency names the service 'catalog', which --only leaves out; add it there"],
  [{ only: ['web'], expose: ['catalog.shop:80=8080'] }, "--expose names the service 'catalog.shop', which --only leaves out; add it there"],
])('refuses %j', (flags, message) => {
  expect(() => select(flags)).toThrow(message);
});

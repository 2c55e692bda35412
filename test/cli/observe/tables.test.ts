/** What the tables of `stat`, `edges`, `endpoints` and `routes` have in their rows. */
import { Snapshot, takeSnapshot } from '../../../src/cli/live';
import { linesOf } from '../../../src/cli/observe/output';
import { printable } from '../../../src/cli/terminal/printable';
import { rowsOf, TableName, tableOf } from '../../../src/cli/observe/tables';
import { plain } from '../../../src/cli/terminal/table';
import { INBOUND, look, OUTBOUND, shop } from '../live/support';

/** In one second, `web-a` sends 90 requests to v1, of which 9 fail, and 10 to v2, whose endpoint `web-b` has ejected. */
async function busy(): Promise<Snapshot> {
  const mesh = shop();
  const before = await look(mesh.all, 0);
  mesh.web[0].counted(`${OUTBOUND},cluster="catalog-v1"`, 81);
  mesh.web[0].counted(`${OUTBOUND},cluster="catalog-v1"`, 9, 0.001, '503', 'overloaded');
  mesh.web[0].counted(`${OUTBOUND},cluster="catalog-v2"`, 10);
  mesh.catalog[0].counted(INBOUND, 90);
  mesh.catalog[1].counted(INBOUND, 10);
  mesh.web[1].endpoints['catalog-v2'] = [{ address: '10.0.2.2:15006', state: 'ejected', stateReason: '5 errors in a row' }];
  return takeSnapshot(before, await look(mesh.all, 1));
}

async function printed(name: TableName, format: 'table' | 'wide' = 'table', chosen = (_: string): boolean => true): Promise<string[][]> {
  return linesOf(tableOf(name, await busy(), chosen), format, plain).map((line) => line.trim().split(/ {2,}/));
}

test('stat has a row of each service, and one of each of its versions when there are several', async () => {
  const lines = await printed('stat');
  expect(lines[0]).toEqual(['service', 'version', 'ready', 'req/s', 'success', 'p50', 'p95', 'p99']);
  expect(lines.map((cells) => cells.slice(0, -3)).slice(1)).toEqual([
    ['shop/catalog', '2 of 2', '100', '100.0 %'],
    ['v1', '1 of 1', '90.0', '100.0 %'],
    ['v2', '1 of 1', '10.0', '100.0 %'],
    ['shop/web', 'v1', '2 of 2', '0'],
  ].map((cells, index) => (index === 3 ? [...cells, '-'] : cells)));
});

test('edges has who calls whom, with what proxies answered by themselves when it is wide', async () => {
  const [head, edge, ...versions] = await printed('edges', 'wide');
  expect(head).toContain('policy');
  expect(edge.slice(0, 5)).toEqual(['shop/web', 'shop/catalog', 'plain', '100', '91.0 %']);
  expect(edge.at(-1)).toBe('overloaded 9.0/s');
  expect(versions.map(([version, rate, success]) => [version, rate, success])).toEqual([['v1', '90.0', '90.0 %'], ['v2', '10.0', '100.0 %']]);
});

test('endpoints has each with its state, and why', async () => {
  const [, ...rows] = await printed('endpoints');
  expect(rows).toEqual([
    ['shop/web', 'shop/catalog', 'v1', 'catalog-v1-a', '10.0.2.1:15006', 'ready', '0'],
    ['shop/web', 'shop/catalog', 'v2', 'catalog-v2-a', '10.0.2.2:15006', 'ejected', '0', '5 errors in a row'],
  ]);
});

test('routes has declared beside measured shares', async () => {
  const [, first, second] = await printed('routes');
  expect(first.slice(0, 5)).toEqual(['shop/web', 'catalog-80', 'default', '100', '91.0 %']);
  expect(first.slice(-3)).toEqual(['shop/catalog v1', '90.0 %', '90.0 %']);
  expect(second).toEqual(['shop/catalog v2', '10.0 %', '10.0 %']);
});

test.each(['stat', 'edges', 'endpoints', 'routes'] as const)('%s of a service that takes no part has no row', async (name) => {
  expect(await printed(name, 'table', () => false)).toEqual([['nothing to show']]);
  expect(rowsOf(name, await busy(), () => false)).toEqual([]);
  expect(rowsOf(name, await busy(), (id) => id === 'shop/catalog').length).toBeGreaterThan(0);
});

test('text out of requests can not steer a terminal', () => {
  expect(printable('/a\u001b[31m\u009b\u202eb')).toBe('/a?[31m??b');
  expect(printable('/käse')).toBe('/käse');
});

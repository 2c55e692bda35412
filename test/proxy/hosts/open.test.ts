/** The names of a pod with `hostAliases`, whose hosts file kubelet empties and rewrites when a container starts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDefaults } from '../../../src/contract';
import type { AliasNames } from '../../../src/proxy/hosts/alias-names';
import { openAliasNames } from '../../../src/proxy/hosts/open';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { FakeClock } from '../../support/fake-clock';

const POD_LINES = '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n10.0.0.5\tweb-0\n';
const WHOLE = `${POD_LINES}\n# Entries added by HostAliases.\n127.64.0.1\tcart\tcart.shop\n`;

const DOCUMENT = withDefaults({
  version: 'v1',
  node: { service: 'web', namespace: 'shop', version: 'v1' },
  listeners: [{ name: 'cart', direction: 'outbound', address: '127.64.0.1', port: 80, hostnames: ['cart'], routes: [{ name: 'default', split: [{ cluster: 'cart', weight: 1 }] }] }],
  clusters: [{ name: 'cart', discovery: { type: 'static', endpoints: [] } }],
});

let folder: string;
let path: string;
let clock: FakeClock;
let warned: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-open-hosts-'));
  path = join(folder, 'hosts');
  clock = new FakeClock();
  warned = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (podIps: readonly string[] = ['10.0.0.5']): Promise<AliasNames | undefined> => (
  openAliasNames([DOCUMENT], podIps, { clock, registry: new MetricRegistry(), log: { warn: (event) => { warned.push(event); } } }, path));
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
const waitItOut = async (): Promise<void> => {
  for (let i = 0; i < 400; i += 1) {
    clock.advance(5);
    await turn();
  }
};

test.each([
  ['empty', ''], ['cut within its first line', WHOLE.slice(0, 20)], ['cut behind it', WHOLE.slice(0, 33)], ['cut within the aliases', WHOLE.slice(0, -3)],
])('a file that is %s is read again until it is whole', async (_, text) => {
  writeFileSync(path, text);
  const opening = open();
  await turn();
  clock.advance(50);
  writeFileSync(path, WHOLE);
  clock.advance(50);
  expect([...(await opening)!.leads]).toEqual([['cart', '127.64.0.1'], ['cart.shop', '127.64.0.1']]);
  expect(warned).toEqual([]);
});

test('a file that does not become whole is not waited for without end, and the log says so', async () => {
  writeFileSync(path, WHOLE.replace('10.0.0.5', '10.0.0.6'));
  const opening = open();
  await waitItOut();
  expect([...(await opening)!.leads.keys()]).toEqual(['cart', 'cart.shop']);
  expect(warned).toEqual(['hosts_incomplete']);
});

test.each([
  ['in the network of its node', '# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n', ['10.0.0.5']],
  ['that is no pod, with a hosts file of another\'s', '127.0.0.1 localhost', ['127.1.2.3']],
  ['that is no pod, without a hosts file', undefined, ['127.1.2.3']],
  ['that knows no address of its own', '', []],
])('a proxy %s waits for nothing', async (_, text, podIps) => {
  if (text !== undefined) writeFileSync(path, text);
  expect(await open(podIps)).toBeUndefined();
  expect(warned).toEqual([]);
});

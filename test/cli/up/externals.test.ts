/** What is outside and reached by TLS, in a run on this machine: the real thing where the YAML has its files, a stand-in otherwise. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterConfig, UpstreamTlsConfig } from '../../../src/contract';
import { Externals } from '../../../src/cli/up/externals';
import type { MeshModel, Workload } from '../../../src/cli/model/model';
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy } from '../../support/proxy';
import { rawClient } from '../../support/raw-http';

const DIR = '/var/run/secrets/cdk8s-mesh-upstream-tls';
const cleanups = cleanupsAfterEach();

const cluster = (tls: Partial<UpstreamTlsConfig>): ClusterConfig => ({
  name: 'shop/ledger', discovery: { type: 'dns', record: 'address', hostname: 'ledger.bank.example', port: 443 }, tls: { serverName: 'ledger.bank.example', ...tls },
});

function run(clusters: ClusterConfig[], data: Partial<Pick<MeshModel, 'secrets' | 'configMaps'>> = {}): { readonly externals: Externals; readonly model: Pick<MeshModel, 'workloads' | 'secrets' | 'configMaps'> } {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-externals-'));
  const externals = new Externals(join(folder, 'externals'), '127.0.0.1');
  cleanups.push(() => externals.close(), () => rmSync(folder, { recursive: true }));
  const workloads = [{ namespace: 'shop', config: { clusters } } as unknown as Workload];
  return { externals, model: { workloads, secrets: new Map(), configMaps: new Map(), ...data } };
}

async function ask(mapped: ClusterConfig): Promise<string> {
  const test = await startProxy([], { clusters: [mapped] });
  cleanups.push(() => test.proxy.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  client.send('GET /balance HTTP/1.1\r\nHost: ledger\r\n\r\n');
  return client.receives(/\r\n\r\n[^]*\}$|\r\n\r\n[^]*\n$/);
}

test('GIVEN roots and a certificate that are in no file, a stand-in takes the place of it, by TLS and for who shows a certificate', async () => {
  const declared = cluster({
    trustBundleFile: `${DIR}/configmaps/bank-roots/ca.crt`, certificateFile: `${DIR}/secrets/client/tls.crt`, keyFile: `${DIR}/secrets/client/tls.key`,
    pins: ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='], minimumVersion: '1.3',
  });
  const { externals, model } = run([declared]);
  expect(await externals.prepare(model)).toEqual([expect.stringMatching(/configmaps\/bank-roots\/ca\.crt', for the TLS of 'shop\/ledger', is of nothing in the files; a stand-in/)]);
  expect(await externals.prepare(model)).toEqual([]);
  const mapped = externals.of('shop', declared);
  expect(mapped).toMatchObject({ name: 'shop/ledger', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1' }] }, tls: { serverName: 'ledger.bank.example', minimumVersion: '1.3' } });
  expect(statSync(mapped.tls!.keyFile!).mode & 0o777).toBe(0o600);
  expect(await ask(mapped)).toMatch(/200 OK[^]*"service":"shop\/ledger"[^]*"path":"\/balance"/);
  const { certificateFile: _, keyFile: __, ...without } = mapped.tls!;
  expect(await ask({ ...mapped, tls: without })).toMatch(/503 [^]*identity_refused/);
});

test('GIVEN all of its files in the YAML, they are written, and the real address stays', async () => {
  const declared = cluster({ trustBundleFile: `${DIR}/configmaps/bank-roots/ca.crt` });
  const { externals, model } = run([declared], { configMaps: new Map([['shop/bank-roots', { 'ca.crt': 'roots' }]]) });
  expect(await externals.prepare(model)).toEqual([]);
  const { discovery, tls } = externals.of('shop', declared);
  expect(discovery).toEqual(declared.discovery);
  expect(statSync(tls!.trustBundleFile!).size).toBe('roots'.length);
});

test('GIVEN no files at all, nothing changes', async () => {
  const declared = cluster({});
  const { externals, model } = run([declared]);
  expect(await externals.prepare(model)).toEqual([]);
  expect(externals.of('shop', declared)).toEqual(declared);
});

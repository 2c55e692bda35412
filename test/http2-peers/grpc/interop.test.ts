/**
 * The interoperability suite of gRPC through one sidecar, and through two with mutual TLS between them: all of its cases that need no cloud.
 * Servers and clients: grpc-go and @grpc/grpc-js. `npm run test:http2-peers` runs it; needs Go.
 */
import { cleanupsAfterEach } from '../../support/cleanups';
import { HOST } from '../../support/foreign-programs';
import { buildGo, goPeer, goServer } from '../go';
import { SIDECARS } from '../sidecars';
import { CLIENT_CASES, InteropClient } from './client-cases';
import { interopServer } from './server';

jest.setTimeout(60_000);

const cleanups = cleanupsAfterEach();

/** Both clients have the same. */
const CASES = Object.keys(CLIENT_CASES);

buildGo();

describe.each(SIDECARS)('through %s', (_, sidecars) => {
  it.each(CASES)('Go to Go: %s', async (name) => {
    const { port } = await sidecars(cleanups, await goServer(cleanups, 'interop-serve'));
    expect(await goPeer(cleanups, 'interop', `${HOST}:${port}`, name).ends()).toBe(`${name}\n`);
  });

  it.each(CASES)('Go to Node: %s', async (name) => {
    const { port } = await sidecars(cleanups, await interopServer(cleanups));
    expect(await goPeer(cleanups, 'interop', `${HOST}:${port}`, name).ends()).toBe(`${name}\n`);
  });

  it.each(Object.entries(CLIENT_CASES))('Node to Go: %s', async (__, run) => {
    const { port } = await sidecars(cleanups, await goServer(cleanups, 'interop-serve'));
    await run(new InteropClient(cleanups, port));
  });

  it('all cases on one connection, one after the other', async () => {
    const { port } = await sidecars(cleanups, await goServer(cleanups, 'interop-serve'));
    const said = await goPeer(cleanups, 'interop', `${HOST}:${port}`, 'all').ends();
    expect(said.trim().split('\n').sort()).toEqual([...CASES].sort());
  });
});

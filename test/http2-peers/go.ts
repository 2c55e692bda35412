/** The peers in Go: a client and a server of net/http, those of gRPC's interoperability suite, and h2spec. */
import { join } from 'node:path';
import { goPrograms, HOST, Program } from '../support/foreign-programs';
import { freePort } from '../support/ports';

type Cleanups = (() => unknown)[];

/** The first time it takes minutes, where a machine is slow. */
const BUILD_MS = 900_000;

const folder = (): string => goPrograms(join(__dirname, 'programs/go'));

/** Compiles them before the tests of a file, if that was not done yet. */
export function buildGo(): void {
  beforeAll(() => { folder(); }, BUILD_MS);
}

export const goPeer = (cleanups: Cleanups, ...args: readonly string[]): Program => new Program({ cleanups }, join(folder(), 'http2-peers'), args);
export const h2spec = (): string => join(folder(), 'h2spec');

/** Starts a server; returns its port. */
export async function goServer(cleanups: Cleanups, command: 'serve' | 'interop-serve'): Promise<number> {
  const port = await freePort();
  await goPeer(cleanups, command, `${HOST}:${port}`).says(/listening/);
  return port;
}

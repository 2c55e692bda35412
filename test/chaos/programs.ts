/** The programs that are run: the built bundles, and the backend, which is compiled when it is needed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = join(__dirname, '../..');

/** The proxy may be another build than this one, given in MESH_CHAOS_PROXY. */
export const PROGRAMS = { cli: join(ROOT, 'lib/bin/cdk8s-mesh.js'), proxy: process.env.MESH_CHAOS_PROXY ?? join(ROOT, 'lib/bin/proxy.js') };

let supervisor: string | undefined;

/** Path of the program that starts the proxy in the image, compiled with this machine's C compiler. */
export function supervisorProgram(): string {
  if (supervisor === undefined) {
    const outfile = join(ROOT, 'node_modules/.cdk8s-mesh/chaos-supervisor');
    mkdirSync(dirname(outfile), { recursive: true });
    const { status } = spawnSync(process.execPath, [join(ROOT, 'image/compile.mjs'), outfile], { stdio: 'ignore' });
    if (status !== 0) throw new Error('the supervisor of the image can\'t be compiled: a C compiler that links statically is needed, musl-gcc or cc');
    supervisor = outfile;
  }
  return supervisor;
}

let compiled: string | undefined;

/** Path of the backend's program. */
export function backendProgram(): string {
  if (compiled === undefined) {
    const outfile = join(ROOT, 'node_modules/.cdk8s-mesh/chaos-backend.cjs');
    buildSync({ entryPoints: [join(ROOT, 'test/chaos/backend/main.ts')], outfile, bundle: true, platform: 'node', target: 'node20', format: 'cjs' });
    compiled = outfile;
  }
  return compiled;
}

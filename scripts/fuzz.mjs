/** Bundles the fuzzer (test/fuzz/main.ts) and runs it with the arguments given. Needs no build. */
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);

const FILE = 'node_modules/.cdk8s-mesh-fuzz.cjs';
await build({ entryPoints: ['test/fuzz/main.ts'], outfile: FILE, bundle: true, platform: 'node', target: 'node20', format: 'cjs', logLevel: 'warning' });
process.exit(spawnSync(process.execPath, [FILE, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1);

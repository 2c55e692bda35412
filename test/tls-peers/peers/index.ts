/** All peers that are tried. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Bench, Peer } from '../peer';
import { envoy } from './envoy';
import { go } from './go';
import { haproxy } from './haproxy';
import { java } from './java';
import { nginx } from './nginx';
import { openssl } from './openssl';

/** By name; each is made when it is first needed, for some are compiled then. */
export const PEERS: Readonly<Record<string, (bench: Bench) => Peer>> = {
  OpenSSL: openssl, Go: go, Java: java, nginx, HAProxy: haproxy, Envoy: (bench) => envoy(bench, envoyProgram()),
};

let found: string | undefined;

/** Fetched once, as for the benchmarks. */
function envoyProgram(): string {
  const script = 'import { findEnvoy } from "./bench/envoy.mjs"; const { path, missing } = findEnvoy(); if (!path) throw new Error(missing); console.log(path);';
  return found ??= execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: join(__dirname, '../../..'), encoding: 'utf8' }).trim().split('\n').at(-1)!;
}

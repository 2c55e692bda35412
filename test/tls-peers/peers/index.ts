/** All peers that are tried. */
import { Bench, envoyProgram } from '../../support/foreign-programs';
import type { Peer } from '../peer';
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

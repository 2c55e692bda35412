/**
 * The work that proxies are compared on. The backend answers each path in the same way whoever asks; what a scenario says
 * here is both what the load sends and what every proxy must answer before it is measured.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST, freePort, needPrograms, nginxConfig, programOf, startOn, whenAnswers } from './processes.mjs';

const KIB = 1024;
const CHUNKED_BYTES = 16 * KIB;
export const SMALL_BODY = JSON.stringify({ id: 4711, name: 'Teapot', price: 1999, currency: 'EUR', stock: 42, tags: ['kitchen', 'steel'] });
const STORED_BODY = JSON.stringify({ stored: true });

/** `hops`: proxies on the way of a request. `bytes`: length of the response's body. `tls`: between the client and the first proxy. */
export const SCENARIOS = [
  { name: 'small', title: 'GET, small JSON response', path: '/small', bytes: SMALL_BODY.length, connections: 64, hops: 1 },
  { name: 'post', title: 'POST of 1 KiB', method: 'POST', bodyBytes: KIB, path: '/post', bytes: STORED_BODY.length, connections: 64, hops: 1 },
  { name: '64k', title: 'GET, 64 KiB response', path: '/64k', bytes: 64 * KIB, connections: 64, hops: 1 },
  { name: '1m', title: 'GET, 1 MiB response', path: '/1m', bytes: KIB * KIB, connections: 64, hops: 1 },
  { name: 'chunked', title: 'GET, chunked response of 16 KiB', path: '/chunked', bytes: CHUNKED_BYTES, chunked: true, connections: 64, hops: 1 },
  { name: 'many', title: 'GET, small JSON response, 1,000 connections', path: '/small', bytes: SMALL_BODY.length, connections: 1000, hops: 1 },
  {
    name: 'two-hops', title: 'GET, small JSON response, two hops (outbound and inbound proxy, as in a mesh)', path: '/small',
    bytes: SMALL_BODY.length, connections: 64, hops: 2,
  },
  {
    name: 'tls', title: 'GET, small JSON response, TLS 1.3 from the client', path: '/small', bytes: SMALL_BODY.length, connections: 64, hops: 1,
    tls: true,
  },
];

export function scenario(name) {
  const found = SCENARIOS.find((each) => each.name === name);
  if (!found) throw new Error(`there is no scenario ${name}`);
  return found;
}

/** The backend: nginx from memory, far lighter than any proxy in front of it. */
export async function startBackend(folder, core) {
  needPrograms({ nginx: 'nginx-light', taskset: 'util-linux' });
  const port = await freePort();
  const root = join(folder, 'backend');
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, '64k'), Buffer.alloc(64 * KIB, 'cdk8s-mesh '));
  writeFileSync(join(root, '1m'), Buffer.alloc(KIB * KIB, 'cdk8s-mesh '));
  writeFileSync(join(root, 'chunked'), Buffer.alloc(CHUNKED_BYTES, 'cdk8s-mesh '));
  const config = nginxConfig(folder, 'backend', {
    // All the idle connections that all proxies keep are open here.
    connections: 16_384,
    http: `
    sendfile on;
    tcp_nopush on;
    open_file_cache max=16;
    default_type application/octet-stream;
    server {
      listen ${HOST}:${port} backlog=4096;
      root ${root};
      location = /small { default_type application/json; return 200 '${SMALL_BODY}'; }
      location = /post { default_type application/json; return 200 '${STORED_BODY}'; }
      # A body that might have server-side includes has no length beforehand, so nginx sends it in chunks, one a buffer.
      location = /chunked { ssi on; ssi_types application/octet-stream; sendfile off; output_buffers 1 4k; }
    }`,
  });
  return { port, ...await whenAnswers(port, () => startOn(core, programOf('nginx'), ['-c', config])) };
}

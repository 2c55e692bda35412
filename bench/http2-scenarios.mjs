/**
 * What is asked by HTTP/2, and what answers: nginx from memory, and for streams a program of Node, which sends one message of each stream a turn.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOST, freePort, nginxConfig, programOf, startOn, whenAnswers } from './processes.mjs';
import { SMALL_BODY } from './scenarios.mjs';

const KIB = 1024;
/** Messages of a stream, and bytes of each with its five of framing. */
export const STREAM = { messages: 100, bytes: 105 };

/** A message as gRPC frames it. */
const framed = (bytes) => Buffer.concat([Buffer.from([0, 0, 0, bytes >> 8, bytes & 0xff]), Buffer.alloc(bytes, 'm')]);

/** `hops`: proxies on the way of a request. `isCall`: of gRPC, with a message of 1 KiB. */
export const HTTP2_SCENARIOS = [
  { name: 'small', title: 'GET, small JSON response', path: '/small', hops: 1 },
  { name: 'unary', title: 'gRPC, a call of 1 KiB answered by 1 KiB', path: '/mesh.Bench/Unary', isCall: true, hops: 1 },
  { name: 'stream', title: `gRPC, a stream of ${STREAM.messages} messages of 100 bytes`, path: '/mesh.Bench/Stream', isCall: true, hops: 1 },
  {
    name: 'two-hops', title: 'gRPC, a call of 1 KiB, two hops (outbound and inbound proxy, as in a mesh)', path: '/mesh.Bench/Unary', isCall: true,
    hops: 2,
  },
];

/** Starts what answers: `port` for all but streams, `streamPort` for those. `callFile` is the message of a call. */
export async function startHttp2Backend(folder, core) {
  const [port, plainPort, streamPort] = [await freePort(), await freePort(), await freePort()];
  const root = join(folder, 'http2-backend');
  mkdirSync(join(root, 'mesh.Bench'), { recursive: true });
  const callFile = join(root, 'mesh.Bench/Unary');
  writeFileSync(callFile, framed(KIB));
  const config = nginxConfig(folder, 'http2-backend', {
    connections: 4096,
    http: `
    open_file_cache max=16;
    http2_max_concurrent_streams 1000;
    server {
      listen ${HOST}:${port} http2 backlog=4096;
      listen ${HOST}:${plainPort};
      root ${root};
      location = /small { default_type application/json; return 200 '${SMALL_BODY}'; }
      # Files are for GET only; an answer of that kind to POST is made of the file, too.
      location /mesh.Bench/ { default_type application/grpc; add_trailer grpc-status 0; error_page 405 =200 $uri; }
    }`,
  });
  const nginx = await whenAnswers(plainPort, () => startOn(core, programOf('nginx'), ['-c', config]));
  const program = fileURLToPath(new URL('grpc-stream.mjs', import.meta.url));
  const streams = startOn(core, process.execPath, [program, ...[streamPort, STREAM.messages, STREAM.bytes].map(String)]);
  return { port, streamPort, callFile, stop: () => Promise.all([nginx.stop(), streams.stop()]) };
}

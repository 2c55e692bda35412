/** The load of HTTP/2: h2load of nghttp2, on one core, on connections with many streams at a time. */
import { spawn, spawnSync } from 'node:child_process';
import { HOST, programOf } from './processes.mjs';

const CONNECTIONS = 8;
const STREAMS = 16;

/** Its name and version. */
export function loadTool() {
  return spawnSync('h2load', ['--version'], { encoding: 'utf8' }).stdout.trim();
}

/** nginx answers some gRPC calls with 502, fewer than one in a thousand. */
const MOST_FAILED = 0.005;

/**
 * Runs it for so long, by calls with the message of a file where it is to call. Resolves to what was answered; throws when more than a few
 * requests failed.
 */
export async function h2load({ path, isCall = false }, { port, callFile }, seconds, core) {
  const program = programOf('h2load');
  if (!program) throw new Error('h2load is missing, which carries the load: apt-get install nghttp2-client');
  const call = isCall ? ['-d', callFile, '-H', 'content-type: application/grpc', '-H', 'te: trailers'] : [];
  const args = ['-t1', `-c${CONNECTIONS}`, `-m${STREAMS}`, `-D${seconds}`, ...call, `http://${HOST}:${port}${path}`];
  const child = spawn('taskset', ['--cpu-list', String(core), program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { output += chunk; });
  await new Promise((done) => { child.on('close', done); });
  const [, good, failed, errored] = (/(\d+) succeeded, (\d+) failed, (\d+) errored/.exec(output) ?? []).map(Number);
  if (!good || failed + errored > good * MOST_FAILED) throw new Error(`the load failed:\n${output}`);
  return { requests: good, seconds };
}

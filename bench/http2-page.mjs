/** Results of `npm run bench:http2` as tables, and docs/http2-benchmarks.md, which is written from the committed ones. */
import { readFileSync, writeFileSync } from 'node:fs';
import { HTTP2_SCENARIOS } from './http2-scenarios.mjs';
import { described, loadOf, table } from './page.mjs';
import { OWN } from './peers.mjs';
import { median, pairedRatio } from './statistics.mjs';

const RESULT = new URL('results/http2.json', import.meta.url);
const PAGE = new URL('../docs/http2-benchmarks.md', import.meta.url);
const MIB = 2 ** 20;
/** CPU per request, to Envoy's. */
const BAR = 0.5;

export function writeHttp2Page() {
  const result = JSON.parse(readFileSync(RESULT, 'utf8'));
  const { measured, machine, settings, peers } = result;
  writeFileSync(PAGE, `${[
    '# HTTP/2 and gRPC: the proxy beside others',
    'Written by `npm run bench:http2`; do not edit.',
    `Measured ${measured} on ${described(machine)}; load by ${machine.load}, 8 connections with 16 streams each. `
      + `${peers.map(({ name, version }) => `${name}: ${version}`).join('; ')}. ${settings.repeats} interleaved repeats of ${settings.seconds} s, saturated; `
      + 'medians, and medians of the ratios within a repeat.',
    loadOf(machine),
    [
      '- Every proxy has one worker or thread on one core; the load and the backends share another: nginx from memory, and for streams a program of Node.',
      '  HTTP/2 in plain text on both sides, connections kept, no access log. nginx forwards by `grpc_pass`, which is its only HTTP/2 to backends.',
      '  This proxy runs with the flags of its image, the others with the settings in [bench/http2-peers.mjs](../bench/http2-peers.mjs).',
      '- *CPU per request*: user and system time of all processes of the proxy by the kernel\'s accounting, over the requests that were answered. Two hops: of both.',
      '- *Core used*: where it is well below 100 %, the load or the backend was the limit, and the proxy could do more. A proxy that waits more finds less to do at once,',
      '  so it needs more CPU for each request.',
    ].join('\n'),
    http2Tables(result),
    barsOf(result),
    `To repeat (Debian packages \`nginx-light haproxy nghttp2-client nghttp2-proxy\`, and Envoy by \`pip\`, which the command does; about ${Math.ceil(settings.minutes)} minutes):`,
    '```sh\nnpm run bench:http2\n```',
  ].join('\n\n')}\n`);
  console.log('written: docs/http2-benchmarks.md');
}

/** A table for each scenario that was measured. */
export function http2Tables({ peers }) {
  const parts = HTTP2_SCENARIOS.flatMap(({ name, title }) => {
    const present = peers.filter(({ samples }) => samples[name]);
    if (present.length === 0) return [];
    const of = (peer, key) => peer.samples[name].map((sample) => sample[key]);
    const rows = present.map((peer) => [
      peer.name, `${median(of(peer, 'cpuUs')).toFixed(1)} us`, toEnvoy(peers, peer, name), String(Math.round(median(of(peer, 'perSecond')))),
      `${Math.round(median(of(peer, 'coreUsed')) * 100)} %`, `${(median(of(peer, 'residentBytes')) / MIB).toFixed(0)} MiB`,
    ]);
    return [`## ${title}\n\n${table(['', 'CPU per request', 'to Envoy', 'requests a second', 'core used', 'RSS'], rows)}`];
  });
  return parts.join('\n\n');
}

function barsOf({ peers }) {
  const own = peers.find(({ name }) => name === OWN);
  const rows = HTTP2_SCENARIOS.map(({ name, title }) => {
    const ratio = ratioToEnvoy(peers, own, name);
    return [title, `${ratio.toFixed(2)}x`, `${BAR}x`, ratio <= BAR ? 'met' : '**missed**'];
  });
  return `## Bars\n\n${table(['CPU per request, to Envoy', 'measured', 'at most', ''], rows)}`;
}

function toEnvoy(peers, peer, name) {
  const ratio = peer.name === 'Envoy' ? undefined : ratioToEnvoy(peers, peer, name);
  return ratio === undefined ? '' : `${ratio.toFixed(2)}x`;
}

function ratioToEnvoy(peers, peer, name) {
  const envoy = peers.find((each) => each.name === 'Envoy')?.samples[name];
  return envoy && pairedRatio(peer.samples[name].map(({ cpuUs }) => cpuUs), envoy.map(({ cpuUs }) => cpuUs));
}

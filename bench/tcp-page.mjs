/** What `npm run bench:tcp` measures, its results as tables, and docs/tcp-benchmarks.md, which is written from the committed ones. */
import { readFileSync, writeFileSync } from 'node:fs';
import { described, loadOf, table } from './page.mjs';
import { OWN } from './peers.mjs';
import { median, pairedRatio } from './statistics.mjs';

const RESULT = new URL('results/tcp.json', import.meta.url);
const PAGE = new URL('../docs/tcp-benchmarks.md', import.meta.url);
const GIB = 2 ** 30;
const MIB = 2 ** 20;
const BASE = 'HAProxy';

const OF_BYTES = { done: ({ bytes }) => bytes / GIB, cpuScale: 1, cpuUnit: 's/GiB', rateUnit: 'GiB/s' };
const OF_EXCHANGES = { done: ({ exchanges }) => exchanges, cpuScale: 1e6, cpuUnit: 'us', bar: undefined };

/** `bar`: CPU to HAProxy's; undefined: there is none. */
export const TCP_SCENARIOS = [
  { name: 'download', load: 'download', connections: 8, title: 'Download, 8 connections that read all the time', ...OF_BYTES, bar: 1.3 },
  { name: 'upload', load: 'upload', connections: 8, title: 'Upload, 8 connections that send all the time', ...OF_BYTES, bar: 1.3 },
  { name: 'messages', load: 'messages', connections: 64, title: 'Messages of 128 bytes and their answers, 64 connections', ...OF_EXCHANGES, rateUnit: 'messages/s' },
  {
    name: 'connections', load: 'connections', connections: 32, title: 'Connections, each for one message of 128 bytes and its answer, 32 at a time',
    ...OF_EXCHANGES, rateUnit: 'connections/s',
  },
];

export function writeTcpPage() {
  const result = JSON.parse(readFileSync(RESULT, 'utf8'));
  const { measured, machine, settings, peers } = result;
  writeFileSync(PAGE, `${[
    '# TCP: the proxy beside HAProxy',
    'Written by `npm run bench:tcp`; do not edit.',
    `Measured ${measured} on ${described(machine)}. ${peers.map(({ name, version }) => `${name}: ${version}`).join('; ')}. `
      + `${settings.repeats} interleaved repeats of ${settings.seconds} s, saturated; medians, and medians of the ratios within a repeat.`,
    loadOf(machine),
    [
      '- Every proxy has one thread on one core; the load and what answers share another (both are Node). Everything goes over the loopback, no access log.',
      '- *CPU*: user and system time of all processes of the proxy by the kernel\'s accounting, over what came through.',
      '- *Core used*: where it is well below 100 %, the load was the limit, and the proxy could do more.',
      '- HAProxy moves bytes within the kernel with `option splice-auto`, which is not its default. Node has no such way.',
    ].join('\n'),
    tcpTables(result),
    barsOf(result),
    `To repeat (Debian package \`haproxy\`; about ${Math.ceil(settings.minutes)} minutes):`,
    '```sh\nnpm run bench:tcp\n```',
  ].join('\n\n')}\n`);
  console.log('written: docs/tcp-benchmarks.md');
}

/** A table for each scenario that was measured. */
export function tcpTables({ peers }) {
  return TCP_SCENARIOS.flatMap(({ name, title, cpuUnit, rateUnit }) => {
    const present = peers.filter(({ samples }) => samples[name]);
    if (present.length === 0) return [];
    const of = (peer, key) => peer.samples[name].map((sample) => sample[key]);
    const digits = rateUnit === 'GiB/s' ? 2 : 0;
    const rows = present.map((peer) => [
      peer.name, `${median(of(peer, 'cpu')).toFixed(2)} ${cpuUnit}`, peer.name === BASE ? '' : `${ratioOf(peers, peer, name).toFixed(2)}x`,
      median(of(peer, 'perSecond')).toFixed(digits), `${Math.round(median(of(peer, 'coreUsed')) * 100)} %`, `${(median(of(peer, 'residentBytes')) / MIB).toFixed(0)} MiB`,
    ]);
    return [`## ${title}\n\n${table(['', 'CPU', `to ${BASE}`, rateUnit, 'core used', 'RSS'], rows)}`];
  }).join('\n\n');
}

function barsOf({ peers }) {
  const own = peers.find(({ name }) => name === OWN);
  const rows = TCP_SCENARIOS.flatMap(({ name, title, bar }) => {
    if (bar === undefined) return [];
    const ratio = ratioOf(peers, own, name);
    return [[title, `${ratio.toFixed(2)}x`, `${bar}x`, ratio <= bar ? 'met' : '**missed**']];
  });
  return `## Bars\n\n${table([`CPU, to ${BASE}`, 'measured', 'at most', ''], rows)}`;
}

function ratioOf(peers, peer, name) {
  const cpuOf = ({ samples }) => samples[name].map(({ cpu }) => cpu);
  return pairedRatio(cpuOf(peer), cpuOf(peers.find((each) => each.name === BASE)));
}

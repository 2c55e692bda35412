/**
 * Results as tables, and docs/benchmarks.md, which is written from the committed results in bench/results/ and never by
 * hand, so that no number in it is older than its neighbours say.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { WORKLOADS } from './peers.mjs';

const RESULTS = new URL('results/', import.meta.url);
const PAGE = new URL('../docs/benchmarks.md', import.meta.url);
const MIB = 2 ** 20;

/** Writes bench/results/NAME.json, or NAME.local.json when the run was only a part. */
export function writeResult(name, result, { keep }) {
  mkdirSync(RESULTS, { recursive: true });
  const file = `${name}${keep ? '' : '.local'}.json`;
  writeFileSync(new URL(file, RESULTS), `${JSON.stringify(result, roundedNumbers, 2)}\n`);
  console.log(`\nwritten: bench/results/${file}`);
}

export function writePage() {
  const proxy = read('proxy');
  const synth = read('synth');
  const parts = ['# Benchmarks', 'Written by `npm run bench` and `npm run bench:synth`; do not edit.'];
  if (proxy) parts.push(...proxySection(proxy));
  if (synth) parts.push(...synthSection(synth));
  writeFileSync(PAGE, `${parts.join('\n\n')}\n`);
  console.log('written: docs/benchmarks.md');
}

/** The comparison as Markdown; every figure with its ratio to the first peer. */
export function proxyTable({ peers, settings }) {
  const [first] = peers;
  const row = (title, pick, unit) => [title, ...peers.map((peer) => withRatio(pick(peer), pick(first), unit, peer !== first))];
  const rows = WORKLOADS.flatMap(({ name, title }) => [
    row(`${title}: CPU per request`, (peer) => peer.workloads[name].cpuUs, 'us'),
    row(`${title}: requests a second`, (peer) => peer.workloads[name].perSecond, ''),
    row(`${title}: share of its core used`, (peer) => peer.workloads[name].coreUsed * 100, '%'),
    row(`${title}: p50, saturated`, (peer) => peer.workloads[name].p50Us, 'us'),
    row(`${title}: p99, saturated`, (peer) => peer.workloads[name].p99Us, 'us'),
    row(`${title}: p50 at ${settings.rates[name]}/s`, (peer) => peer.workloads[name].ratedP50Us, 'us'),
    row(`${title}: p99 at ${settings.rates[name]}/s`, (peer) => peer.workloads[name].ratedP99Us, 'us'),
    row(`${title}: RSS under load`, (peer) => peer.workloads[name].loadedBytes / MIB, 'MiB'),
  ]);
  rows.push(
    row('RSS idle', (peer) => peer.idleBytes / MIB, 'MiB'),
    row(`RSS with ${settings.manyConnections} idle connections, after load`, (peer) => peer.manyBytes / MIB, 'MiB'),
    row('start to listening', (peer) => peer.startMs, 'ms'),
  );
  return table(['', ...peers.map(({ name }) => name)], rows);
}

export function synthTable({ variants }) {
  const base = variants.find(({ name }) => name === 'cdk8s-plus');
  const row = (title, pick, unit) => [title, ...variants.map((variant) => withRatio(pick(variant), pick(base), unit, variant !== base))];
  return table(['', ...variants.map(({ title }) => title)], [
    row('time in synth', ({ synthMs }) => synthMs, 'ms'),
    row('time of the process', ({ processMs }) => processMs, 'ms'),
    row('peak memory of the process', ({ peakBytes }) => peakBytes / MIB, 'MiB'),
    ['objects', ...variants.map(({ objects }) => String(objects))],
    ['YAML', ...variants.map(({ yamlBytes }) => `${number(yamlBytes / 1024)} KiB`)],
  ]);
}

function proxySection(result) {
  const { settings, peers, measured } = result;
  return [
    '## The proxy beside nginx and HAProxy',
    `Measured ${measured} on ${described(result.machine)}; load by wrk ${result.machine.wrk}. ${peers.map(({ name, version }) => `${name}: ${version}`).join('; ')}.`,
    proxyTable(result),
    `The number after the bar is the ratio to ${peers[0].name}; the machine's load average was ${result.machine.loadBefore.toFixed(1)} before. Medians of ${settings.repeats} interleaved repeats of ${settings.seconds} s each.`,
    ...(result.machine.loadBefore > 0.5
      ? ['**Other processes were busy during this run**, which makes every number worse and the ratios uncertain.']
      : []),
    [
      `- Every proxy has one worker on one core; the load and the backend (nginx, from memory) share another. ${settings.connections} keep-alive`,
      '  connections on loopback, keep-alive to the backend, no TLS, no access log. This proxy runs with the flags of its image.',
      '- *CPU per request*: user and system time of the proxy\'s processes by the kernel\'s accounting, over the requests that came back, saturated.',
      '- *Saturated*: every connection sends its next request as soon as it has its answer, so latency is queueing and follows',
      '  throughput. Where the proxy used less than all of its core, the load or the backend was the limit and the real throughput is higher.',
      '- *At a fixed rate*: requests are sent when they are due, whatever comes back; a time counts from then, waiting for a connection included.',
      '  The generator checks what is due once a millisecond.',
      '- RSS is summed over a proxy\'s processes; pages that they share are counted in each.',
    ].join('\n'),
    'To repeat (Debian packages `nginx-light haproxy wrk`; takes about five minutes):',
    '```sh\nnpm run bench\n```',
  ];
}

function synthSection(result) {
  const { settings, measured } = result;
  return [
    '## Synthesizing a mesh',
    `Measured ${measured} on ${described(result.machine)}. ${settings.services} services in one chart, each calling ${settings.calls} others, beside the same `
      + 'kinds and numbers of objects made with plain cdk8s-plus. Each run is a process of its own; medians of '
      + `${settings.repeats} interleaved repeats. The number after the bar is the ratio to cdk8s-plus.`,
    synthTable(result),
    'To repeat:',
    '```sh\nnpm run bench:synth\n```',
  ];
}

function described({ cores, cpu, memoryGiB, kernel, node }) {
  return `a virtual machine with ${cores} cores (${cpu}), ${memoryGiB} GiB of memory, ${kernel}, Node ${node}`;
}

function withRatio(value, base, unit, compared) {
  const text = `${number(value)}${unit === '' ? '' : ` ${unit}`}`;
  return compared ? `${text} \\| ${(value / base).toFixed(2)}x` : text;
}

function number(value) {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}

function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((cells) => cells[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function read(name) {
  const file = new URL(`${name}.json`, RESULTS);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function roundedNumbers(_, value) {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

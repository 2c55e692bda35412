/**
 * Results as tables, and docs/benchmarks.md, which is written from the committed results in bench/results/ and never by
 * hand, so that no number in it is older than its neighbours say.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { bars, bestNodeProxy } from './bars.mjs';
import { plot } from './plot.mjs';
import { SCENARIOS, scenario } from './scenarios.mjs';
import { median, pairedRatio } from './statistics.mjs';

const RESULTS = new URL('results/', import.meta.url);
const PAGE = new URL('../docs/benchmarks.md', import.meta.url);
const MIB = 2 ** 20;

/** Writes bench/results/NAME.json, or NAME.local.json when the run was only a part. */
export function writeResult(name, result, { keep }) {
  mkdirSync(RESULTS, { recursive: true });
  const file = `${name}${keep ? '' : '.local'}.json`;
  writeFileSync(new URL(file, RESULTS), `${json(result)}\n`);
  console.log(`\nwritten: bench/results/${file}`);
}

export function writePage() {
  const [proxy, soak, synth, policies, telemetry] = ['proxy', 'soak', 'synth', 'policies', 'telemetry'].map(read);
  const parts = ['# Benchmarks', 'Written by `npm run bench`, `npm run bench:policies`, `npm run bench:telemetry` and `npm run bench:synth`; do not edit.'];
  if (proxy) parts.push(...proxySection(proxy), ...barsSection(proxy, soak));
  if (soak) parts.push(soakSection(soak));
  if (policies) parts.push(policiesSection(policies));
  if (telemetry) parts.push(telemetrySection(telemetry));
  if (synth) parts.push(...synthSection(synth));
  writeFileSync(PAGE, `${parts.join('\n\n')}\n`);
  console.log('written: docs/benchmarks.md');
}

/** What resilience costs, with its verdict. */
export function policiesSection({ measured, machine: place, settings, cpuUs }) {
  const ratio = pairedRatio(cpuUs.on, cpuUs.off);
  const verdict = ratio <= 1.15 ? 'Met' : 'Missed';
  return [
    '## What resilience costs',
    `Measured ${measured}; ${settings.repeats} interleaved repeats of ${settings.seconds} s, saturated, small GET over three backends by least request; `
      + `other processes used ${Math.round(place.othersPart * 100)} % of the machine's CPU time meanwhile. Off: no retries, no fields of the mesh, no outlier detection. On: retries with a `
      + 'time for each attempt, hedging, deadlines, outlier detection, health checks, slow start, dynamic weights.',
    table(['', 'CPU per request', 'to off'], [['off', `${median(cpuUs.off).toFixed(1)} us`, '1.00x'], ['on', `${median(cpuUs.on).toFixed(1)} us`, `${ratio.toFixed(2)}x`]]),
    `**${verdict}**: at most 15 % more CPU per request with every policy on; it is ${((ratio - 1) * 100).toFixed(0)} %. To repeat: \`npm run bench:policies\`.`,
  ].join('\n\n');
}

/** What it may cost to see a mesh, and tracing alone. */
const TELEMETRY_BAR = 0.05;

const TELEMETRY_TITLES = {
  off: 'off',
  metrics: 'metrics, scraped',
  errors: 'access log of errors and 1 % of the others, to a file',
  log: 'access log of all requests, to a file',
  tracing: 'tracing, 1 % sampled',
  most: 'metrics, the log of errors, and tracing',
  all: 'metrics, the log of all requests, and tracing',
};

/** What it costs to see a mesh, with its verdict. */
export function telemetrySection({ measured, machine: place, settings, variants }) {
  const { processes, slices, sliceRequests, rate, scrapeSeconds } = settings;
  const rows = Object.entries(variants).map(([name, { saturated, rated }]) => [
    TELEMETRY_TITLES[name], ...[saturated, rated].flatMap(({ cpuUs, toOff }) => [`${median(cpuUs).toFixed(1)} us`, `${median(toOff).toFixed(2)}x`]),
    milliseconds(median(rated.p99Us)), `${pairedRatio(rated.p99Us, variants.off.rated.p99Us).toFixed(2)}x`,
  ]);
  const verdicts = ['tracing', 'most', 'all'].filter((name) => variants[name]).map((name) => {
    const more = ['saturated', 'rated'].map((kind) => median(variants[name][kind].toOff) - 1);
    const [saturated, rated] = more.map((part) => `${(part * 100).toFixed(1)} %`);
    const verdict = Math.max(...more) <= TELEMETRY_BAR ? 'Met' : 'Missed';
    return `**${verdict}**: at most ${percent(TELEMETRY_BAR)} more CPU per request with ${TELEMETRY_TITLES[name]}; it is ${saturated} saturated and ${rated} at the rate.`;
  });
  return [
    '## What it costs to see a mesh',
    `Measured ${measured}; ${processes} processes of each, which take turns in ${slices} slices of ${sliceRequests} small GETs, saturated and at ${rate} requests a second. `
      + `Medians of the slices and of their ratios, and of the processes. A scrape is measured by itself, and comes every ${scrapeSeconds} s. `
      + 'Saturated, a slower proxy lets its peers sleep, and pays for waking them; at the rate, all of them do. '
      + loadOf(place),
    table(['', 'CPU per request, saturated', 'to off', 'CPU at the rate', 'to off', 'p99 at the rate', 'to off'], rows),
    `${verdicts.join(' ')} To repeat: \`npm run bench:telemetry\`.`,
  ].join('\n\n');
}

/**
 * The comparison as Markdown: a table a scenario, and one of memory and start.
 *
 * @param {any} whole what was measured, complete or in part
 */
export function proxyTables({ peers, settings }) {
  const measured = SCENARIOS.filter(({ name }) => peers.some((peer) => peer.scenarios[name]));
  return [...measured.map((each) => scenarioTable(each, peers, settings)), memoryTable(peers, settings)].join('\n\n');
}

function scenarioTable({ name, title }, peers, { part }) {
  const present = peers.filter((peer) => peer.scenarios[name]);
  const nginx = present.find((peer) => peer.name === 'nginx');
  const node = bestNodeProxy(present, name);
  const atPart = `at ${percent(part)}`;
  const head = [
    '', 'CPU per request', 'to nginx', ...(node ? ['to best Node'] : []), 'requests a second', 'to nginx', 'core used', 'p50 saturated', 'p99 saturated',
    `CPU ${atPart}`, `p50 ${atPart}`, `p99 ${atPart}`, 'sent late',
  ];
  const to = (other, key, peer) => (other ? `${pairedRatio(peer.scenarios[name].each[key], other.scenarios[name].each[key]).toFixed(2)}x` : '');
  const rows = present.map((peer) => {
    const { cpuUs, perSecond, coreUsed, p50Us, p99Us, rated } = peer.scenarios[name];
    return [
      peer.name, `${number(cpuUs)} us`, to(nginx, 'cpuUs', peer), ...(node ? [to(node, 'cpuUs', peer)] : []),
      String(Math.round(perSecond)), to(nginx, 'perSecond', peer), percent(coreUsed), milliseconds(p50Us), milliseconds(p99Us),
      `${number(rated.cpuUs)} us`, milliseconds(rated.p50Us), milliseconds(rated.p99Us), percent(rated.latePart),
    ];
  });
  return `### ${title}\n\n${table(head, rows)}`;
}

function memoryTable(peers, { heldConnections }) {
  const nginx = peers.find((peer) => peer.name === 'nginx');
  const held = heldConnections.toLocaleString('en');
  const memory = (peer, pick) => {
    const bytes = pick(peer);
    if (bytes === undefined) return '';
    return `${number(bytes / MIB)} MiB${nginx && peer !== nginx ? `, ${ratio(bytes, pick(nginx))}` : ''}`;
  };
  const head = ['', 'ready after', 'RSS idle', `RSS, ${held} connections open`, 'RSS under load, 64 connections', 'RSS under load, 1,000 connections'];
  const rows = peers.map((peer) => [
    peer.name, `${Math.round(peer.readyMs)} ms`, memory(peer, ({ idleBytes }) => idleBytes), memory(peer, ({ heldBytes }) => heldBytes),
    memory(peer, ({ scenarios }) => scenarios.small?.loadedBytes), memory(peer, ({ scenarios }) => scenarios.many?.loadedBytes),
  ]);
  return `### Memory and start\n\n${table(head, rows)}`;
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
    ['lines of YAML for a service', ...variants.map(({ linesPerService }) => number(linesPerService))],
  ]);
}

/** What planning may take of synthesis. */
const PLANNING_BAR = 0.1;

/** What it costs to plan each service; nothing of results that are older. */
export function planningText({ variants, settings }) {
  const [mesh, planned] = ['mesh', 'planned'].map((wanted) => variants.find(({ name }) => name === wanted));
  if (!planned) return '';
  const part = planned.cpuMs / mesh.cpuMs - 1;
  return `With load and availability declared of each service, synthesis takes ${part > 0 ? percent(part) : 'no'} more of the processor's time `
    + `(${part <= PLANNING_BAR ? 'within' : '**not within**'} ${percent(PLANNING_BAR)}). \`cdk8s-mesh plan\` of the ${settings.services} services takes `
    + `${(planned.planMs / 1000).toFixed(1)} s of it.`;
}

function proxySection(result) {
  const { settings, peers, straight, measured, machine } = result;
  return [
    '## The proxy beside nginx, HAProxy, Envoy and Node proxies',
    `Measured ${measured} on ${described(machine)}; load by wrk ${machine.wrk}. ${peers.map(({ name, version }) => `${name}: ${version}`).join('; ')}. `
      + `${settings.repeats} interleaved repeats of ${settings.seconds} s saturated and ${settings.seconds} s at ${percent(settings.part)} each; `
      + 'medians, and medians of the ratios within a repeat; start and memory: medians of '
      + `${settings.starts} fresh processes.`,
    `${loadOf(machine)} Straight to the backend, without a proxy, the small GET took ${milliseconds(straight.p50Us)} (p50) and `
      + `${milliseconds(straight.p99Us)} (p99) at ${Math.round(straight.perSecond)}/s: so much of each latency is the machine's and the load's.`,
    [
      '- Every proxy has one worker or thread on one core; the load and the backend (nginx, from memory) share another. Loopback,',
      '  64 keep-alive connections where nothing else is said, keep-alive to the backend, no access log. This proxy runs with the',
      '  flags of its image, the others with the settings in [bench/peers.mjs](../bench/peers.mjs). TLS: a certificate with ECDSA',
      '  P-256; connections are kept open, so it is records that are compared, and not handshakes.',
      '- *CPU per request*: user and system time of all processes and threads of the proxy by the kernel\'s accounting, over the',
      '  requests that came back, saturated. *To best Node*: beside the Node proxy that needs the least CPU there. Two hops: of both.',
      '- *Saturated*: every connection sends its next request as soon as it has its answer, so latency is queueing and follows',
      '  throughput. *Core used*: where it is well below 100 %, the load or the backend was the limit, and the proxy could do more.',
      `- *At ${percent(settings.part)}*: requests leave at chance times (Poisson) at that part of the rate that the same proxy had just`,
      `  reached, so a faster proxy has to do more, over at least ${settings.ratedConnections} connections. The load's timers tick once a`,
      '  millisecond: what is due in one leaves together. *Sent late*: the part of requests that were due more than 1 ms before a',
      '  connection was free; their waiting is not in p99.',
      '- *Ready*: start of the process to its first answered request, asked once a millisecond. *RSS* is summed over a proxy\'s',
      '  processes; pages that they share are counted in each. *Open*: connections that carried one request each, in a fresh',
      '  process. *Under load*: at the end of a saturated load, in a process that went through the other scenarios too.',
    ].join('\n'),
    proxyTables(result),
    `To repeat (Debian packages \`nginx-light haproxy wrk\`, and Envoy by \`pip\`, which the command does; about ${Math.ceil(settings.minutes)} minutes, or two with \`--quick\`):`,
    '```sh\nnpm run bench\n```',
  ];
}

function barsSection(proxy, soak) {
  const rows = bars(proxy, soak).map(({ title, value, bar, met, by }) => [title, value, bar, met === undefined ? '' : met ? 'met' : '**missed**', by]);
  return [
    '## Bars',
    'What this proxy is to reach, by the numbers on this page.',
    table(['', 'measured', 'at most', '', ''], rows),
  ];
}

/** The soak as Markdown. */
export function soakSection(result) {
  const { requests, warmUpRequests, kinds, samples, firstBytes, lastBytes, endPart, measured, machine } = result;
  const titles = kinds.map((name) => scenario(name).title);
  const growth = lastBytes - firstBytes;
  return [
    '## Memory over many requests',
    `Measured ${measured} on ${described(machine)}. ${requests.toLocaleString('en')} requests (${titles.join('; ')}) in loads of one second, each over `
      + `64 new connections, after ${warmUpRequests.toLocaleString('en')} that are not counted. RSS is read after each load. ${loadOf(machine)}`,
    `Median of the first ${percent(endPart)} of the samples: ${number(firstBytes / MIB)} MiB; of the last: ${number(lastBytes / MIB)} MiB; `
      + `difference ${growth < 0 ? '' : '+'}${(growth / MIB).toFixed(2)} MiB, ${(growth / requests).toFixed(2)} bytes a request.`,
    `\`\`\`text\n${plot(samples.map(({ bytes }) => bytes / MIB), { unit: ' MiB' })}\n\`\`\``,
    'To repeat (two to four minutes):',
    '```sh\nnpm run bench -- --soak\n```',
  ].join('\n\n');
}

function synthSection(result) {
  const { settings, measured } = result;
  return [
    '## Synthesizing a mesh',
    `Measured ${measured} on ${described(result.machine)}. ${settings.services} services in one chart, each calling ${settings.calls} others, beside the same `
      + 'kinds and numbers of objects made with plain cdk8s-plus. Each run is a process of its own; medians of '
      + `${settings.repeats} interleaved repeats. The number after the bar is the ratio to cdk8s-plus.`,
    synthTable(result),
    ...[planningText(result)].filter(Boolean),
    'To repeat:',
    '```sh\nnpm run bench:synth\n```',
  ];
}

export function described({ cores, cpu, memoryGiB, kernel, node }) {
  return `a virtual machine with ${cores} cores (${cpu}), ${memoryGiB} GiB of memory, ${kernel}, Node ${node}`;
}

/** How busy others kept the machine, in a sentence. */
export function loadOf({ loadBefore, othersPart, stolenPart }) {
  const said = `The load average was ${loadBefore.toFixed(1)} before; other processes used ${percent(othersPart)} of the machine's CPU time meanwhile`
    + `${stolenPart >= 0.005 ? `, and its host withheld ${percent(stolenPart)}` : ''}.`;
  return othersPart > 0.05 ? `${said} **That is enough to make latencies worse and ratios uncertain.**` : said;
}

function ratio(value, base) {
  return base === undefined || value === undefined ? '' : `${(value / base).toFixed(2)}x`;
}

function percent(part) {
  const value = part * 100;
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`;
}

function milliseconds(microseconds) {
  return `${(microseconds / 1000).toFixed(2)} ms`;
}

function withRatio(value, base, unit, compared) {
  const text = `${number(value)}${unit === '' ? '' : ` ${unit}`}`;
  return compared ? `${text} \\| ${(value / base).toFixed(2)}x` : text;
}

function number(value) {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}

export function table(head, rows) {
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

/** Indented, but lists of numbers on one line. */
function json(result) {
  return JSON.stringify(result, roundedNumbers, 2).replace(/\[\s+(?:-?[\d.e+-]+,?\s+)+\]/g, (list) => list.replace(/\s+/g, ' '));
}

function roundedNumbers(_, value) {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

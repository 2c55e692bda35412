/**
 * `node scripts/simulation-results.mjs`: simulates every policy in every scenario and writes docs/simulation-results.md, with
 * what is claimed of policies held against the numbers; fails when a claim is missed. The page depends on the sources alone: the
 * same ones give the same page.
 */
import { writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { table } from './pages/markdown.mjs';

process.chdir(new URL('..', import.meta.url).pathname);

const FILE = 'docs/simulation-results.md';
const REQUESTS = 100_000;
const SEEDS = [1, 2, 3];

const CALLERS = 3;
const ENDPOINTS = 5;

/** Two services that differ in what a pod is like. */
const SERVICES = [
  {
    title: 'Pods that work on many requests at a time',
    about: 'A pod works on 8 requests at a time, 20 ms each on average (lognormal, with a standard deviation of once the mean); 900 requests a second keep all pods 45 % busy.',
    rps: 900,
    endpoint: { concurrency: 8, serviceTime: { type: 'lognormal', meanMs: 20, variation: 1 } },
  },
  {
    title: 'Pods that work on one request at a time',
    about: 'A pod works on one request at a time, 4 ms on average (exponential); 700 requests a second keep all pods 56 % busy, and requests meet in queues.',
    rps: 700,
    endpoint: { concurrency: 1, serviceTime: { type: 'exponential', meanMs: 4 } },
  },
];

/** What stands around a policy is shown where it matters: many pods, and requests that wait when some are cold or too far away. */
const ZONES = ['a', 'b', 'c'];
const ZONED = { title: 'What stands around a policy', endpoints: 12, callers: 6, rps: 1_200, endpoint: { concurrency: 4, serviceTime: { type: 'lognormal', meanMs: 20, variation: 1 } } };
const STAGES = [
  { title: 'nothing', stages: {} },
  { title: 'slow start over 10 s', stages: { slowStart: { windowMs: 10_000 } } },
  { title: 'own zone first', stages: { zoneAware: {} } },
  { title: 'a subset of 6', stages: { subset: { size: 6 } } },
  { title: 'weights from load reports', stages: { dynamicWeights: { source: 'reports' } } },
];

/**
 * What callers do about failures is shown by itself: policies are compared without, since all of them look alike where a pod that
 * fails or is slow is ejected.
 */
const AGAINST_FAILURES = [
  { title: 'nothing', retries: false, ejects: false },
  { title: 'retries', retries: true, ejects: false },
  { title: 'outlier detection', retries: false, ejects: true },
  { title: 'both', retries: true, ejects: true },
];
const AGAINST_FAILURES_OF = { policies: ['roundRobin', 'leastRequest', 'adaptive'], scenarios: ['slow-pod', 'failing-fast', 'zone-lost', 'rollout', 'heterogeneous'] };

/** What is claimed. */
const LEAST_GAIN = 2;
const COLD_GAIN = 1.5;
const OWN_ZONE = 0.95;
const LEFT_FAILED = 0.001;
const ADAPTIVE_BOUND = 1.1;
/** A policy that fails so many more of all requests than another has less left to do, so its p99 is not compared with the other's. */
const FAILED_BOUND = 0.01;

const { DEFAULT_OUTLIER_DETECTION, DEFAULT_RETRY, LatencyHistogram, POLICIES, SCENARIOS, Simulation, withBalancingDefaults } = await load(['balancing', 'contract', 'simulation']);

const results = SERVICES.map((service) => ({ service, scenarios: SCENARIOS.map((scenario) => runScenario(service, scenario)) }));
const around = STAGES.map(({ title, stages }) => ({
  title,
  scenarios: new Map(SCENARIOS.map((scenario) => [
    scenario.name, runAll(scenario.plan(quietOf(ZONED)), { loadBalancing: { type: 'roundRobin' }, ...stages }, `${title}: ${scenario.name}`),
  ])),
}));
const guarded = AGAINST_FAILURES_OF.policies.flatMap((type) => AGAINST_FAILURES.map(({ title, retries, ejects }) => ({
  type,
  title,
  scenarios: new Map(AGAINST_FAILURES_OF.scenarios.map((name) => {
    const plan = {
      ...SCENARIOS.find((scenario) => scenario.name === name).plan(quietOf(SERVICES[0])),
      ...(retries && { retry: DEFAULT_RETRY }), ...(ejects && { outlierDetection: DEFAULT_OUTLIER_DETECTION }),
    };
    return [name, runAll(plan, { loadBalancing: { type } }, `${title}: ${name}: ${type}`)];
  })),
})));
writeFileSync(FILE, page());
console.log(`wrote ${FILE}`);
for (const claim of claims().filter((each) => !each.startsWith('**Met'))) {
  console.error(claim);
  process.exitCode = 1;
}

function runScenario(service, scenario) {
  const plan = scenario.plan(quietOf(service));
  return { scenario, runs: new Map(POLICIES.map((type) => [type, runAll(plan, { loadBalancing: { type } }, `${service.title}: ${scenario.name}: ${type}`)])) };
}

/** All seeds together. */
function runAll(plan, cluster, label) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${label}`);
  const latency = new LatencyHistogram();
  let failed = 0;
  let measured = 0;
  let ejections = 0;
  const zones = { own: 0, all: 0 };
  for (const seed of SEEDS) {
    const measurements = new Simulation(plan, withBalancingDefaults(cluster), seed).run();
    latency.add(measurements.latency);
    failed += measurements.failed;
    measured += measurements.measured;
    ejections += measurements.ejections;
    zones.own += measurements.zones.own;
    zones.all += measurements.zones.all;
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  return { p99: latency.percentile(0.99), failed: failed / measured, ejections, ownZone: zones.own / zones.all };
}

function quietOf({ rps, endpoint, endpoints = ENDPOINTS, callers = CALLERS }) {
  const zoneOf = (index) => ZONES[index % ZONES.length];
  return {
    endpoints: Array.from({ length: endpoints }, (_, index) => ({ name: `pod ${index + 1}`, weight: 1, zone: zoneOf(index), ...endpoint })),
    callers: Array.from({ length: callers }, (_, index) => ({ zone: zoneOf(index) })), rps, arrivals: 'random', requests: REQUESTS, warmUp: 0.05, networkMs: 0.25, timeoutMs: 15_000, connectTimeoutMs: 1_000,
    keys: { count: 10_000, exponent: 1 },
  };
}

function page() {
  return `${[
    '# Results of simulations',
    '',
    `Every policy with its defaults in every scenario of [\`cdk8s-mesh simulate\`](simulate.md#scenarios): ${ENDPOINTS} pods, ${CALLERS} calling proxies,`
      + ` ${count(REQUESTS * SEEDS.length)} requests for each number (seeds ${SEEDS.join(', ')}). Written by \`node scripts/simulation-results.mjs\`; the same sources give the same page.`,
    '',
    'Policies are compared as they are by themselves: without outlier detection, and without retries of what a pod may have seen. Both are on by'
      + ' default in the proxy and in the command, and [level the policies](#what-callers-do-about-failures) where a pod fails or is slow.',
    '',
    '## What is claimed, and what the numbers say',
    '',
    ...claims().map((claim) => `- ${claim}`),
    '',
    `A policy that fails more requests has fewer left to answer, so one that fails over ${FAILED_BOUND * 100} % of all requests more than adaptive is not`
      + ' the best of its scenario, however short its p99. Latencies are told apart to 1/64 of themselves. The three policies that hash'
      + ' follow keys of which the most frequent makes a tenth of the traffic: their pods are loaded as unevenly as their keys are asked for.',
    '',
    ...results.flatMap(({ service, scenarios }) => [
      `## ${service.title}`,
      '',
      service.about,
      '',
      'p99 of the requests that succeeded, and the part that failed:',
      '',
      ...table(['policy', ...scenarios.map(({ scenario }) => scenario.name)], POLICIES.map((type) => [
        `\`${type}\``, ...scenarios.map(({ runs }) => cell(runs.get(type))),
      ])),
      '',
    ]),
    `## ${ZONED.title}`,
    '',
    `Round robin with one thing around it at a time: ${ZONED.endpoints} pods and ${ZONED.callers} callers in ${ZONES.length} zones; a pod works on`
      + ` ${ZONED.endpoint.concurrency} requests at a time, 20 ms each on average (lognormal); ${count(ZONED.rps)} requests a second keep all pods 50 % busy.`,
    '',
    'p99 of the requests that succeeded, and the part that failed; at the right, the part that stayed in its caller\'s zone in quiet times:',
    '',
    ...table(['around it', ...SCENARIOS.map(({ name }) => name), 'own zone'], around.map(({ title, scenarios }) => [
      title, ...SCENARIOS.map(({ name }) => cell(measuredIn(scenarios, name))), percent(scenarios.get('steady').ownZone),
    ])),
    '',
    'A subset is for very large sets that many call: six callers with half of the pods each load them as unevenly as chance has it, and the fullest pod makes the tail.',
    '',
    '## What callers do about failures',
    '',
    'Outlier detection and retries with their defaults, one at a time and both: pods that work on many requests at a time, as above.',
    '',
    'p99 of the requests that succeeded, and the part that failed:',
    '',
    ...table(['policy', 'against failures', ...AGAINST_FAILURES_OF.scenarios], guarded.map(({ type, title, scenarios }) => [
      `\`${type}\``, title, ...AGAINST_FAILURES_OF.scenarios.map((name) => cell(measuredIn(scenarios, name))),
    ])),
    '',
    'Retries alone are bounded by their budget, so some requests still fail, the more so by a policy to which a pod that fails at once looks idle. Outlier detection'
      + ` finds that pod by its errors, machines that vanish by their silence, and a slow pod once it takes ${DEFAULT_OUTLIER_DETECTION.latencyFactor} times as long as the others: by round robin, when`
      + ` requests queue there; policies that send it less keep it. Where pods are merely unlike, or replaced, there were ${ejectionsOf('rollout', 'heterogeneous')} ejections.`,
    '',
  ].join('\n').trimEnd()}\n`;
}

function claims() {
  return [...gainClaims(), ...adaptiveClaims(), ...stageClaims(), ...failureClaims()];
}

function stageClaims() {
  const of = (wanted, scenario) => measuredIn(around.find(({ title }) => title === wanted)?.scenarios, scenario);
  const [cold, slowly] = [of('nothing', 'rollout').p99, of('slow start over 10 s', 'rollout').p99];
  const { ownZone } = of('own zone first', 'steady');
  return [
    `**${cold >= COLD_GAIN * slowly ? 'Met' : 'Missed'}** (many pods): in a rollout, slow start shortens the p99 of round robin by at least ${COLD_GAIN} times.`
      + ` It is ${(cold / slowly).toPrecision(3)} times: ${duration(cold)} against ${duration(slowly)}.`,
    `**${ownZone >= OWN_ZONE ? 'Met' : 'Missed'}** (many pods): zone-aware choice keeps at least ${OWN_ZONE * 100} % of the requests in the zone of their caller when nothing`
      + ` is wrong. It is ${percent(ownZone)}, of ${percent(of('nothing', 'steady').ownZone)} without it.`,
  ];
}

/** @template T @param {Map<string, T> | undefined} scenarios @param {string} name @returns {T} */
function measuredIn(scenarios, name) {
  const result = scenarios?.get(name);
  if (!result) throw new Error(`${name} was not measured`);
  return result;
}

function ejectionsOf(...names) {
  const counts = guarded.flatMap(({ scenarios }) => names.map((name) => measuredIn(scenarios, name).ejections));
  return counts.reduce((sum, ejections) => sum + ejections, 0);
}

function failureClaims() {
  const roundRobin = guarded.filter(({ type }) => type === 'roundRobin');
  const of = (wanted) => measuredIn(roundRobin.find(({ title }) => title === wanted)?.scenarios, 'failing-fast').failed;
  const [without, left] = [of('nothing'), of('both')];
  return [
    `**${left <= LEFT_FAILED ? 'Met' : 'Missed'}** (many requests at a time): with outlier detection and retries as they are by default, a pod that fails at once costs`
      + ` round robin at most ${LEFT_FAILED * 100} % of all requests. It is ${left > 0 ? percent(left) : 'none'}, of ${percent(without)} without both.`,
  ];
}

function gainClaims() {
  if (!POLICIES.includes('leastResponseTime')) return [];
  return results.map(({ service, scenarios }) => {
    const { runs } = scenarios.find(({ scenario }) => scenario.name === 'slow-pod');
    const slow = runs.get('roundRobin').p99;
    const fast = runs.get('leastResponseTime').p99;
    const verdict = slow >= LEAST_GAIN * fast ? 'Met' : 'Missed';
    return `**${verdict}** (${inTitle(service)}): with one slow pod of five, least response time beats round robin by at least ${LEAST_GAIN} times in p99.`
      + ` It is ${(slow / fast).toPrecision(3)} times: ${duration(slow)} against ${duration(fast)}.`;
  });
}

function adaptiveClaims() {
  if (!POLICIES.includes('adaptive')) return [];
  return results.map(({ service, scenarios }) => {
    const compared = scenarios.map(({ scenario, runs }) => {
      const own = runs.get('adaptive');
      const [best, { p99 }] = [...runs].filter(([type, { failed }]) => type !== 'adaptive' && failed <= own.failed + FAILED_BOUND)
        .sort(([, a], [, b]) => a.p99 - b.p99)[0];
      return { name: scenario.name, best, ratio: own.p99 / p99 };
    });
    const missed = compared.filter(({ ratio }) => !(ratio <= ADAPTIVE_BOUND));
    const statement = 'adaptive is never more than 10 % worse in p99 than the best fixed policy of a scenario';
    const inText = ({ name, best, ratio }) => `${name} (${ratio >= 1 ? `${((ratio - 1) * 100).toFixed(1)} % above` : `${((1 - ratio) * 100).toFixed(1)} % below`} ${best})`;
    return missed.length === 0
      ? `**Met** (${inTitle(service)}): ${statement}. By scenario: ${compared.map(inText).join(', ')}.`
      : `**Missed in ${missed.length} of ${compared.length} scenarios** (${inTitle(service)}): ${statement}. Missed: ${missed.map(inText).join(', ')}.`
        + ` Met: ${compared.filter((one) => !missed.includes(one)).map(inText).join(', ') || 'none'}.`;
  });
}

function inTitle({ title }) {
  return title.charAt(0).toLowerCase() + title.slice(1);
}

function cell({ p99, failed }) {
  return failed > 0 ? `${duration(p99)}, ${percent(failed)}` : duration(p99);
}

function duration(ms) {
  return ms >= 1_000 ? `${(ms / 1_000).toPrecision(3)} s` : `${ms.toPrecision(3)} ms`;
}

function percent(part) {
  return `${part * 100 < 0.1 ? (part * 100).toPrecision(1) : (part * 100).toFixed(1)} %`;
}

function count(value) {
  return value.toLocaleString('en-US');
}

/** The exports of parts of src/, compiled in memory. */
async function load(parts) {
  const { outputFiles: [bundle] } = await build({
    stdin: { contents: parts.map((part) => `export * from './src/${part}';`).join('\n'), resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
  });
  return import(`data:text/javascript;base64,${Buffer.from(bundle.text).toString('base64')}`);
}

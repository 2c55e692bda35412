/**
 * `npm run bench`: this proxy beside nginx, HAProxy, Envoy and proxies made of Node's own HTTP, in one run, on the same work.
 *
 *   npm run bench -- [--quick] [--repeats N] [--seconds N] [--only PEER,PEER] [--scenario NAME,NAME]
 *   npm run bench -- --soak [--requests N]     memory of this proxy over many requests
 *   npm run bench -- --page                    docs/benchmarks.md again, from the results that are there
 *
 * It runs on the version of Node that the image ships, which the page names; `node bench/run.mjs` takes another.
 *
 * Results go to bench/results/ and docs/benchmarks.md; those of a part (--quick, fewer peers or scenarios, a peer that is not
 * there) only to bench/results/*.local.json, which is not committed.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compare } from './compare.mjs';
import { machine, othersMeter, raisePriority } from './machine.mjs';
import { proxyTables, soakSection, writePage, writeResult } from './page.mjs';
import { PEERS } from './peers.mjs';
import { missingPrograms } from './processes.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { soak } from './soak.mjs';

const CORES = { proxy: 0, load: 1 };

const options = readOptions();
if (options.page) writePage();
else await run();

async function run() {
  const missing = missingPrograms({ taskset: 'util-linux', wrk: 'wrk', nginx: 'nginx-light' });
  if (missing) stop(missing);
  if (availableParallelism() < 2) stop('at least two cores are needed: one for the proxy, one for load and backend');
  // What this process does (asking, holding connections open) belongs where the load is, with all its threads.
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(CORES.load), String(process.pid)]);
  const restorePriority = raisePriority();

  const folder = mkdtempSync(join(tmpdir(), 'mesh-bench-'));
  chmodSync(folder, 0o755); // started by root, nginx's workers become another user
  const running = new Set();
  const cleanUp = async () => {
    await Promise.all([...running].map((each) => each.stop()));
    rmSync(folder, { recursive: true, force: true });
    restorePriority();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { void cleanUp().then(() => process.exit(1)); });

  const surroundings = { folder, cores: CORES, running, ...options };
  const meter = othersMeter();
  let result;
  try {
    result = await (options.soak ? soak(surroundings) : compare(surroundings));
  } finally {
    await cleanUp();
  }
  const whole = { measured: new Date().toISOString().slice(0, 10), machine: { ...machine(), ...meter.read() }, ...result };
  console.log(`\n${options.soak ? soakSection(whole) : proxyTables(whole)}`);
  writeResult(options.soak ? 'soak' : 'proxy', whole, { keep: whole.complete });
  if (whole.complete) writePage();
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      repeats: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string' },
      scenario: { type: 'string' },
      soak: { type: 'boolean', default: false },
      requests: { type: 'string', default: '2000000' },
      page: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  return {
    quick,
    repeats: Number(values.repeats ?? (quick ? 1 : 6)),
    seconds: Number(values.seconds ?? (quick ? 1 : 2)),
    starts: quick ? 2 : 7,
    peers: chosen(PEERS, values.only, 'only'),
    scenarios: chosen(SCENARIOS, values.scenario, 'scenario'),
    soak: values.soak,
    requests: Number(values.requests),
    page: values.page,
  };
}

/** Those of a list that were named, or all. */
function chosen(list, text, option) {
  if (text === undefined) return list;
  const names = text.toLowerCase().split(',');
  const known = list.map(({ name }) => name.toLowerCase());
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined) stop(`--${option}: there is no ${strange}; there are ${known.join(', ')}`);
  return list.filter(({ name }) => names.includes(name.toLowerCase()));
}

function stop(message) {
  console.error(message);
  process.exit(1);
}

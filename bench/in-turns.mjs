/**
 * Proxies in turns on the same work: what each needs of CPU per request, and what that is to the others. For benchmarks that print their
 * figures and write nothing: on a machine that is not alone, only ratios of one run say something.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { raisePriority } from './machine.mjs';
import { OWN } from './peers.mjs';
import { HOST, cpuSeconds } from './processes.mjs';
import { median, sum } from './statistics.mjs';

export const CORES = { proxy: 0, load: 1 };
const CONNECTIONS = 64;
const WARM_UP_SECONDS = 2;

/**
 * Runs a benchmark in a folder of its own, and ends afterwards what it has started.
 *
 * @param {(folder: string, keep: (starting: any) => Promise<any>) => Promise<void>} benchmark `keep` takes what is started, to be stopped
 */
export async function inFolder(benchmark) {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-bench-'));
  chmodSync(folder, 0o755); // started by root, nginx's workers become another user
  const restorePriority = raisePriority();
  const running = [];
  try {
    await benchmark(folder, async (starting) => {
      const started = await starting;
      running.push(started);
      return started;
    });
  } finally {
    await Promise.all(running.map((each) => each.stop()));
    rmSync(folder, { recursive: true, force: true });
    restorePriority();
  }
}

/**
 * Measures in turns (`--rounds`, of `--seconds`), and prints.
 *
 * @param {Record<string, { readonly url: string, readonly pids: readonly number[], readonly host?: string }>} chains by name; one is {@link OWN}
 */
export function compareInTurns(chains) {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '3' } } });
  const cpuOf = ({ pids }) => sum(pids.map((pid) => cpuSeconds(pid)));
  for (const chain of Object.values(chains)) load(chain, WARM_UP_SECONDS);
  /** @type {Record<string, number[]>} */
  const micros = Object.fromEntries(Object.keys(chains).map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [name, chain] of Object.entries(chains)) {
      const before = cpuOf(chain);
      const requests = load(chain, Number(values.seconds));
      micros[name].push((cpuOf(chain) - before) / requests * 1e6);
    }
  }
  for (const [name, list] of Object.entries(micros)) console.log(`${name}: ${median(list).toFixed(1)} us of CPU a request (${list.map((each) => each.toFixed(1)).join(', ')})`);
  for (const [name, list] of Object.entries(micros)) {
    if (name === OWN) continue;
    const ratios = micros[OWN].map((own, round) => own / list[round]);
    console.log(`ratio to ${name}: ${median(ratios).toFixed(2)} (${ratios.map((each) => each.toFixed(2)).join(', ')})`);
  }
}

/** Requests that were answered. */
function load({ url, host = HOST }, seconds) {
  const args = ['--cpu-list', String(CORES.load), 'wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-H', `Host: ${host}`, url];
  const { stdout } = spawnSync('taskset', args, { encoding: 'utf8' });
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  if (!requests || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`the load failed:\n${stdout}`);
  return requests;
}

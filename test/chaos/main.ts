/**
 * `npm run chaos`: every scenario, with this project's proxy and with Envoy where it can be had, with each of several seeds. A
 * complete run writes docs/chaos-results.md. `--seeds` (`--seed` for one), `--only`, `--proxy mesh|envoy|all`, `--pace` (what times
 * are multiplied by).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { envoyVersion, findEnvoy } from '../../bench/envoy.mjs';
import { pageOf, tableOf } from './report';
import { Result, run } from './run';
import type { Scenario } from './scenario';
import { SCENARIOS } from './scenarios';
import { envoy } from './subjects/envoy';
import { MESH } from './subjects/mesh';
import type { Subject } from './subjects/subject';

const USAGE = 'npm run chaos -- [--seeds 1,2,3,4,5] [--seed 7] [--only endpoint-kill,zone-lost] [--proxy mesh|envoy|all] [--pace 1]';
/** Fewest seeds that the page is made of: one alone may be lucky. */
const PUBLISHED_SEEDS = 5;
const PAGE = 'docs/chaos-results.md';
const OVERLOAD = 'bench/overload.mjs';
const OVERLOAD_LIMIT_MS = 180_000;

interface Options {
  readonly seeds: readonly number[];
  readonly pace: number;
  readonly proxy: string;
  readonly scenarios: readonly Scenario[];
}

async function main(): Promise<number> {
  const options = readOptions();
  if (!options) {
    console.error(`usage: ${USAGE}\nscenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const { seeds, pace, proxy, scenarios } = options;
  const found: { readonly path?: string; readonly missing?: string } = proxy === 'mesh' ? { missing: 'not asked for' } : findEnvoy();
  const others = found.path === undefined ? [] : [envoy(found.path, envoyVersion(found.path) ?? '')];
  if (proxy !== 'mesh' && found.missing !== undefined) console.log(`without Envoy: ${found.missing}`);

  const results: Result[] = [];
  for (const scenario of scenarios) {
    console.log(`${scenario.name}: ${scenario.harm}`);
    const subjects: Subject[] = [...(proxy === 'envoy' ? [] : [MESH]), ...(scenario.comparable ? others : [])];
    for (const seed of seeds) {
      for (const subject of subjects) {
        const result = await run(scenario, { subject, seed, pace });
        results.push(result);
        for (const note of result.notes) console.log(`  ${subject.name}: ${note}`);
        for (const broken of result.broken) console.log(`  ${subject.name}, seed ${seed}: not so: ${broken}`);
      }
    }
  }
  console.log(`\n${tableOf(results)}`);
  const held = results.every(({ subject, broken }) => subject !== MESH.name || broken.length === 0);
  if (scenarios.length < SCENARIOS.length || proxy !== 'all' || pace !== 1 || seeds.length < PUBLISHED_SEEDS) return held ? 0 : 1;

  const overload = runOverload();
  writeFileSync(PAGE, pageOf({ scenarios, results, seeds, missing: found.missing, overload: overload.text }));
  console.log(`\n${overload.text}\n\nwrote ${PAGE}`);
  return held && overload.held ? 0 : 1;
}

/** What too many requests do, with limits and without, is a measurement of its own. */
function runOverload(): { readonly text: string; readonly held: boolean } {
  if (!existsSync(OVERLOAD)) return { text: '', held: true };
  const { status, stdout, stderr } = spawnSync(process.execPath, [OVERLOAD], { encoding: 'utf8', timeout: OVERLOAD_LIMIT_MS });
  return { text: stdout.trim() || stderr.trim(), held: status === 0 };
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1,2,3,4,5' }, seed: { type: 'string' }, only: { type: 'string' },
      proxy: { type: 'string', default: 'all' }, pace: { type: 'string', default: '1' },
    },
  });
  const seeds = [...new Set((values.seed ?? values.seeds).split(','))].map((seed) => (seed === '' ? NaN : Number(seed)));
  const pace = Number(values.pace);
  const names = values.only?.split(',');
  const strange = names?.some((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (!seeds.every(Number.isInteger) || !(pace > 0) || !['mesh', 'envoy', 'all'].includes(values.proxy!) || strange) return undefined;
  return { seeds, pace, proxy: values.proxy!, scenarios: SCENARIOS.filter(({ name }) => names?.includes(name) ?? true) };
}

// Processes are ended by their reaper, and networks as this process exits.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
void main().then((code) => process.exit(code), (error: unknown) => {
  console.error(error);
  process.exit(1);
});

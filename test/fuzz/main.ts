/** `npm run fuzz`: fuzzes the codec, the whole proxy, the reader of certificates and the inbound port with mutual TLS. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Finding, fuzzCertificates, fuzzCodec, fuzzConnections, fuzzHandshakes, FuzzOptions } from './fuzzer';
import { loadPopulation } from './population';

const USAGE = 'npm run fuzz -- [--seconds 60] [--cases 1000000] [--seed 1] [--target codec|connections|certificates|handshakes|all]';
const SEEDS = join(process.cwd(), 'test/fuzz/seeds');

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' }, cases: { type: 'string', default: '1000000000' }, seed: { type: 'string', default: '1' }, target: { type: 'string', default: 'all' },
    },
  });
  const [seconds, cases, seed] = [Number(values.seconds), Number(values.cases), Number(values.seed)];
  const targets = { codec: fuzzCodec, connections: fuzzConnections, certificates: fuzzCertificates, handshakes: fuzzHandshakes };
  const chosen = values.target === 'all' ? Object.keys(targets) : [values.target!];
  if (!(seconds > 0) || !(cases > 0) || !Number.isInteger(seed) || chosen.some((name) => !(name in targets))) {
    console.error(`usage: ${USAGE}`);
    return 2;
  }
  const population = loadPopulation(SEEDS);
  const options: FuzzOptions = { seed, cases, milliseconds: (seconds * 1_000) / chosen.length };
  for (const name of chosen as (keyof typeof targets)[]) {
    const { cases: done, finding } = await targets[name](population, options);
    if (finding) {
      console.error(`${name}, case ${done} of seed ${seed}: ${finding.problem}\nkept in ${keep(finding)}`);
      return 1;
    }
    console.log(`${name}: ${done} cases of seed ${seed}, nothing found`);
  }
  return 0;
}

/** Later runs begin with what was found, and so does the test. */
function keep({ kept }: Finding): string {
  const text = `${JSON.stringify(kept, null, 2)}\n`;
  const file = join(SEEDS, `found-${createHash('sha256').update(text).digest('hex').slice(0, 8)}.json`);
  writeFileSync(file, text);
  return file;
}

void main().then((code) => process.exit(code));

/** A short run of the fuzzer with a fixed seed, and every message that is kept. `npm run fuzz` runs for longer. */
import { join } from 'node:path';
import { checkCertificate } from './certificates-target';
import { checkCodec } from './codec-target';
import { fuzzCertificates, fuzzCodec, fuzzConnections, fuzzHandshakes } from './fuzzer';
import { mutated } from './mutate';
import { loadPopulation } from './population';
import { seededRandom } from '../support/random';

const population = loadPopulation(join(__dirname, 'seeds'));

test('a seed gives the same messages again, and another seed others', () => {
  const some = (seed: number): string[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 20 }, () => mutated(random, population.requests, 6).toString('latin1'));
  };
  expect(some(1)).toEqual(some(1));
  expect(some(1)).not.toEqual(some(2));
});

test.each(['request', 'response', 'response to HEAD'] as const)('every %s that mutations begin with is read alike by all parsers', async (kind) => {
  for (const bytes of kind === 'request' ? population.requests : population.responses) {
    expect(await checkCodec({ kind, bytes, cuts: [Array.from({ length: bytes.length }, (_, at) => at)] })).toBeUndefined();
  }
});

test('mutated messages neither break the codec nor let two parsers read different things', async () => {
  expect(await fuzzCodec(population, { seed: 20, cases: 4_000, milliseconds: 20_000 })).toEqual({ cases: expect.any(Number), finding: undefined });
});

test('mutated clients and backends neither break the proxy nor leave anything behind', async () => {
  const result = await fuzzConnections(population, { seed: 20, cases: 500, milliseconds: 20_000 });
  expect(result).toEqual({ cases: expect.any(Number), finding: undefined });
}, 60_000);

test('mutated certificates are never taken for another one\'s', async () => {
  expect(population.certificates.length).toBeGreaterThan(3);
  for (const certificate of population.certificates) expect(checkCertificate(certificate)).toBeUndefined();
  const result = await fuzzCertificates(population, { seed: 20, cases: 20_000, milliseconds: 10_000 });
  expect(result).toEqual({ cases: expect.any(Number), finding: undefined });
});

test('mutated handshakes neither reach the app nor leave anything behind', async () => {
  expect(population.hellos.length).toBeGreaterThan(2);
  const result = await fuzzHandshakes(population, { seed: 20, cases: 200, milliseconds: 10_000 });
  expect(result).toEqual({ cases: expect.any(Number), finding: undefined });
}, 60_000);

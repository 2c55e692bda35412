/** The report of the chaos suite. */
import { pageOf, tableOf } from './report';
import type { Result } from './run';
import { SCENARIOS } from './scenarios';

function result(more: Partial<Result>): Result {
  return {
    scenario: 'endpoint-kill', subject: 'cdk8s-mesh', seed: 7, requests: 2_000, failedIdempotent: 0, failedOthers: 1, twice: 0, recoveredMs: 0,
    p99BeforeMs: 10, p99AfterMs: 12, peakMemory: 64 * 2 ** 20, notes: [], broken: [], ...more,
  };
}

const RESULTS = [
  result({}),
  result({ scenario: 'zone-lost', subject: 'Envoy', failedIdempotent: 61, recoveredMs: Infinity, notes: ['the cable was pulled'], broken: ['a bar: how'] }),
];

test('the table has a row for each run, and all of its columns stand below their titles', () => {
  const [head, ...rows] = tableOf(RESULTS).split('\n');
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(row.indexOf('held') < 0 ? row.indexOf('broken, seed 7') : row.indexOf('held')).toBe(head!.indexOf('bars'));
  expect(rows[1]).toMatch(/^zone-lost +Envoy +2,000 +61 +1 +0 +not /);
});

test('the page has the table aligned, every scenario with its bars, what did not hold, and how to repeat it', () => {
  const page = pageOf({ scenarios: SCENARIOS, results: RESULTS, seeds: [7, 8], overload: '| overload |', missing: 'no network' });
  const lines = page.split('\n');
  const table = lines.filter((line) => line.startsWith('| ') && line !== '| overload |');
  expect(new Set(table.map(({ length }) => length)).size).toBe(1);
  for (const { name, harm } of SCENARIOS) expect(page).toContain(`- \`${name}\`: ${harm}.`);
  expect(page).toContain('- `zone-lost`, Envoy, seed 7: a bar: how');
  expect(page).toContain('Envoy was not there: no network.');
  expect(page).toContain('The cable was pulled.');
  expect(page).toContain('npm run chaos -- --seeds 7,8');
});

import { DEFAULT_OUTLIER_DETECTION, LoadBalancingConfig } from '../../../src/contract';
import { svgOf } from '../../../src/cli/simulate/plot';
import { recoveryInText, reportOf, Run } from '../../../src/cli/simulate/report';
import { plain } from '../../../src/cli/terminal/table';
import { Plan, SCENARIOS, Simulation } from '../../../src/simulation';
import { balancingOf, callers, base, Stages } from '../../simulation/support';

const TYPES: readonly LoadBalancingConfig['type'][] = ['leastRequest', 'roundRobin'];

function runsOf(plan: Plan, stages: Stages = {}): Run[] {
  return TYPES.map((type) => {
    const balancing = balancingOf({ type } as LoadBalancingConfig, stages);
    return { policy: balancing.loadBalancing, zoneAware: stages.zoneAware !== undefined, measurements: new Simulation(plan, balancing, 1).run() };
  });
}

function planNamed(name: string, endpoints = 5): Plan {
  return SCENARIOS.find((scenario) => scenario.name === name)!.plan(base({ requests: 10_000 }, {}, endpoints));
}

describe('the report', () => {
  it('has a line for each policy, aligned, with failures, recovery and shares in the time that is disturbed', () => {
    const plan = planNamed('failing-fast');
    const lines = reportOf('failing-fast', 'one pod fails', plan, runsOf(plan), plain);
    expect(lines[0]).toBe('failing-fast: one pod fails, from 3.3 s to 7.8 s');
    const table = lines.slice(2, 5);
    expect(table[0]).toMatch(/^ {2}policy +p50 +p95 +p99 +failed +retried +recovers after$/);
    expect(table[1]).toMatch(/^ {2}leastRequest \* +[\d.]+ ms +[\d.]+ ms +[\d.]+ ms +[\d.]+ % +0 +[\d.]+ s$/);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    expect(lines[6]).toBe('  share of the requests sent to each pod in that time');
    // Of the 4,000 requests in that time, more or less.
    expect(lines[9]).toMatch(/^ {2}roundRobin +(?:(?:19\.9|20\.0|20\.1) % *){5}$/);
  });

  it('says how often pods were ejected, where they may be', () => {
    const plan = { ...planNamed('failing-fast'), outlierDetection: DEFAULT_OUTLIER_DETECTION };
    const lines = reportOf('failing-fast', 'one pod fails', plan, runsOf(plan), plain);
    expect(lines[2]).toMatch(/^ {2}policy +p50 +p95 +p99 +failed +retried +ejected +recovers after$/);
    // By each of three callers.
    expect(lines[3]).toMatch(/^ {2}leastRequest \* .* 3 +(?:unharmed|[\d.]+ s)$/);
  });

  it('has no recovery where nothing happens, and shows many pods by the least and the most', () => {
    const plan = planNamed('steady', 20);
    const lines = reportOf('steady', 'nothing happens', plan, runsOf(plan), plain);
    expect(lines[0]).toBe('steady: nothing happens');
    expect(lines[2]).not.toContain('recovers');
    expect(lines[7]).toMatch(/policy +least +middle +most$/);
  });

  it('says how many requests stayed in their zone where zones matter', () => {
    const plan = SCENARIOS[0]!.plan(base({ callers: callers(3, 'a', 'b', 'c') }, {}, 6));
    const zoned = { ...plan, endpoints: plan.endpoints.map((endpoint, index) => ({ ...endpoint, zone: 'abc'[index % 3] })) };
    expect(reportOf('steady', 'nothing happens', zoned, runsOf(zoned), plain)[2]).not.toContain('own zone');
    const [, , title, , roundRobin] = reportOf('steady', 'nothing happens', zoned, runsOf(zoned, { zoneAware: {} }), plain);
    expect(title).toMatch(/ retried +own zone$/);
    expect(roundRobin).toMatch(/^ {2}roundRobin .* 9[67]\.\d %$/);
  });

  it.each([[0, 'unharmed'], [Infinity, 'not at all'], [2_345, '2.3 s'], [undefined, '-']])('says of a recovery after %p: %s', (ms, text) => {
    expect(recoveryInText(ms)).toBe(text);
  });
});

describe('the plot', () => {
  it('is a file of its own: one root, no link, no script, and numbers only', () => {
    const svg = svgOf(['steady', 'zone-lost', 'burst'].map((name) => {
      const plan = planNamed(name);
      return { title: `a <service> & ${name}`, plan, runs: runsOf(plan) };
    }));
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 1330 1080"/);
    expect(svg).toMatch(/<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined|<script|href|url\(/);
    expect(svg).toContain('a &lt;service&gt; &amp; steady');
    // Two panels a row, two policies a panel.
    expect(svg.match(/<path d="M/g)).toHaveLength(3 * 2 * 2);
    const open = svg.match(/<(svg|g|text)\b/g)!.length;
    expect(svg.match(/<\/(svg|g|text)>/g)).toHaveLength(open);
  });

  it('has a gap where more than one request in a hundred failed', () => {
    const plan = planNamed('failing-fast');
    const [times] = svgOf([{ title: 'gap', plan, runs: runsOf(plan).slice(1) }]).match(/<path d="[^"]*"/g)!;
    expect(times!.match(/M/g)).toHaveLength(2);
  });

  it('is drawn of a run so short that there is nothing to see', () => {
    const plan = SCENARIOS[0]!.plan(base({ requests: 1 }));
    expect(svgOf([{ title: 'one', plan, runs: runsOf(plan) }])).not.toMatch(/NaN|Infinity/);
  });
});

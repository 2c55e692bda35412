/** What stands around the policy, as flags and YAML say it. */
import { parseArguments } from '../../../src/cli/command-line/command';
import { simulateCommand } from '../../../src/cli/simulate/command';
import { readOptions, SimulateOptions } from '../../../src/cli/simulate/options';
import { stagesInText } from '../../../src/cli/simulate/stages';

function read(...argv: string[]): SimulateOptions {
  const args = parseArguments(simulateCommand, ['--endpoints', '6', ...argv]);
  if (args === 'help') throw new Error('help was asked for');
  return readOptions(args);
}

describe('flags', () => {
  it('put stages around every policy, but not around those by hash what would move their keys', () => {
    const { balancings } = read('--slow-start', '30s', '--zone-aware', 'on', '--subset', '2', '--dynamic-weights', 'observed');
    const failover = { overprovisioningPercent: 140, panicPercent: 50 };
    const moving = {
      slowStart: { windowMs: 30_000, aggression: 1, minimumPercent: 10 },
      zoneAware: { minimumEndpoints: 3, remotePercent: 3, tolerancePercent: 10, smoothingMs: 5_000, updateMs: 1_000, expirationMs: 180_000 },
      dynamicWeights: { source: 'observed', smoothingMs: 10_000, updateMs: 1_000, minimumPercent: 10, maximumPercent: 1_000 },
    };
    expect(balancings).toHaveLength(10);
    for (const { loadBalancing, ...stages } of balancings) {
      const byHash = ['ringHash', 'maglev', 'rendezvous'].includes(loadBalancing.type);
      expect({ loadBalancing, stages }).toEqual({ loadBalancing, stages: { failover, subset: { size: 2 }, ...(byHash ? {} : moving) } });
    }
  });

  it('put pods and callers in zones, in turn', () => {
    const zones = (...argv: string[]): readonly string[] => {
      const { endpoints, callers } = read(...argv).base;
      return [endpoints, callers].map((all) => all.map(({ zone }) => zone).join(''));
    };
    expect(zones()).toEqual(['abcabc', 'abc']);
    expect(zones('--zones', 'x,x,y')).toEqual(['xxyxxy', 'xxy']);
    expect(zones('--caller-zones', 'b')).toEqual(['abcabc', 'bbb']);
  });

  it.each([
    [['--slow-start', 'soon'], "'soon' is not a latency; write 20ms"],
    [['--slow-start', '1s..2s'], "--slow-start must be a time such as 30s, or off, got '1s..2s'"],
    [['--slow-start', '0s'], "--slow-start must be a time such as 30s, or off, got '0s'"],
    [['--zone-aware', 'yes'], "--zone-aware must be on or off, got 'yes'"],
    [['--subset', '0'], "--subset must be a number from 1 to 10000, got '0'"],
    [['--subset', '1.5'], "--subset must be a whole number, got '1.5'"],
    [['--dynamic-weights', 'on'], "--dynamic-weights must be reports, observed or off, got 'on'"],
    [['--caller-zones', 'a,'], "--caller-zones must be names with commas between, got 'a,'"],
    [['--policy', 'maglev', '--slow-start', '30s'], '--slow-start would move keys that maglev keeps at one pod; leave it out, or name another policy with --policy'],
  ])('%j is refused in words', (argv, message) => {
    expect(() => read(...argv)).toThrow(message);
  });
});

describe('the line that says what is in effect', () => {
  it.each([
    [[], 'around the policy: nothing'],
    [['--zone-aware', 'on', '--against', 'random'], 'around the policy: own zone first of a, b, c, at least 3 % elsewhere'],
    [['--zone-aware', 'on'], 'around the policy: own zone first of a, b, c, at least 3 % elsewhere (policies by hash go without what moves keys)'],
    [['--zone-aware', 'on', '--zones', 'a', '--against', 'random'], "around the policy: zones don't matter, for all pods are in one"],
    [['--zone-aware', 'on', '--endpoints', '2', '--against', 'random'], "around the policy: zones don't matter, for there are fewer than 3 pods"],
    [['--subset', '3'], 'around the policy: a subset of 3'],
    [['--subset', '6'], 'around the policy: a subset of 6, which is all'],
    [['--subset', '2', '--zone-aware', 'on', '--against', 'random'],
      'around the policy: own zone first of a, b, c, at least 3 % elsewhere; a subset of 2 in each zone, which is all'],
    [['--slow-start', '1.5s', '--dynamic-weights', 'reports', '--against', 'random'], 'around the policy: slow start over 1.5 s; weights from load reports'],
    [['--slow-start', 'off', '--dynamic-weights', 'off', '--zone-aware', 'off', '--subset', 'off'], 'around the policy: nothing'],
  ])('%j: %s', (argv, expected) => {
    // The last of a flag given twice is not taken, so the number of pods is not repeated.
    const args = parseArguments(simulateCommand, argv.includes('--endpoints') ? argv : ['--endpoints', '6', ...argv]);
    const { balancings, base } = readOptions(args as Exclude<typeof args, 'help'>);
    expect(stagesInText(balancings, base)).toBe(expected);
  });
});

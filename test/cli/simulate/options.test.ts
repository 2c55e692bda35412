import { join } from 'node:path';
import { POLICIES } from '../../../src/balancing';
import { parseArguments } from '../../../src/cli/command-line/command';
import { simulateCommand } from '../../../src/cli/simulate/command';
import { readOptions, SimulateOptions } from '../../../src/cli/simulate/options';
import { parseServiceTime } from '../../../src/cli/simulate/service-time';
import { SCENARIOS } from '../../../src/simulation';

const SHOP = join(__dirname, '../up/fixtures/shop.yaml');

function read(...argv: string[]): SimulateOptions {
  const args = parseArguments(simulateCommand, argv);
  if (args === 'help') throw new Error('help was asked for');
  return readOptions(args);
}

describe('out of YAML', () => {
  it('come the pods, callers, policy and timeouts of a service, and the part of the requests that its largest version gets', () => {
    const { title, calledBy, wholeRps, base, balancings } = read(SHOP, '--service', 'catalog', '--rps', '900');
    expect({ title, calledBy, policy: balancings[0]!.loadBalancing }).toEqual({ title: 'catalog v1', calledBy: 'web', policy: { type: 'weightedRoundRobin' } });
    expect(wholeRps).toBe(900);
    expect(base).toMatchObject({ callers: [{ zone: 'a' }], rps: 675, timeoutMs: 15_000, connectTimeoutMs: 1_000, requests: 100_000 });
    expect(base.endpoints.map(({ name }) => name)).toEqual(['pod 1', 'pod 2']);
  });

  it('comes the version that is asked for', () => {
    const { title, base, balancings } = read(SHOP, '--service', 'catalog@v2', '--rps', '900');
    expect([title, base.endpoints.length, base.rps, balancings[0]!.loadBalancing.type]).toEqual(['catalog v2', 1, 225, 'roundRobin']);
  });

  it('flags take precedence', () => {
    const { base, balancings } = read(SHOP, '--service', 'catalog', '--endpoints', '4', '--callers', '7', '--policy', 'random', '--zones', 'x,y');
    expect([base.endpoints.map(({ zone }) => zone), base.callers.length, balancings[0]!.loadBalancing.type]).toEqual([['x', 'y', 'x', 'y'], 7, 'random']);
  });

  it.each([
    [['--service', 'catlog'], /--service names the service 'catlog', which is not in the mesh. Did you mean 'catalog'\?/],
    [['--service', 'web'], "no service of the YAML calls 'web', so no proxy balances its requests. Called are catalog"],
    [['--service', 'catalog', '--from', 'catalog'], "'catalog' does not call 'catalog' by the YAML. Called are catalog"],
    [['--service', 'catalog@v9'], "--service names version 'v9' of 'catalog', which web v1 does not call. It calls v1, v2"],
    [[], `say which service of ${SHOP} is simulated: --service SERVICE. There are web`],
  ])('%j is refused in words', (argv, message) => {
    expect(() => read(SHOP, ...argv)).toThrow(message);
  });
});

describe('out of flags', () => {
  it('comes a service of its own, half busy unless it is said what pods can do', () => {
    const { title, base, balancings, scenarios, seed } = read('--endpoints', '5', '--rps', '900', '--service-time', '20ms');
    expect({ title, seed, callers: base.callers.map(({ zone }) => zone), scenarios: scenarios.map(({ name }) => name) })
      .toEqual({ title: 'a service', seed: 1, callers: ['a', 'b', 'c'], scenarios: ['steady'] });
    expect(base.endpoints[0]).toMatchObject({ concurrency: 8, weight: 1, serviceTime: { type: 'fixed', ms: 20 } });
    expect(balancings.map(({ loadBalancing }) => loadBalancing.type)).toEqual(['roundRobin', ...POLICIES.filter((policy) => policy !== 'roundRobin')]);
    expect(read('--endpoints', '5', '--concurrency', '3').base.endpoints[0]).toMatchObject({ concurrency: 3 });
  });

  it('comes the comparison that is asked for, with the defaults of each policy', () => {
    expect(read('--endpoints', '2', '--policy', 'least-request', '--against', 'roundrobin').balancings.map(({ loadBalancing }) => loadBalancing))
      .toEqual([{ type: 'leastRequest', scan: 'choices', choices: 2, bias: 1 }, { type: 'roundRobin' }]);
    expect(read('--endpoints', '2', '--scenario', 'all').scenarios).toBe(SCENARIOS);
  });

  it.each([
    [[], 'say what is simulated: --service SERVICE takes it from synthesized YAML, --endpoints COUNT describes it by flags'],
    [['--endpoints', '0'], "--endpoints must be a number from 1 to 10000, got '0'"],
    [['--endpoints', '2.5'], "--endpoints must be a whole number, got '2.5'"],
    [['--endpoints', '2', '--from', 'web'], '--from belongs to a service of the YAML; say which one is called with --service SERVICE'],
    [['--endpoints', '2', '--scenario', 'slowpod'], "--scenario names 'slowpod', which there is not. Did you mean 'slow-pod'? There are steady, slow-pod,"],
    [['--endpoints', '2', '--policy', 'leastrequst'], "--policy names 'leastrequst', which is no policy. Did you mean 'leastRequest'?"],
    [['--endpoints', '2', '--against', 'best'], "--against names 'best', which is no policy."],
    [['--endpoints', '2', '--zones', 'a,,b'], "--zones must be names with commas between, got 'a,,b'"],
    [['--endpoints', '2', '--network', '~1ms'], "--network must be a time such as 0.5ms, got '~1ms'"],
    [['--endpoints', '2', '--service-time', '0ms'], "--service-time must be more than 0, got '0ms'"],
    [['--endpoints', '2', '--requests', '0'], "--requests must be a number from 1 to 100000000, got '0'"],
    [['--endpoints', '2', '--seed', '-1'], "--seed must be a number from 0 to 9007199254740991, got '-1'"],
  ])('%j is refused in words', (argv, message) => {
    expect(() => read(...argv)).toThrow(message);
  });
});

describe('a service time', () => {
  it.each([
    ['20ms', { type: 'fixed', ms: 20 }],
    ['10ms..40ms', { type: 'uniform', fromMs: 10, toMs: 40 }],
    ['~1.5s', { type: 'exponential', meanMs: 1_500 }],
    ['lognormal:20ms', { type: 'lognormal', meanMs: 20, variation: 1 }],
    ['lognormal:20ms:0.5', { type: 'lognormal', meanMs: 20, variation: 0.5 }],
    ['pareto:5ms:2.2', { type: 'pareto', meanMs: 5, shape: 2.2 }],
  ])('may be written %s', (text, expected) => {
    expect(parseServiceTime(text)).toEqual(expected);
  });

  it.each([
    ['20', "'20' is not a latency; write 20ms"],
    ['normal:20ms', "'normal:20ms' is not a service time; with a name it is lognormal:MEAN:VARIATION or pareto:MEAN:SHAPE"],
    ['pareto:20ms:1', "the shape of 'pareto:20ms:1' must be a number from 1.01 to 100, got '1'"],
    ['lognormal:20ms:', "the variation (standard deviation over mean) of 'lognormal:20ms:' must be a number from 0.01 to 100, got ''"],
    ['pareto:~20ms', "the mean of 'pareto:~20ms' must be a time such as 20ms, got '~20ms'"],
  ])('%s is refused in words', (text, message) => {
    expect(() => parseServiceTime(text)).toThrow(message);
  });
});

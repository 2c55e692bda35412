/** From flags, and YAML if there is some, to what is simulated. */
import { POLICIES } from '../../balancing';
import { DEFAULT_CLUSTER, DEFAULT_ROUTE, LoadBalancingConfig } from '../../contract';
import { meanOf, policiesBeside, Quiet, Scenario, SCENARIOS } from '../../simulation';
import type { Arguments } from '../command';
import { UserError } from '../errors';
import { didYouMean } from '../nearest';
import { parseLatency } from '../stand-in/behaviour';
import { readManifests } from '../up/manifests';
import { readModel } from '../up/read-model';
import { parseServiceTime } from './service-time';
import { Subject, subjectOf } from './subject';

export interface SimulateOptions {
  readonly title: string;
  readonly calledBy: string;
  /** Requests a second to the service as a whole, where only a part of them goes to the version that is simulated. */
  readonly wholeRps: number | undefined;
  readonly quiet: Quiet;
  readonly scenarios: readonly Scenario[];
  /** The chosen one first. */
  readonly policies: readonly LoadBalancingConfig[];
  readonly seed: number;
  readonly svg: string | undefined;
}

const DEFAULT_RPS_PER_ENDPOINT = 100;
const DEFAULT_CALLERS = 3;
const DEFAULT_REQUESTS = 100_000;
const DEFAULT_SERVICE_TIME = 'lognormal:20ms:1';
const DEFAULT_NETWORK = '0.25ms';
/** How busy pods are to be when nobody says how much they can do. */
const HALF_BUSY = 0.5;
const KEYS = { count: 10_000, exponent: 1 };
/** Part of the run that isn't measured: queues are empty and nothing is learned. */
const WARM_UP = 0.05;

export function readOptions(args: Arguments): SimulateOptions {
  const subject = readSubject(args);
  const endpoints = integer(args, 'endpoints', 1, 10_000) ?? subject.endpoints;
  if (endpoints === 0) throw new UserError(`${subject.title} has no pods by the YAML; say how many with --endpoints COUNT`);
  const callers = integer(args, 'callers', 1, 1_000) ?? subject.callers;
  if (callers === 0) throw new UserError(`${subject.calledBy} has no pods by the YAML; say how many proxies call with --callers COUNT`);
  const total = args.number('rps', { min: 0.1, max: 1_000_000 }) ?? (DEFAULT_RPS_PER_ENDPOINT * endpoints) / subject.share;
  const rps = total * subject.share;
  const serviceTime = parseServiceTime(args.text('service-time') ?? DEFAULT_SERVICE_TIME);
  const concurrency = integer(args, 'concurrency', 1, 100_000)
    ?? Math.max(1, Math.ceil((rps * meanOf(serviceTime)) / 1_000 / endpoints / HALF_BUSY - 1e-9));
  const network = parseLatency(args.text('network') ?? DEFAULT_NETWORK);
  if (network.type !== 'fixed') throw new UserError(`--network must be a time such as 0.5ms, got '${args.text('network')}'`);
  const zones = readZones(args, subject);
  return {
    title: subject.title,
    calledBy: subject.calledBy,
    wholeRps: subject.share < 1 ? total : undefined,
    quiet: {
      endpoints: Array.from({ length: endpoints }, (_, index) => {
        const zone = zones[index % zones.length];
        return { name: `pod ${index + 1}`, weight: zone === undefined ? 1 : subject.zoneWeights[zone] ?? 1, zone, concurrency, serviceTime };
      }),
      callers,
      rps,
      arrivals: 'random',
      requests: integer(args, 'requests', 1, 100_000_000) ?? DEFAULT_REQUESTS,
      warmUp: WARM_UP,
      networkMs: network.ms,
      timeoutMs: subject.timeoutMs,
      connectTimeoutMs: subject.connectTimeoutMs,
      keys: KEYS,
    },
    scenarios: readScenarios(args.text('scenario') ?? 'steady'),
    policies: readPolicies(args, subject.policy),
    seed: integer(args, 'seed', 0, Number.MAX_SAFE_INTEGER) ?? 1,
    svg: args.text('svg'),
  };
}

function readSubject(args: Arguments): Subject {
  const service = args.text('service');
  if (service !== undefined) {
    const paths = args.positionals.length > 0 ? args.positionals : ['dist'];
    return subjectOf(readModel(readManifests(paths), paths.join(', ')), service, args.text('from'));
  }
  if (args.positionals.length > 0) throw new UserError(`say which service of ${args.positionals.join(', ')} is simulated: --service SERVICE`);
  if (args.has('from')) throw new UserError('--from belongs to a service of the YAML; say which one is called with --service SERVICE');
  const endpoints = integer(args, 'endpoints', 1, 10_000);
  if (endpoints === undefined) {
    throw new UserError('say what is simulated: --service SERVICE takes it from synthesized YAML, --endpoints COUNT describes it by flags');
  }
  return {
    title: 'a service', endpoints, callers: DEFAULT_CALLERS, calledBy: '', policy: DEFAULT_CLUSTER.loadBalancing,
    share: 1, zoneWeights: {}, timeoutMs: DEFAULT_ROUTE.timeoutMs, connectTimeoutMs: DEFAULT_CLUSTER.connectTimeoutMs,
  };
}

function readZones(args: Arguments, { zoneWeights }: Subject): readonly (string | undefined)[] {
  const text = args.text('zones');
  const zones = text?.split(',').map((zone) => zone.trim()) ?? Object.keys(zoneWeights);
  if (zones.some((zone) => zone === '')) throw new UserError(`--zones must be names with commas between, got '${text}'`);
  return zones.length > 0 ? zones : [undefined];
}

function readScenarios(name: string): readonly Scenario[] {
  if (name === 'all') return SCENARIOS;
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  const names = [...SCENARIOS.map((scenario) => scenario.name), 'all'];
  if (!found) throw new UserError(`--scenario names '${name}', which there is not.${didYouMean(name, names)} There are ${names.join(', ')}`);
  return [found];
}

function readPolicies(args: Arguments, own: LoadBalancingConfig): LoadBalancingConfig[] {
  const text = args.text('policy');
  const type = text === undefined ? own.type : policyNamed('policy', text);
  // A service's own parameters stay when only the name of its policy is repeated.
  const chosen = type === own.type ? own : { type } as LoadBalancingConfig;
  return args.has('against')
    ? policiesBeside(chosen, args.all('against').map((name) => policyNamed('against', name)))
    : policiesBeside(chosen);
}

function policyNamed(flag: string, name: string): LoadBalancingConfig['type'] {
  const found = POLICIES.find((policy) => policy.toLowerCase() === name.replace(/-/g, '').toLowerCase());
  if (!found) throw new UserError(`--${flag} names '${name}', which is no policy.${didYouMean(name, POLICIES)} There are ${POLICIES.join(', ')}`);
  return found;
}

function integer(args: Arguments, flag: string, min: number, max: number): number | undefined {
  const value = args.number(flag, { min, max });
  if (value !== undefined && !Number.isInteger(value)) throw new UserError(`--${flag} must be a whole number, got '${args.text(flag)}'`);
  return value;
}

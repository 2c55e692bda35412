/** From flags, and YAML if there is some, to what is simulated. */
import { BalancingConfig, POLICIES } from '../../balancing';
import {
  DEFAULT_CLUSTER, DEFAULT_OUTLIER_DETECTION, DEFAULT_RETRY, DEFAULT_RETRY_BUDGET, DEFAULT_ROUTE, LoadBalancingConfig, withBalancingDefaults,
} from '../../contract';
import { meanOf, balancingsBeside, BasePlan, Scenario, SCENARIOS, withPolicy } from '../../simulation';
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';
import { didYouMean } from '../../contract/nearest';
import { parseLatency } from '../stand-in/behaviour';
import { readManifests } from '../model/manifests';
import { readModel } from '../model/read-model';
import { readFailures } from './failures';
import { parseServiceTime } from './service-time';
import { readStages } from './stages';
import { Subject, subjectOf } from './subject';
import { wholeNumber } from './whole-number';
import { readZones } from './zones';

export interface SimulateOptions {
  readonly title: string;
  readonly calledBy: string;
  /** Requests a second to the service as a whole, where only a part of them goes to the version that is simulated. */
  readonly wholeRps: number | undefined;
  readonly base: BasePlan;
  readonly scenarios: readonly Scenario[];
  /** The chosen policy first; the stages around all of them are the same. */
  readonly balancings: readonly BalancingConfig[];
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
  const endpoints = wholeNumber(args, 'endpoints', 1, 10_000) ?? subject.endpoints.length;
  if (endpoints === 0) throw new UserError(`${subject.title} has no pods by the YAML; say how many with --endpoints COUNT`);
  const counted = wholeNumber(args, 'callers', 1, 1_000);
  const callers = counted === undefined ? subject.callers : turns(counted).map((pod) => ({ pod }));
  if (callers.length === 0) throw new UserError(`${subject.calledBy} has no pods by the YAML; say how many proxies call with --callers COUNT`);
  const total = args.number('rps', { min: 0.1, max: 1_000_000 }) ?? (DEFAULT_RPS_PER_ENDPOINT * endpoints) / subject.share;
  const rps = total * subject.share;
  const serviceTime = parseServiceTime(args.text('service-time') ?? DEFAULT_SERVICE_TIME);
  const concurrency = wholeNumber(args, 'concurrency', 1, 100_000)
    ?? Math.max(1, Math.ceil((rps * meanOf(serviceTime)) / 1_000 / endpoints / HALF_BUSY - 1e-9));
  const network = parseLatency(args.text('network') ?? DEFAULT_NETWORK);
  if (network.type !== 'fixed') throw new UserError(`--network must be a time such as 0.5ms, got '${args.text('network')}'`);
  const zones = readZones(args, subject);
  return {
    title: subject.title,
    calledBy: subject.calledBy,
    wholeRps: subject.share < 1 ? total : undefined,
    base: {
      endpoints: turns(endpoints).map((index) => {
        const { name = `pod ${index + 1}`, ...stated } = subject.endpoints[index] ?? {};
        return { name, ...zones.endpoint(index, stated), priority: stated.priority, concurrency, serviceTime };
      }),
      callers: callers.map((caller) => zones.caller(caller)),
      rps,
      arrivals: 'random',
      requests: wholeNumber(args, 'requests', 1, 100_000_000) ?? DEFAULT_REQUESTS,
      warmUp: WARM_UP,
      networkMs: network.ms,
      timeoutMs: subject.timeoutMs,
      connectTimeoutMs: subject.connectTimeoutMs,
      keys: KEYS,
      healthCheck: subject.healthCheck,
      ...readFailures(args, subject),
    },
    scenarios: readScenarios(args.text('scenario') ?? 'steady'),
    balancings: readBalancings(args, subject.balancing),
    seed: wholeNumber(args, 'seed', 0, Number.MAX_SAFE_INTEGER) ?? 1,
    svg: args.text('svg'),
  };
}

function readSubject(args: Arguments): Subject {
  const service = args.text('service');
  if (service !== undefined) {
    const paths = args.positionals.length > 0 ? args.positionals : ['dist'];
    return subjectOf(readModel(readManifests(paths), paths.join(', ')), service, args.text('from'));
  }
  if (args.positionals.length > 0) {
    const source = args.positionals.join(', ');
    const services = new Set(readModel(readManifests(args.positionals), source).workloads.map((workload) => workload.service));
    throw new UserError(`say which service of ${source} is simulated: --service SERVICE. There are ${[...services].join(', ')}`);
  }
  if (args.has('from')) throw new UserError('--from belongs to a service of the YAML; say which one is called with --service SERVICE');
  const endpoints = wholeNumber(args, 'endpoints', 1, 10_000);
  if (endpoints === undefined) {
    throw new UserError('say what is simulated: --service SERVICE takes it from synthesized YAML, --endpoints COUNT describes it by flags');
  }
  return {
    title: 'a service', endpoints: turns(endpoints).map(() => ({})), callers: turns(DEFAULT_CALLERS).map((pod) => ({ pod })), calledBy: '',
    balancing: withBalancingDefaults({}), healthCheck: undefined, outlierDetection: DEFAULT_OUTLIER_DETECTION, retry: DEFAULT_RETRY,
    retryBudget: DEFAULT_RETRY_BUDGET, hedge: undefined, share: 1, zoneWeights: {}, zoned: true, placed: true,
    timeoutMs: DEFAULT_ROUTE.timeoutMs, connectTimeoutMs: DEFAULT_CLUSTER.connectTimeoutMs,
  };
}

function readScenarios(name: string): readonly Scenario[] {
  if (name === 'all') return SCENARIOS;
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  const names = [...SCENARIOS.map((scenario) => scenario.name), 'all'];
  if (!found) throw new UserError(`--scenario names '${name}', which there is not.${didYouMean(name, names)} There are ${names.join(', ')}`);
  return [found];
}

function readBalancings(args: Arguments, own: BalancingConfig): BalancingConfig[] {
  const text = args.text('policy');
  // A service's own parameters stay when only the name of its policy is repeated.
  const chosen = readStages(args, text === undefined ? own : withPolicy(own, policyNamed('policy', text)));
  return args.has('against')
    ? balancingsBeside(chosen, args.all('against').map((name) => policyNamed('against', name)))
    : balancingsBeside(chosen);
}

function policyNamed(flag: string, name: string): LoadBalancingConfig['type'] {
  const found = POLICIES.find((policy) => policy.toLowerCase() === name.replace(/-/g, '').toLowerCase());
  if (!found) throw new UserError(`--${flag} names '${name}', which is no policy.${didYouMean(name, POLICIES)} There are ${POLICIES.join(', ')}`);
  return found;
}

function turns(count: number): number[] {
  return Array.from({ length: count }, (_, turn) => turn);
}

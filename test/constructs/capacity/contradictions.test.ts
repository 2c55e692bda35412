/** Every declaration of capacity, availability and scaling that can't be, or is unwise, with the message that its author reads. */
import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Availability, AvailabilityOptions, Capacity, CapacityOptions, ConcurrencyLimit, DisruptionBudget, Gateway, Mesh, MeshService, MeshServiceProps,
  RateLimit, Scaling, ScalingMetrics, ScalingOptions,
} from '../../../src';
import { newChart } from '../../support/manifests';
import { mistake } from '../../support/mistake';

let written: jest.SpyInstance;
beforeEach(() => { written = jest.spyOn(process.stderr, 'write').mockReturnValue(true); });
afterEach(() => written.mockRestore());

const app = { image: 'ghcr.io/acme/web:1', portNumber: 8080 };
const make = (props: object, kubernetes?: string): MeshService => {
  const chart = newChart();
  if (kubernetes !== undefined) new Mesh(chart, 'mesh', { kubernetes });
  return new MeshService(chart, 'web', { containers: [app], ...props } as MeshServiceProps);
};

/** 1,200 a second at the peak, 150 for each pod, of which 10 % are not counted on. */
const RATED: CapacityOptions = { peakRps: 1_200, rpsPerPod: 150 };
/** Pods of 4 at a time for 20 ms: 180 a second each at saturation, with the derating. */
const TIMED: CapacityOptions = { peakRps: 1_200, serviceTime: Duration.millis(20), concurrency: 4 };

const capacity = (given: object, base: object = RATED) => ({ capacity: Capacity.of({ ...base, ...given } as CapacityOptions) });
const latency = (percentile: string, ms: number, base: CapacityOptions = TIMED) => ({
  capacity: Capacity.of(base).latency(percentile, Duration.millis(ms)),
});
const available = (percent: string, options?: AvailabilityOptions) => ({ availability: Availability.target(percent, options) });
const derived = (options: ScalingOptions) => ({ capacity: Capacity.of({ ...RATED, usualRps: 300 }), scaling: Scaling.derived(options) });
const between = (min: number, max: number, options?: ScalingOptions) => ({ scaling: Scaling.between(min, max, options) });
const keda = (serverAddress = 'http://prometheus.monitoring:9090') => ScalingMetrics.keda({ serverAddress });

describe('a number that can not be', () => {
  test.each<[string, object, string]>([
    ['no peak', capacity({ peakRps: undefined }), '\'capacity.peakRps\' is missing: say how many requests a second come at the peak'],
    ['a peak of nothing', capacity({ peakRps: 0 }), '\'capacity.peakRps\' is 0: use requests a second, above 0'],
    ['a negative peak', capacity({ peakRps: -5 }), '\'capacity.peakRps\' is -5: use requests a second, above 0'],
    ['a peak that is no number', capacity({ peakRps: NaN }), '\'capacity.peakRps\' is NaN: use requests a second, above 0'],
    ['an endless peak', capacity({ peakRps: Infinity }), '\'capacity.peakRps\' is Infinity: use requests a second, above 0'],
    ['a peak as a text', capacity({ peakRps: '1200' }), '\'capacity.peakRps\' is "1200": use requests a second, above 0'],
    ['a usual load of nothing', capacity({ usualRps: 0 }), '\'capacity.usualRps\' is 0: use requests a second, above 0'],
    ['a pod that does nothing', capacity({ rpsPerPod: 0 }), '\'capacity.rpsPerPod\' is 0: use requests a second, above 0'],
    ['a negative rate of a pod', capacity({ rpsPerPod: -1 }), '\'capacity.rpsPerPod\' is -1: use requests a second, above 0'],
    ['nothing about a pod', capacity({ rpsPerPod: undefined }), '\'capacity.rpsPerPod\' is missing: say what one pod does: the requests a second that it carries, or'],
    ['both about a pod', capacity(RATED, TIMED), '\'capacity.rpsPerPod\' is 150: leave it out, or \'serviceTime\' and \'concurrency\', from which it follows'],
    ['a service time alone', capacity({ concurrency: undefined }, TIMED), '\'capacity.concurrency\' is missing: it is needed with \'serviceTime\''],
    ['a concurrency alone', capacity({ concurrency: 4 }), '\'capacity.serviceTime\' is missing: it is needed with \'concurrency\''],
    ['a service time of nothing', capacity({ serviceTime: Duration.millis(0) }, TIMED), '\'capacity.serviceTime\' is 0: use a Duration above 0'],
    ['a service time that is no Duration', capacity({ serviceTime: 20 }, TIMED), '\'capacity.serviceTime\' is 20: use a Duration above 0, such as'],
    ['no requests at a time', capacity({ concurrency: 0 }, TIMED), '\'capacity.concurrency\' is 0: use a whole number from 1 to 1000000'],
    ['half a request at a time', capacity({ concurrency: 1.5 }, TIMED), '\'capacity.concurrency\' is 1.5: use a whole number from 1'],
    ['a negative variation', capacity({ variation: -1 }, TIMED), '\'capacity.variation\' is -1: use standard deviation over mean'],
    ['a variation that is no number', capacity({ variation: NaN }, TIMED), '\'capacity.variation\' is NaN: use standard deviation'],
    ['a derating of all', capacity({ deratingPercent: 100 }), '\'capacity.deratingPercent\' is 100: use a percentage from 0 to 90'],
    ['a negative derating', capacity({ deratingPercent: -1 }), '\'capacity.deratingPercent\' is -1: use a percentage from 0 to 90'],
    ['a utilization of all', capacity({ maxUtilizationPercent: 100 }), '\'capacity.maxUtilizationPercent\' is 100: use a percentage from 1 to 99; at 100 requests wait forever'],
    ['a utilization above all', capacity({ maxUtilizationPercent: 130 }), '\'capacity.maxUtilizationPercent\' is 130: use a percentage from 1 to 99'],
    ['a burst of less', capacity({ burst: 0.5 }), '\'capacity.burst\' is 0.5: use a factor of at least 1, such as 1.5'],
    ['a start-up that is no Duration', capacity({ startUp: 30 }), '\'capacity.startUp\' is 30: use a Duration, such as'],
    ['a network that is no Duration', capacity({ network: '1ms' }), '\'capacity.network\' is "1ms": use a Duration'],
    ['CPU time of nothing', capacity({ cpuPerRequest: Duration.millis(0) }), '\'capacity.cpuPerRequest\' is 0: use a Duration above 0'],
    ['an unknown option', capacity({ peakRPS: 5 }), '\'capacity.peakRPS\' is not a prop here: did you mean \'peakRps\'?'],
    ['something else', { capacity: { peakRps: 5 } }, '\'capacity\' is {"peakRps":5}: make it with Capacity.of({ peakRps: 1200, rpsPerPod: 150 })'],
    ['a percentile of all', latency('p100', 200), '\'capacity.latency.percentile\' is "p100": use a percentile such as \'p99\' or \'p99.9\''],
    ['a percentile that is none', latency('99%', 200), '\'capacity.latency.percentile\' is "99%": use a percentile'],
    ['an objective of nothing', latency('p99', 0), '\'capacity.latency.within\' is a Duration: use a Duration above 0'],
    ['an objective without a service time', latency('p99', 200, RATED), '\'capacity.serviceTime\' is missing: response times follow from it'],
    ['a target of all', { ...capacity({}), ...available('100%') }, '\'availability.target\' is "100%": nothing is always up; use a part that leaves room for failures'],
    ['a target above all', { ...capacity({}), ...available('130%') }, '\'availability.target\' is "130%": use a part of the time, such as \'99.99%\''],
    ['a target of nothing', { ...capacity({}), ...available('0%') }, '\'availability.target\' is "0%": use a part of the time'],
    ['a target as a number', { ...capacity({}), availability: Availability.target(99.99 as unknown as string) }, '\'availability.target\' is 99.99: use a part of the time'],
    ['no zone', { ...capacity({}), ...available('99.9%', { zones: 0 }) }, '\'availability.zones\' is 0: use a whole number from 1 to 16'],
    ['pods that always are up', { ...capacity({}), ...available('99.9%', { podAvailability: '100%' }) }, '\'availability.podAvailability\' is "100%": use a part of the time below 100 %'],
    ['zones that never are', { ...capacity({}), ...available('99.9%', { zoneAvailability: '0%' }) }, '\'availability.zoneAvailability\' is "0%": use a part of the time'],
    ['a target alone', available('99.99%'), '\'capacity\' is missing: \'availability\' needs it: how many pods have to be up follows from the peak rate and what one pod does'],
    ['derived from nothing', { scaling: Scaling.derived() }, '\'capacity\' is missing: Scaling.derived() needs it'],
    ['an autoscaler for a load that is always the same', { ...capacity({}), scaling: Scaling.derived({ cpuPercent: 60 }) }, '\'capacity.usualRps\' is missing: the load is always that of the peak'],
    ['a rate of nothing to scale by', derived({ requestsPerSecond: 0 }), '\'scaling.requestsPerSecond\' is 0: use a number above 0'],
    ['a number in flight that is none', derived({ requestsInFlight: NaN }), '\'scaling.requestsInFlight\' is NaN: use a number above 0'],
    ['a latency of nothing', derived({ latency: Duration.millis(0) }), '\'scaling.latency\' is 0: use a Duration above 0'],
    ['a tolerance that this Kubernetes has not', derived({ tolerancePercent: 5 }),
      '\'scaling.tolerancePercent\' is 5: autoscalers have it from Kubernetes 1.35 on, and the Mesh is for 1.30; give it kubernetes: \'1.35\', or leave this out'],
    ['a tolerance of all', derived({ tolerancePercent: 100 }), '\'scaling.tolerancePercent\' is 100: use a number from 0 to 99'],
    ['schedules without KEDA', derived({ schedules: [{ start: '0 8 * * *', end: '0 18 * * *', replicas: 5 }] }),
      '\'scaling.schedules\' is "1 of them": a HorizontalPodAutoscaler knows no times; use metrics: ScalingMetrics.keda()'],
    ['a schedule that is no cron expression', derived({ metrics: keda(), schedules: [{ start: '8:00', end: '0 18 * * *', replicas: 5 }] }),
      '\'scaling.schedules[0].start\' is "8:00": use a cron expression of five fields'],
    ['a schedule that never is', derived({ metrics: keda(), schedules: [{ start: '0 8 * * *', end: '0 8 * * *', replicas: 5 }] }),
      '\'scaling.schedules[0].end\' is "0 8 * * *": it ends when it begins; use a later time'],
    ['a schedule above the most', { ...capacity({}), ...between(11, 20, { metrics: keda(), schedules: [{ start: '0 8 * * *', end: '0 9 * * *', replicas: 30 }] }) },
      '\'scaling.schedules\' is 30: it is above the max of 20'],
    ['a Prometheus that is no URL', derived({ metrics: keda('prometheus:9090') }), '\'scaling.metrics.serverAddress\' is "prometheus:9090": use the URL of a Prometheus'],
  ])('%s', (_, props, message) => {
    expect(mistake(() => make(props))).toContain(message);
  });

  test('a release of Kubernetes that is too old, or none', () => {
    expect(mistake(() => make({}, '1.29'))).toContain('\'kubernetes\' is "1.29": use a release from \'1.30\' on, such as \'1.33\'');
    expect(mistake(() => make({}, 'latest'))).toContain('\'kubernetes\' is "latest"');
  });

  test('a gateway that scales by what only services have', () => {
    expect(mistake(() => new Gateway(newChart(), 'edge', { scaling: Scaling.between(2, 5, { requestsPerSecond: 100 }) })))
      .toContain('\'scaling.requestsPerSecond\' is 100: gateways scale by CPU and memory');
    expect(mistake(() => new Gateway(newChart(), 'edge', { scaling: Scaling.derived() }))).toContain('gateways scale by CPU and memory');
  });
});

describe('a contradiction is told as the inequality that does not hold, with the smallest change that mends it', () => {
  test.each<[string, object, string]>([
    ['too few pods for the peak', { ...capacity({}), scaling: Scaling.replicas(8) },
      '\'scaling.replicas\' is 8: 8 pods carry 1080 requests a second, and the peak is 1200: 8 < 9 pods; use at least 9'],
    ['an autoscaler that ends below the peak', { ...capacity({ usualRps: 300 }), ...between(5, 8) },
      '\'scaling.max\' is 8: 8 pods carry 1080 requests a second, and the peak is 1200: 8 < 9 pods; use at least 9'],
    ['too few pods for a burst', { ...capacity({ usualRps: 300 }), ...between(2, 12) },
      '\'scaling.min\' is 2: 2 pods carry 270 requests a second, and 390 may come before there are more: 2 < 3 pods; use at least 3'],
    ['no pod at all', { ...capacity({}), scaling: Scaling.replicas(0) }, '\'scaling.replicas\' is 0: 0 pods carry 0 requests a second'],
    ['a usual load above the peak', capacity({ usualRps: 1_300 }), '\'capacity.usualRps\' is 1300: it is above the peak: 1300 > 1200; use at most 1200'],
    ['an objective below what a request takes', latency('p99', 50),
      '\'capacity.latency\' is "50 ms": p99 of the requests take 103 ms without any load (service time 20 ms, variation 1, derating 10 %, network 1 ms): 50 < 103; allow more than 104 ms'],
    ['more nines than a zone has', { ...capacity({}), ...available('99.99%') },
      '\'availability.target\' is "99.99 %": one zone of 99.95 % is up 99.95 % of the time at most: 52.6 min < 263 min a year; use 2 zones, or a target below that'],
    ['more nines than two zones have', { ...capacity({}), ...available('99.99999%', { zones: 2 }) },
      '2 zones of 99.95 % are up 99.999975 % of the time at most: 3.2 s < 7.9 s a year; use 3 zones'],
    ['too few pods to lose a zone', { ...capacity({}), ...available('99.99%', { zones: 3 }), scaling: Scaling.replicas(12) },
      '\'scaling.replicas\' is 12: of 12 pods in 3 zones, 9 are up 99.85 % of the time, and the target is 99.99 %: 13.1 h > 52.6 min a year; use at least 14'],
    ['too few pods for the target at quiet times', { ...capacity({ usualRps: 300 }), ...available('99.99%', { zones: 3 }), ...between(4, 16) },
      '\'scaling.min\' is 4: of 4 pods in 3 zones, 3 are up 99.94'],
    ['too few pods for the target at the peak', { ...capacity({ usualRps: 300 }), ...available('99.99%', { zones: 3 }), ...between(6, 10) },
      '\'scaling.max\' is 10: of 10 pods in 3 zones, 9 are up'],
    ['a budget that lets needed pods go', { ...capacity({}), scaling: Scaling.replicas(10), disruptionBudget: DisruptionBudget.maxUnavailable(3) },
      '\'disruptionBudget\' is "maxUnavailable 3": it lets 3 of 10 pods go, and 9 are needed for 1200 requests a second: 10 - 3 < 9; use maxUnavailable(1)'],
    ['a budget of a half', { ...capacity({}), scaling: Scaling.replicas(10), disruptionBudget: DisruptionBudget.minAvailablePercent(50) },
      '\'disruptionBudget\' is "minAvailable 50 %": it lets 5 of 10 pods go, and 9 are needed'],
    ['a budget where no pod can be spared', { ...capacity({}), scaling: Scaling.replicas(9), disruptionBudget: DisruptionBudget.maxUnavailable(1) },
      '9 - 1 < 9; use at least 10 replicas with maxUnavailable(1)'],
    ['a budget that the target can not spare', { ...capacity({}), ...available('99.99%', { zones: 3 }), scaling: Scaling.replicas(14), disruptionBudget: DisruptionBudget.maxUnavailable(5) },
      '\'disruptionBudget\' is "maxUnavailable 5": with 5 pods away for 1 % of the time enough are up 99.98'],
    ['a target of CPU above what a pod carries', { ...capacity({ usualRps: 300 }, TIMED), ...between(5, 20, { cpuPercent: 90 }) },
      '\'scaling.cpuPercent\' is 90: with its tolerance of 10 % the autoscaler lets a pod have 178 requests a second, and one carries 144: 178 > 144; use at most 72'],
    ['a target of CPU that breaks the objective', {
      capacity: Capacity.of({ ...TIMED, usualRps: 300, maxUtilizationPercent: 99 }).latency('p99', Duration.millis(120)), ...between(5, 20, { cpuPercent: 80 }),
    }, '\'scaling.cpuPercent\' is 80: with its tolerance of 10 % the autoscaler lets a pod have 158 requests a second (p99 '],
    ['a rate above what a pod carries', { ...capacity({ usualRps: 300 }), ...between(5, 20, { requestsPerSecond: 150 }) },
      '\'scaling.requestsPerSecond\' is 150: with its tolerance of 10 % the autoscaler lets a pod have 165 requests a second, and one carries 135: 165 > 135; use at most 122'],
    ['more in flight than a pod works on', { ...capacity({ usualRps: 300 }, TIMED), ...between(5, 20, { requestsInFlight: 4 }) },
      '\'scaling.requestsInFlight\' is 4: with its tolerance of 10 % the autoscaler lets a pod have 198 requests a second'],
    ['a latency to scale by that misses the objective', {
      capacity: Capacity.of({ ...TIMED, usualRps: 300 }).latency('p99', Duration.millis(200)), ...between(5, 20, { cpuPercent: 50, latency: Duration.millis(200) }),
    }, '\'scaling.latency\' is "200 ms": pods are added when the objective is missed already: 200 >= 200 ms; use at most 160 ms'],
    ['a limit of the rate below what a pod is planned for', { ...capacity({}), admission: { rateLimit: RateLimit.perSecond(100) } },
      '\'admission.rateLimit\' is 100: the sidecar lets in fewer requests a second than a pod is planned for: 100 < 135; use at least 135'],
    ['a limit of requests at a time below the app\'s own', { ...capacity({}, TIMED), admission: { concurrency: ConcurrencyLimit.of(3) } },
      '\'admission.concurrency\' is 3: the sidecar gives the app fewer requests at a time than it works on: 3 < 4; use at least 4'],
  ])('%s', (_, props, message) => {
    expect(mistake(() => make(props))).toContain(message);
    expect(written).not.toHaveBeenCalled();
  });

  test('several at once, with those of other props', () => {
    expect(mistake(() => make({ ...capacity({}), scaling: Scaling.replicas(8), port: 0, admission: { rateLimit: RateLimit.perSecond(100) } })))
      .toMatch(/3 props are wrong:\n.*'port' is 0.*\n.*'scaling.replicas' is 8.*\n.*'admission.rateLimit' is 100/);
  });

  test('of a version that is added', () => {
    const web = make({});
    expect(mistake(() => web.addVersion('v2', { containers: [app], ...capacity({}), scaling: Scaling.replicas(2) })))
      .toContain('\'addVersion(v2).scaling.replicas\' is 2: 2 pods carry 270 requests a second');
  });
});

describe('what is merely unwise is a warning', () => {
  test.each<[string, object, string]>([
    ['far more pods than are needed', { ...capacity({}), scaling: Scaling.replicas(31) }, '\'scaling.replicas\' is 31: 10 are enough for 1200 requests a second: 31 > 3 x 10'],
    ['a fixed number for a load that varies', { ...capacity({ usualRps: 300 }), scaling: Scaling.replicas(10) },
      '\'scaling.replicas\' is 10: the peak is 4 times the usual load, so most of the pods idle at quiet times; use Scaling.derived()'],
    ['no budget', { ...capacity({}), scaling: Scaling.replicas(10), disruptionBudget: DisruptionBudget.none() },
      '\'disruptionBudget\' is none: all of 10 pods may be evicted at once, and 9 are needed; use DisruptionBudget.maxUnavailable(1)'],
    ['pods that start for long', capacity({ usualRps: 300, startUp: Duration.minutes(5) }), '\'capacity.startUp\' is 300 s: pods that start for so long come after a burst of 1.3'],
    ['a target that asks for more pods than there may be', { ...capacity({ usualRps: 300 }), ...between(5, 10, { requestsPerSecond: 60 }) },
      '\'scaling.requestsPerSecond\' is 60: at the peak it asks for 20 pods, and there are 10 at most; raise the most, or the target'],
    ['too little CPU', { ...capacity({ cpuPerRequest: Duration.millis(4) }), containers: [{ ...app, resources: { cpu: { request: kplus.Cpu.millis(100) } } }] },
      '\'containers[0].resources.cpu.request\' is 100m: 135 requests a second of 4 ms CPU need 540m: 100 < 540; request 540m, or leave it out'],
    ['fewer pods than zones', { ...capacity({ peakRps: 100 }), ...available('99.9%', { zones: 3 }), scaling: Scaling.replicas(2) },
      '\'scaling.min\' is 2: 2 pods can\'t be in 3 zones; 3 would be in all of them'],
  ])('%s', (_, props, message) => {
    make(props);
    expect(written.mock.calls.map(([line]) => String(line)).join('')).toContain(`cdk8s-mesh: warning: web v1: ${message}`);
  });
});

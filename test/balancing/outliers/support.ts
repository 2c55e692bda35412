/** Endpoints that a test plays requests on, with the detector that judges them; time and chance are the test's. */
import { OutlierState, Ending, EndpointStats, OutlierDetector, Rule, OutlierStatus, MonitoredEndpoint } from '../../../src/balancing';
import { DEFAULT_OUTLIER_DETECTION, OutlierDetectionConfig } from '../../../src/contract';
import { seededRandom } from '../../support/random';

export class Pod implements MonitoredEndpoint {
  readonly stats = new EndpointStats();
  readonly outlier = new OutlierState();
  eligible = true;

  constructor(readonly name: string, readonly since?: number) {}

  get status(): OutlierStatus { return this.outlier.status; }
}

export class Fleet {
  now = 0;
  readonly events: string[] = [];
  readonly ejections: string[] = [];
  readonly detector: OutlierDetector<Pod>;
  pods: Pod[];

  constructor(pods: number | Pod[], readonly config: Partial<OutlierDetectionConfig> = {}, random: () => number = () => 0) {
    this.pods = typeof pods === 'number' ? Array.from({ length: pods }, (_, i) => new Pod(String.fromCharCode(97 + i))) : pods;
    this.detector = new OutlierDetector<Pod>({ ...DEFAULT_OUTLIER_DETECTION, ...config }, { now: () => this.now, random }, {
      onOutlier: (pod, rule: Rule, ejected) => {
        this.events.push(`${pod.name} ${rule}${ejected ? '' : ' kept'}`);
        if (ejected) this.ejections.push(pod.name);
      },
      onStatus: () => undefined,
    });
    this.detector.update(this.pods);
  }

  get statuses(): OutlierStatus[] { return this.pods.map(({ status }) => status); }

  /** One request that is sent now and ends so, after so long. Time does not pass. */
  request(pod: Pod, ending: Ending = Ending.ANSWERED, latencyMs = 5, startedAt = this.now): void {
    pod.stats.started();
    if (ending !== Ending.GATEWAY_ERROR) pod.outlier.answers += 1;
    pod.stats.finished(latencyMs, ending === Ending.ANSWERED ? 'success' : 'failure', this.now, 0);
    this.detector.ended(pod, ending, startedAt);
  }

  /** Time passes, a look at a time. */
  pass(ms: number, eachLook: () => void = () => undefined): void {
    const end = this.now + ms;
    while (this.now + this.detector.intervalMs <= end) {
      eachLook();
      this.now += this.detector.intervalMs;
      this.detector.look();
    }
    this.now = end;
  }

  /**
   * Traffic as a round robin with retries sends it: each endpoint that takes requests gets its share. Returns how many failed.
   *
   * @param perSecond requests to all pods together
   */
  serve(
    ms: number, perSecond: number, behave: (pod: Pod) => { readonly ending?: Ending; readonly latencyMs?: number },
  ): { failed: number; sent: number } {
    const counts = { failed: 0, sent: 0 };
    let turn = 0;
    const step = 1_000 / perSecond;
    const end = this.now + ms;
    let nextLook = this.now + this.detector.intervalMs;
    while (this.now + step <= end) {
      this.now += step;
      while (this.now >= nextLook) {
        this.detector.look();
        nextLook += this.detector.intervalMs;
      }
      const open = this.pods.filter((pod) => pod.status !== 'ejected');
      let pod = open[turn++ % open.length]!;
      if (pod.status === 'probing' && !this.detector.claim(pod)) pod = open.find((other) => other.status !== 'probing') ?? pod;
      const { ending = Ending.ANSWERED, latencyMs = 5 } = behave(pod);
      counts.sent += 1;
      if (ending !== Ending.ANSWERED) counts.failed += 1;
      this.request(pod, ending, latencyMs);
    }
    return counts;
  }
}

export { Ending, seededRandom };

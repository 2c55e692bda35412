/**
 * Outlier detection of one cluster: ejects endpoints that are worse than most of the others (rules.ts), and takes them back.
 *
 *     trusted -> ejected -> probing -> on trial -> trusted
 *                   ^----------'----------'
 *
 * Errors in a row are judged as they come, everything else at each look, five times a window. When an ejection is over the
 * endpoint gets exactly one request (linkerd2-proxy's circuit breaker does so), preferably one that can be tried elsewhere
 * if it fails; then its share, in which the next ten requests must be answered without an error, and as fast as the others
 * if it was slow. An endpoint that fails half of its requests passes that once in two thousand times, so its return costs two
 * requests and not a window's worth of them. Each relapse lasts longer (gRFC A50: base times the number of ejections).
 *
 * Invariants, whatever happens: at most {@link mostEjected} of the eligible endpoints are ejected, and one is ejected only
 * while another one is trusted.
 */
import type { OutlierDetectionConfig } from '../../contract';
import { EndpointStats, LATENCY_GRAIN_MS, typicalMs } from '../endpoints/endpoint-stats';
import type { Runtime } from '../endpoints/picker';
import { OutlierState, Ending, Rule } from './outlier-state';
import { PARTS } from './sliding-window';
import { ejectionMs, failsMore, isForLatency, latencyLimitMs, medianOfOthers, mostEjected } from './rules';
import { SILENCE_FACTOR } from './silence';

/** An endpoint as the detector sees it. */
export interface MonitoredEndpoint {
  readonly stats: EndpointStats;
  readonly outlier: OutlierState;
  /** Monotonic milliseconds since when it is there; undefined when it was from the beginning. */
  readonly since?: number | undefined;
  /** It would take requests if it were not for the detector. */
  readonly eligible: boolean;
}

/** Is told of events. */
export interface OutlierListener<E extends MonitoredEndpoint> {
  /** An endpoint is an outlier by a rule, and whether it is ejected for it. */
  onOutlier(endpoint: E, rule: Rule, ejected: boolean): void;
  /** The status of an endpoint has changed. */
  onStatus(endpoint: E): void;
}

/** Errors in a row from which on an endpoint is one of those that fail, when the others are asked. */
const RUN = 2;
/** Requests that must be answered without an error after the one that an endpoint was probed with. */
const TRIAL = 10;
/** After how many of these one that was too slow is judged: while it waits for the rest it would get many more. */
const SLOW_TRIAL = 3;
/** A new endpoint has this long to warm up before its latency is judged. */
const WARM_UP_MS = 60_000;
/** How long all answers must be missing before an endpoint is unresponsive, with several times the usual latency on top. */
const UNRESPONSIVE_MS = 3_000;
/** Requests that must have been sent to it before that. */
const UNANSWERED = 5;

export class OutlierDetector<E extends MonitoredEndpoint> {
  /** How often {@link look} is to be called. */
  intervalMs: number;
  private endpoints: readonly E[] = [];

  constructor(
    private config: Required<OutlierDetectionConfig>,
    private readonly runtime: Runtime,
    private readonly listener: OutlierListener<E>,
  ) {
    this.intervalMs = config.windowMs / PARTS;
  }

  /** Another configuration. What has been ejected stays so, unless outliers keep their requests from now on. */
  reconfigure(config: Required<OutlierDetectionConfig>): void {
    this.config = config;
    this.intervalMs = config.windowMs / PARTS;
    if (config.mode !== 'enforce') for (const endpoint of this.endpoints) this.reinstate(endpoint);
    this.enforceCap();
  }

  /** Endpoints came or went, or one became eligible or ceased to be. */
  update(endpoints: readonly E[]): void {
    const now = this.runtime.now();
    const known = new Set(this.endpoints);
    for (const endpoint of endpoints) if (!known.has(endpoint)) this.add(endpoint, now);
    this.endpoints = endpoints;
    this.enforceCap();
  }

  /** A request that was sent at `startedAt` ended; the endpoint's `stats` count it already. */
  ended(endpoint: E, ending: Ending, startedAt: number): void {
    const { outlier } = endpoint;
    if (ending === Ending.ANSWERED) {
      outlier.gatewayErrors = 0;
      outlier.serverErrors = 0;
    } else if (ending >= Ending.SERVER_ERROR) {
      outlier.serverErrors += 1;
      outlier.gatewayErrors = ending === Ending.GATEWAY_ERROR ? outlier.gatewayErrors + 1 : 0;
      if (outlier.status === 'trusted' && this.config.mode !== 'off') this.judgeRun(endpoint);
    } else if (ending === Ending.SHED) {
      outlier.excused += 1;
    }
    if (outlier.status === 'probing' || outlier.status === 'onTrial') this.judgeTrial(endpoint, ending, startedAt);
  }

  /** A request to the endpoint ended in a way that says nothing of it: its client went away, for example. */
  abandoned({ outlier }: E, startedAt: number): void {
    if (outlier.status === 'probing' && startedAt >= outlier.until) outlier.probedAt = undefined;
  }

  /** Whether a request that is about to be sent to an endpoint that is probing is the one that may be. */
  claim({ outlier }: E): boolean {
    const now = this.runtime.now();
    // A request that was claimed for and never sent, or is not answered at all, must not keep the endpoint out for good.
    if (outlier.probedAt !== undefined && now - outlier.probedAt < this.config.baseEjectionMs) return false;
    outlier.probedAt = now;
    return true;
  }

  /** Judges rates and latency, and takes back whose ejection is over. */
  look(): void {
    const now = this.runtime.now();
    const { windowMs, minimumRequests, baseEjectionMs } = this.config;
    const judged: E[] = [];
    for (const endpoint of this.endpoints) {
      const { stats, outlier } = endpoint;
      outlier.window.advance(stats, outlier.excused, now, this.intervalMs, minimumRequests / PARTS);
      if (outlier.status === 'ejected') {
        if (now >= outlier.until) this.probe(endpoint, now);
      } else if (outlier.status === 'trusted') {
        if (outlier.ejections > 0 && now - outlier.calmSince >= baseEjectionMs) {
          outlier.ejections -= 1;
          outlier.calmSince = now;
        }
        if (endpoint.eligible && outlier.window.spanMs >= windowMs && outlier.window.requests >= minimumRequests) judged.push(endpoint);
      }
    }
    this.judgeFailures(judged);
    this.judgeLatency(judged.filter(({ outlier }) => outlier.status === 'trusted' && outlier.window.succeeded >= minimumRequests), now);
    this.judgeSilence(now);
  }

  private add({ stats, outlier }: E, now: number): void {
    outlier.window.begin(stats, outlier.excused, now);
    outlier.quietSince = now;
  }

  /** Errors in a row: only when most of the others have none. */
  private judgeRun(endpoint: E): void {
    const { consecutiveGatewayErrors: gateway, consecutiveServerErrors: server } = this.config;
    const { gatewayErrors, serverErrors } = endpoint.outlier;
    const byGateway = gateway > 0 && gatewayErrors > 0 && gatewayErrors % gateway === 0;
    const byServer = server > 0 && serverErrors % server === 0;
    if (!byGateway && !byServer) return;
    const others = this.others(endpoint);
    const failing = others.filter(({ outlier }) => outlier.serverErrors >= RUN).length;
    if (others.length === 0 || failing * 2 > others.length) return;
    if (byGateway) this.reportOutlier(endpoint, 'consecutive_gateway_errors', `${gatewayErrors} gateway errors in a row`);
    else this.reportOutlier(endpoint, 'consecutive_server_errors', `${serverErrors} errors in a row`);
  }

  private judgeFailures(judged: readonly E[]): void {
    const { successRateMarginPercent: margin, failurePercent } = this.config;
    if (judged.length === 0 || (margin === 0 && failurePercent === 0)) return;
    const sorted = [...judged].sort((a, b) => a.outlier.window.failureRatio - b.outlier.window.failureRatio);
    const ratios = sorted.map(({ outlier }) => outlier.window.failureRatio);
    // The worst first: it may be the last that the cap has room for.
    for (let index = sorted.length - 1; index >= 0; index -= 1) {
      const { window } = sorted[index]!.outlier;
      const ratio = ratios[index]!;
      const others = ratios.length > 1 ? medianOfOthers(ratios, index) : ratio;
      const failed = `${percent(ratio)} of ${window.requests} requests failed`;
      if (margin > 0 && failsMore(ratio, others, window.requests, margin)) {
        this.reportOutlier(sorted[index]!, 'success_rate', `${failed}, and ${percent(others)} of the others'`);
      } else if (failurePercent > 0 && ratio * 100 >= failurePercent) {
        this.reportOutlier(sorted[index]!, 'failure_percentage', failed);
      }
    }
  }

  private judgeLatency(judged: readonly E[], now: number): void {
    const { latencyFactor, latencyMarginMs } = this.config;
    if (latencyFactor === 0 || judged.length < 2) return;
    const sorted = [...judged].sort((a, b) => a.outlier.window.meanLog - b.outlier.window.meanLog);
    const latencies = sorted.map(({ outlier }) => typicalMs(outlier.window.meanLog));
    for (let index = sorted.length - 1; index >= 0; index -= 1) {
      const { since, outlier } = sorted[index]!;
      const others = medianOfOthers(latencies, index);
      const limit = latencyLimitMs(others, latencyFactor, latencyMarginMs);
      if (latencies[index]! <= limit || (since !== undefined && now - since < WARM_UP_MS)) {
        outlier.recordUsual(this.intervalMs);
        continue;
      }
      const faster = latencies.filter((each) => latencies[index]! > latencyLimitMs(each, latencyFactor, latencyMarginMs)).length;
      if (!isForLatency(faster, latencies.length) && latencies[index]! <= latencyLimitMs(outlier.usualMs, latencyFactor, latencyMarginMs)) {
        outlier.recordUsual(this.intervalMs);
        continue;
      }
      this.reportOutlier(sorted[index]!, 'latency', `it takes ${milliseconds(latencies[index]!)}, and the others ${milliseconds(others)}`);
      if (isEjected(sorted[index]!)) outlier.latencyLimitLog = Math.log(limit + LATENCY_GRAIN_MS);
    }
  }

  /** Requests that are never answered end when somebody gives up on them, which may be long; their silence tells before. */
  private judgeSilence(now: number): void {
    if (this.config.consecutiveGatewayErrors === 0) return;
    const quiet = new Set<E>();
    const silent: E[] = [];
    for (const endpoint of this.endpoints) {
      const { stats, outlier } = endpoint;
      // Nothing in flight is no excuse while requests are sent: somebody may give up on them early, as hedging does.
      if (outlier.answers !== outlier.quietAnswers || (stats.inFlight === 0 && stats.sent === outlier.lookedSent)) {
        outlier.quietAnswers = outlier.answers;
        outlier.quietSent = stats.sent;
      }
      // A quiet time before that, with a tunnel or a long request under way, is none of an endpoint that doesn't answer.
      if (stats.sent - outlier.quietSent < UNANSWERED) outlier.quietSince = now;
      // Those sent since the last look may be on their way back.
      const waiting = outlier.lookedSent - outlier.quietSent;
      if (waiting > 0) quiet.add(endpoint);
      if (waiting >= UNANSWERED && now - outlier.quietSince >= UNRESPONSIVE_MS + this.usualMs(endpoint) * SILENCE_FACTOR) silent.push(endpoint);
      outlier.lookedSent = stats.sent;
    }
    for (const endpoint of silent) {
      if (endpoint.outlier.status !== 'trusted' || !endpoint.eligible) continue;
      const others = this.others(endpoint);
      if (others.length === 0 || others.filter((other) => quiet.has(other)).length * 2 > others.length) continue;
      this.reportOutlier(endpoint, 'unresponsive', `it has answered none of its requests for ${milliseconds(now - endpoint.outlier.quietSince)}`);
    }
  }

  /** How long its requests take, or those of the others while it has answered none: the one in the middle of them. */
  private usualMs(endpoint: E): number {
    const known = endpoint.stats.succeeded > 0 ? [endpoint] : this.others(endpoint).filter(({ stats }) => stats.succeeded > 0);
    const usual = known.map(({ stats }) => typicalMs(stats.meanLog)).sort((a, b) => a - b);
    // Where nobody has answered anything, nobody is late.
    return usual.length === 0 ? Infinity : usual[usual.length >> 1]!;
  }

  /** Those that it is compared with: eligible, and not under suspicion themselves. */
  private others(endpoint: E): E[] {
    return this.endpoints.filter((other) => other !== endpoint && isTrusted(other));
  }

  private reportOutlier(endpoint: E, rule: Rule, reason: string): void {
    const { outlier } = endpoint;
    const ejects = this.config.mode === 'enforce' && this.mayEject(endpoint);
    this.listener.onOutlier(endpoint, rule, ejects);
    if (ejects) this.eject(endpoint, reason);
    // Else it is judged again by what comes from now on.
    else outlier.window.begin(endpoint.stats, outlier.excused, this.runtime.now());
  }

  private eject(endpoint: E, reason: string): void {
    const { outlier } = endpoint;
    const { baseEjectionMs, maxEjectionMs } = this.config;
    outlier.ejections += 1;
    outlier.until = this.runtime.now() + ejectionMs(outlier.ejections, baseEjectionMs, maxEjectionMs, this.runtime.random());
    outlier.reason = reason;
    this.setStatus(endpoint, 'ejected');
  }

  private probe(endpoint: E, now: number): void {
    endpoint.outlier.until = now;
    endpoint.outlier.probedAt = undefined;
    this.setStatus(endpoint, 'probing');
  }

  /** A request ended at an endpoint that is not trusted. */
  private judgeTrial(endpoint: E, ending: Ending, startedAt: number): void {
    const { outlier, stats } = endpoint;
    // One that was sent before the ejection ended says nothing of now.
    if (startedAt < outlier.until) return;
    const probing = outlier.status === 'probing';
    if (ending >= Ending.SERVER_ERROR || (probing && ending === Ending.LIMITED)) {
      this.relapse(endpoint, probing ? 'the request that it was to prove itself by failed' : 'a request failed soon after it was taken back');
    } else if (probing && ending === Ending.SHED) {
      outlier.probedAt = undefined;
    } else if (probing) {
      outlier.trialLeft = TRIAL;
      outlier.window.begin(stats, outlier.excused, this.runtime.now());
      this.setStatus(endpoint, 'onTrial');
    } else if (ending === Ending.ANSWERED) {
      outlier.trialLeft -= 1;
      if (TRIAL - outlier.trialLeft < SLOW_TRIAL) return;
      const now = this.runtime.now();
      outlier.window.advance(stats, outlier.excused, now, this.intervalMs, Infinity);
      if (outlier.window.meanLog > outlier.latencyLimitLog) {
        this.relapse(endpoint, `it still takes ${milliseconds(typicalMs(outlier.window.meanLog))}`);
      } else if (outlier.trialLeft === 0) {
        this.reinstate(endpoint);
      }
    }
  }

  private relapse(endpoint: E, reason: string): void {
    const ejects = this.mayEject(endpoint);
    this.listener.onOutlier(endpoint, 'relapse', ejects);
    if (ejects) this.eject(endpoint, reason);
    else this.probe(endpoint, this.runtime.now());
  }

  private reinstate(endpoint: E): void {
    const { outlier } = endpoint;
    if (outlier.status === 'trusted') return;
    const now = this.runtime.now();
    outlier.calmSince = now;
    outlier.latencyLimitLog = Infinity;
    outlier.gatewayErrors = 0;
    outlier.serverErrors = 0;
    outlier.window.begin(endpoint.stats, outlier.excused, now);
    this.setStatus(endpoint, 'trusted');
  }

  private setStatus(endpoint: E, status: OutlierState['status']): void {
    endpoint.outlier.status = status;
    this.listener.onStatus(endpoint);
  }

  /** The endpoint may be ejected: the cap is not reached, and another one takes its requests. */
  private mayEject(endpoint: E): boolean {
    const { ejected, most } = this.cap();
    return endpoint.eligible && ejected.length < most && this.others(endpoint).length > 0;
  }

  private cap(): { readonly ejected: E[]; readonly most: number } {
    const eligible = this.endpoints.filter((endpoint) => endpoint.eligible);
    const ejected = eligible.filter(isEjected);
    return { ejected, most: ejected.length === eligible.length ? 0 : mostEjected(eligible.length, this.config.maxEjectedPercent) };
  }

  /** Others have gone: what is ejected above the cap, or when nothing else is left, is taken back, the longest ejected first. */
  private enforceCap(): void {
    const { ejected, most } = this.cap();
    if (ejected.length <= most) return;
    const now = this.runtime.now();
    ejected.sort((a, b) => a.outlier.until - b.outlier.until);
    for (const endpoint of ejected.slice(0, ejected.length - most)) this.probe(endpoint, now);
  }
}

const isEjected = ({ outlier }: MonitoredEndpoint): boolean => outlier.status === 'ejected';
const isTrusted = ({ outlier, eligible }: MonitoredEndpoint): boolean => eligible && outlier.status === 'trusted';

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

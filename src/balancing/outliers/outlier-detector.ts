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
import { LATENCY_GRAIN_MS, Learned, typicalMs } from '../learned';
import type { Surroundings } from '../picker';
import { Conduct, Ending, Rule } from './conduct';
import { PARTS } from './recent-past';
import { ejectionMs, failsMore, isForLatency, latencyLimitMs, medianOfOthers, mostEjected } from './rules';
import { SILENCE_FACTOR } from './silence';

/** An endpoint as the detector sees it. */
export interface Suspect {
  readonly learned: Learned;
  readonly conduct: Conduct;
  /** Monotonic milliseconds since when it is there; undefined when it was from the beginning. */
  readonly since?: number | undefined;
  /** It would take requests if it were not for the detector. */
  readonly eligible: boolean;
}

/** Who is told. */
export interface OutlierListener<S extends Suspect> {
  /** An endpoint is an outlier by a rule, and whether it is ejected for it. */
  onOutlier(suspect: S, rule: Rule, ejected: boolean): void;
  /** An endpoint's standing is another one. */
  onStanding(suspect: S): void;
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

export class OutlierDetector<S extends Suspect> {
  /** How often {@link look} is to be called. */
  intervalMs: number;
  private suspects: readonly S[] = [];

  constructor(
    private config: Required<OutlierDetectionConfig>,
    private readonly surroundings: Surroundings,
    private readonly listener: OutlierListener<S>,
  ) {
    this.intervalMs = config.windowMs / PARTS;
  }

  /** Another configuration. What has been ejected stays so, unless outliers keep their requests from now on. */
  reconfigure(config: Required<OutlierDetectionConfig>): void {
    this.config = config;
    this.intervalMs = config.windowMs / PARTS;
    if (config.mode !== 'enforce') for (const suspect of this.suspects) this.trust(suspect);
    this.keepCap();
  }

  /** Endpoints came or went, or one became eligible or ceased to be. */
  update(suspects: readonly S[]): void {
    const now = this.surroundings.now();
    const known = new Set(this.suspects);
    for (const suspect of suspects) if (!known.has(suspect)) this.meet(suspect, now);
    this.suspects = suspects;
    this.keepCap();
  }

  /** A request to the endpoint ended; `learned` knows of it already. `startedAt` is when it was sent. */
  ended(suspect: S, ending: Ending, startedAt: number): void {
    const { conduct } = suspect;
    if (ending === Ending.ANSWERED) {
      conduct.gatewayErrors = 0;
      conduct.serverErrors = 0;
    } else if (ending >= Ending.SERVER_ERROR) {
      conduct.serverErrors += 1;
      conduct.gatewayErrors = ending === Ending.GATEWAY_ERROR ? conduct.gatewayErrors + 1 : 0;
      if (conduct.standing === 'trusted' && this.config.mode !== 'off') this.judgeRun(suspect);
    } else if (ending === Ending.SHED) {
      conduct.excused += 1;
    }
    if (conduct.standing === 'probing' || conduct.standing === 'onTrial') this.tried(suspect, ending, startedAt);
  }

  /** A request to the endpoint ended in a way that says nothing of it: its client went away, for example. */
  abandoned({ conduct }: S, startedAt: number): void {
    if (conduct.standing === 'probing' && startedAt >= conduct.until) conduct.probedAt = undefined;
  }

  /** Whether a request that is about to be sent to an endpoint that is probing is the one that may be. */
  claim({ conduct }: S): boolean {
    const now = this.surroundings.now();
    // A request that was claimed for and never sent, or is not answered at all, must not keep the endpoint out for good.
    if (conduct.probedAt !== undefined && now - conduct.probedAt < this.config.baseEjectionMs) return false;
    conduct.probedAt = now;
    return true;
  }

  /** Judges rates and latency, and takes back whose ejection is over. */
  look(): void {
    const now = this.surroundings.now();
    const { windowMs, minimumRequests, baseEjectionMs } = this.config;
    const judged: S[] = [];
    for (const suspect of this.suspects) {
      const { learned, conduct } = suspect;
      conduct.past.advance(learned, conduct.excused, now, this.intervalMs, minimumRequests / PARTS);
      if (conduct.standing === 'ejected') {
        if (now >= conduct.until) this.probe(suspect, now);
      } else if (conduct.standing === 'trusted') {
        if (conduct.ejections > 0 && now - conduct.calmSince >= baseEjectionMs) {
          conduct.ejections -= 1;
          conduct.calmSince = now;
        }
        if (suspect.eligible && conduct.past.spanMs >= windowMs && conduct.past.requests >= minimumRequests) judged.push(suspect);
      }
    }
    this.judgeFailures(judged);
    this.judgeLatency(judged.filter(({ conduct }) => conduct.standing === 'trusted' && conduct.past.succeeded >= minimumRequests), now);
    this.judgeSilence(now);
  }

  private meet({ learned, conduct }: S, now: number): void {
    conduct.past.begin(learned, conduct.excused, now);
    conduct.quietSince = now;
  }

  /** Errors in a row: only when most of the others have none. */
  private judgeRun(suspect: S): void {
    const { consecutiveGatewayErrors: gateway, consecutiveServerErrors: server } = this.config;
    const { gatewayErrors, serverErrors } = suspect.conduct;
    const byGateway = gateway > 0 && gatewayErrors > 0 && gatewayErrors % gateway === 0;
    const byServer = server > 0 && serverErrors % server === 0;
    if (!byGateway && !byServer) return;
    const others = this.others(suspect);
    const failing = others.filter(({ conduct }) => conduct.serverErrors >= RUN).length;
    if (others.length === 0 || failing * 2 > others.length) return;
    if (byGateway) this.convict(suspect, 'consecutive_gateway_errors', `${gatewayErrors} gateway errors in a row`);
    else this.convict(suspect, 'consecutive_server_errors', `${serverErrors} errors in a row`);
  }

  private judgeFailures(judged: readonly S[]): void {
    const { successRateMarginPercent: margin, failurePercent } = this.config;
    if (judged.length === 0 || (margin === 0 && failurePercent === 0)) return;
    const sorted = [...judged].sort((a, b) => a.conduct.past.failureRatio - b.conduct.past.failureRatio);
    const ratios = sorted.map(({ conduct }) => conduct.past.failureRatio);
    // The worst first: it may be the last that the cap has room for.
    for (let index = sorted.length - 1; index >= 0; index -= 1) {
      const { past } = sorted[index]!.conduct;
      const ratio = ratios[index]!;
      const others = ratios.length > 1 ? medianOfOthers(ratios, index) : ratio;
      const failed = `${percent(ratio)} of ${past.requests} requests failed`;
      if (margin > 0 && failsMore(ratio, others, past.requests, margin)) {
        this.convict(sorted[index]!, 'success_rate', `${failed}, and ${percent(others)} of the others'`);
      } else if (failurePercent > 0 && ratio * 100 >= failurePercent) {
        this.convict(sorted[index]!, 'failure_percentage', failed);
      }
    }
  }

  private judgeLatency(judged: readonly S[], now: number): void {
    const { latencyFactor, latencyMarginMs } = this.config;
    if (latencyFactor === 0 || judged.length < 2) return;
    const sorted = [...judged].sort((a, b) => a.conduct.past.meanLog - b.conduct.past.meanLog);
    const latencies = sorted.map(({ conduct }) => typicalMs(conduct.past.meanLog));
    for (let index = sorted.length - 1; index >= 0; index -= 1) {
      const { since, conduct } = sorted[index]!;
      const others = medianOfOthers(latencies, index);
      const limit = latencyLimitMs(others, latencyFactor, latencyMarginMs);
      if (latencies[index]! <= limit || (since !== undefined && now - since < WARM_UP_MS)) {
        conduct.grewUsed(this.intervalMs);
        continue;
      }
      const faster = latencies.filter((each) => latencies[index]! > latencyLimitMs(each, latencyFactor, latencyMarginMs)).length;
      if (!isForLatency(faster, latencies.length) && latencies[index]! <= latencyLimitMs(conduct.usualMs, latencyFactor, latencyMarginMs)) {
        conduct.grewUsed(this.intervalMs);
        continue;
      }
      this.convict(sorted[index]!, 'latency', `it takes ${milliseconds(latencies[index]!)}, and the others ${milliseconds(others)}`);
      if (isEjected(sorted[index]!)) conduct.latencyLimitLog = Math.log(limit + LATENCY_GRAIN_MS);
    }
  }

  /** Requests that are never answered end when somebody gives up on them, which may be long; their silence tells before. */
  private judgeSilence(now: number): void {
    if (this.config.consecutiveGatewayErrors === 0) return;
    const quiet = new Set<S>();
    const silent: S[] = [];
    for (const suspect of this.suspects) {
      const { learned, conduct } = suspect;
      // Nothing in flight is no excuse while requests are sent: somebody may give up on them early, as hedging does.
      if (conduct.answers !== conduct.quietAnswers || (learned.inFlight === 0 && learned.sent === conduct.lookedSent)) {
        conduct.quietAnswers = conduct.answers;
        conduct.quietSent = learned.sent;
      }
      // A quiet time before that, with a tunnel or a long request under way, is none of an endpoint that doesn't answer.
      if (learned.sent - conduct.quietSent < UNANSWERED) conduct.quietSince = now;
      // Those sent since the last look may be on their way back.
      const waiting = conduct.lookedSent - conduct.quietSent;
      if (waiting > 0) quiet.add(suspect);
      if (waiting >= UNANSWERED && now - conduct.quietSince >= UNRESPONSIVE_MS + this.usualMs(suspect) * SILENCE_FACTOR) silent.push(suspect);
      conduct.lookedSent = learned.sent;
    }
    for (const suspect of silent) {
      if (suspect.conduct.standing !== 'trusted' || !suspect.eligible) continue;
      const others = this.others(suspect);
      if (others.length === 0 || others.filter((other) => quiet.has(other)).length * 2 > others.length) continue;
      this.convict(suspect, 'unresponsive', `it has answered none of its requests for ${milliseconds(now - suspect.conduct.quietSince)}`);
    }
  }

  /** How long its requests take, or those of the others while it has answered none: the one in the middle of them. */
  private usualMs(suspect: S): number {
    const known = suspect.learned.succeeded > 0 ? [suspect] : this.others(suspect).filter(({ learned }) => learned.succeeded > 0);
    const usual = known.map(({ learned }) => typicalMs(learned.meanLog)).sort((a, b) => a - b);
    // Where nobody has answered anything, nobody is late.
    return usual.length === 0 ? Infinity : usual[usual.length >> 1]!;
  }

  /** Those that it is compared with: eligible, and not under suspicion themselves. */
  private others(suspect: S): S[] {
    return this.suspects.filter((other) => other !== suspect && isTrusted(other));
  }

  private convict(suspect: S, rule: Rule, reason: string): void {
    const { conduct } = suspect;
    const ejects = this.config.mode === 'enforce' && this.isDispensable(suspect);
    this.listener.onOutlier(suspect, rule, ejects);
    if (ejects) this.eject(suspect, reason);
    // Else it is judged again by what comes from now on.
    else conduct.past.begin(suspect.learned, conduct.excused, this.surroundings.now());
  }

  private eject(suspect: S, reason: string): void {
    const { conduct } = suspect;
    const { baseEjectionMs, maxEjectionMs } = this.config;
    conduct.ejections += 1;
    conduct.until = this.surroundings.now() + ejectionMs(conduct.ejections, baseEjectionMs, maxEjectionMs, this.surroundings.random());
    conduct.reason = reason;
    this.stand(suspect, 'ejected');
  }

  private probe(suspect: S, now: number): void {
    suspect.conduct.until = now;
    suspect.conduct.probedAt = undefined;
    this.stand(suspect, 'probing');
  }

  /** A request ended at an endpoint that is not trusted. */
  private tried(suspect: S, ending: Ending, startedAt: number): void {
    const { conduct, learned } = suspect;
    // One that was sent before the ejection ended says nothing of now.
    if (startedAt < conduct.until) return;
    const probing = conduct.standing === 'probing';
    if (ending >= Ending.SERVER_ERROR || (probing && ending === Ending.LIMITED)) {
      this.relapse(suspect, probing ? 'the request that it was to prove itself by failed' : 'a request failed soon after it was taken back');
    } else if (probing && ending === Ending.SHED) {
      conduct.probedAt = undefined;
    } else if (probing) {
      conduct.trialLeft = TRIAL;
      conduct.past.begin(learned, conduct.excused, this.surroundings.now());
      this.stand(suspect, 'onTrial');
    } else if (ending === Ending.ANSWERED) {
      conduct.trialLeft -= 1;
      if (TRIAL - conduct.trialLeft < SLOW_TRIAL) return;
      const now = this.surroundings.now();
      conduct.past.advance(learned, conduct.excused, now, this.intervalMs, Infinity);
      if (conduct.past.meanLog > conduct.latencyLimitLog) {
        this.relapse(suspect, `it still takes ${milliseconds(typicalMs(conduct.past.meanLog))}`);
      } else if (conduct.trialLeft === 0) {
        this.trust(suspect);
      }
    }
  }

  private relapse(suspect: S, reason: string): void {
    const ejects = this.isDispensable(suspect);
    this.listener.onOutlier(suspect, 'relapse', ejects);
    if (ejects) this.eject(suspect, reason);
    else this.probe(suspect, this.surroundings.now());
  }

  private trust(suspect: S): void {
    const { conduct } = suspect;
    if (conduct.standing === 'trusted') return;
    const now = this.surroundings.now();
    conduct.calmSince = now;
    conduct.latencyLimitLog = Infinity;
    conduct.gatewayErrors = 0;
    conduct.serverErrors = 0;
    conduct.past.begin(suspect.learned, conduct.excused, now);
    this.stand(suspect, 'trusted');
  }

  private stand(suspect: S, standing: Conduct['standing']): void {
    suspect.conduct.standing = standing;
    this.listener.onStanding(suspect);
  }

  /** The endpoint may be ejected: the cap is not reached, and another one takes its requests. */
  private isDispensable(suspect: S): boolean {
    const { ejected, most } = this.cap();
    return suspect.eligible && ejected.length < most && this.others(suspect).length > 0;
  }

  private cap(): { readonly ejected: S[]; readonly most: number } {
    const eligible = this.suspects.filter((suspect) => suspect.eligible);
    const ejected = eligible.filter(isEjected);
    return { ejected, most: ejected.length === eligible.length ? 0 : mostEjected(eligible.length, this.config.maxEjectedPercent) };
  }

  /** Others have gone: what is ejected above the cap, or when nothing else is left, is taken back, the longest ejected first. */
  private keepCap(): void {
    const { ejected, most } = this.cap();
    if (ejected.length <= most) return;
    const now = this.surroundings.now();
    ejected.sort((a, b) => a.conduct.until - b.conduct.until);
    for (const suspect of ejected.slice(0, ejected.length - most)) this.probe(suspect, now);
  }
}

const isEjected = ({ conduct }: Suspect): boolean => conduct.standing === 'ejected';
const isTrusted = ({ conduct, eligible }: Suspect): boolean => eligible && conduct.standing === 'trusted';

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

/**
 * What outlier detection keeps of one endpoint: how its latest requests ended, and whether it is ejected. Only the
 * detector writes to it.
 */
import { typicalMs } from '../endpoints/endpoint-stats';
import { SlidingWindow } from './sliding-window';

/** How a request to an endpoint ended, as far as the endpoint is to blame. Numbers, because every request reports one. */
export const enum Ending {
  /** It was answered, and not by any of the below. */
  ANSWERED = 0,
  /** 429: a failure, but not one of several in a row, and no proof that the endpoint works. */
  LIMITED,
  /** The proxy in front of the app refused it because there is too much work. The endpoint is not to blame. */
  SHED,
  /** A status of 500 or above, except 502, 503 and 504. */
  SERVER_ERROR,
  /** 502, 503 or 504; no connection, a broken one, or no answer in time. */
  GATEWAY_ERROR,
}

/** What the detector makes of an endpoint. */
export type OutlierStatus =
  /** Nothing is known against it. */
  | 'trusted'
  /** Gets no requests for a while. */
  | 'ejected'
  /** The ejection is over: it gets one request, and no other until that one has ended. */
  | 'probing'
  /** That request was answered: it gets its share, but the first error ejects it again. */
  | 'onTrial';

/** Why an endpoint is an outlier; a label of metrics. */
export const RULES = [
  'consecutive_gateway_errors', 'consecutive_server_errors', 'success_rate', 'failure_percentage', 'latency', 'unresponsive', 'relapse',
] as const;
export type Rule = typeof RULES[number];

/** Time constant with which an endpoint's usual latency follows what it is. */
const USUAL_MS = 300_000;

export class OutlierState {
  status: OutlierStatus = 'trusted';
  /** Errors in a row. */
  gatewayErrors = 0;
  serverErrors = 0;
  /** Requests that it has begun to answer, and failures so far that it is not to blame for. */
  answers = 0;
  excused = 0;
  readonly window = new SlidingWindow();

  /**
   * Since when several requests were sent and none of them was answered; how many were answered and sent before these, and sent by
   * the latest look.
   */
  quietSince = 0;
  quietAnswers = -1;
  quietSent = 0;
  lookedSent = 0;

  /** Ejections that are not forgiven, and since when none was added or forgiven. */
  ejections = 0;
  calmSince = 0;
  /** The present ejection ends; later, since when it may be asked again. */
  until = 0;
  /** When the request was sent that it is probed with; undefined while there is none. */
  probedAt: number | undefined = undefined;
  /** Answers that its trial still takes. */
  trialLeft = 0;
  /** Most that the mean logarithm of its latency may be in the trial. */
  latencyLimitLog = Infinity;
  /** Mean logarithm of its latency over the last minutes in which it was no outlier; undefined before the first. */
  private usualLog: number | undefined;
  /** Why it was ejected, in words. */
  reason = '';

  /** How long its requests usually take; not known, it is what they take now. */
  get usualMs(): number {
    return typicalMs(this.usualLog ?? this.window.meanLog);
  }

  /** Moves the usual latency towards the present one: the endpoint was no outlier for the last `intervalMs`. */
  recordUsual(intervalMs: number): void {
    this.usualLog ??= this.window.meanLog;
    this.usualLog += (this.window.meanLog - this.usualLog) * Math.min(1, intervalMs / USUAL_MS);
  }
}

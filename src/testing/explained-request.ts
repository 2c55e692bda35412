/** Expectations of a request that has been explained. One that fails throws, and prints the explanation below what it expected. */
import type { Answer } from '../cli/explain/actions';
import type { Destination } from '../cli/explain/destination';
import type { Explanation, ExplainedRoute } from '../cli/explain/explanation';
import { renderExplanation } from '../cli/explain/render';
import type { Stack } from '../cli/stack/stack';
import { counted, listed, percentInWords } from '../cli/words/quantities';
import { timeoutInWords } from '../cli/words/routes';
import type { RequestExpectation, ServiceName, Time } from './api';
import { nameOf } from './service-names';

/** A part of the requests, and who gets it. */
interface Part {
  readonly percent: number;
  readonly title: string;
  readonly version: string | undefined;
  /** What the service may be called. */
  readonly names: readonly string[];
}

export class ExplainedRequest implements RequestExpectation {
  constructor(private readonly explanation: Explanation, private readonly stack: Stack) {}

  toReach(service: ServiceName, version?: string): this {
    const [name, ofName] = nameOf(service).split('@') as [string, string?];
    const wanted = version ?? ofName;
    const { parts } = this;
    const others = parts.filter((part) => !part.names.includes(name) || (wanted !== undefined && part.version !== wanted));
    const title = `${name}${wanted === undefined ? '' : ` ${wanted}`}`;
    return this.check(parts.length > 0 && others.length === 0, `to reach ${title}`, `${this.ending}${this.whyUnknown(name, wanted)}`, this.toReach);
  }

  toBeSplit(shares: Readonly<Record<string, number>>): this {
    const { parts } = this;
    const left = new Map(Object.entries(shares).filter(([, share]) => share > 0));
    const isSame = parts.every((part) => {
      const key = [part.version, ...part.names.map((name) => `${name} ${part.version}`), ...part.names].find((each) => each !== undefined && left.has(each));
      const share = key === undefined ? undefined : left.get(key);
      if (key !== undefined) left.delete(key);
      return share !== undefined && Math.abs(share - part.percent) < 0.005;
    });
    const expected = Object.entries(shares).map(([name, share]) => `${percentInWords(share)} ${name}`).join(', ');
    const sum = Object.values(shares).reduce((all, share) => all + share, 0);
    const hint = Math.abs(sum - 100) < 1 ? '' : `; shares are in percent, and these add up to ${Number(sum.toFixed(2))}`;
    return this.check(parts.length > 0 && isSame && left.size === 0, `to be split ${expected}`, `${this.ending}${hint}`, this.toBeSplit);
  }

  toTakeRoute(name: string): this {
    const { route } = this.explanation;
    return this.check(route?.name === name, `to take route '${name}'`, route ? `it takes '${route.name}'` : this.ending, this.toTakeRoute);
  }

  toTimeOutAfter(timeout: Time): this {
    const ms = typeof timeout === 'number' ? timeout : timeout.toMilliseconds();
    const route = this.forwarded;
    const got = route ? `its timeout is ${timeoutInWords(route.timeoutMs)}` : this.ending;
    return this.check(route?.timeoutMs === ms, `to time out after ${timeoutInWords(ms)}`, got, this.toTimeOutAfter);
  }

  toBeRetried(times: number): this {
    const route = this.forwarded;
    const most = route && route.retry.on.length > 0 ? route.retry.maxRetries : 0;
    const got = route ? `it is sent again ${counted(most, 'time')}${route.retry.because === undefined ? '' : `, as ${route.retry.because}`}` : this.ending;
    return this.check(route !== undefined && most === times, `to be retried ${counted(times, 'time')}`, got, this.toBeRetried);
  }

  toBeRefused(status?: number): this {
    const got = this.status;
    const isRefused = got !== undefined && got >= 400 && (status === undefined || got === status);
    return this.check(isRefused, `to be refused${status === undefined ? '' : ` with ${status}`}`, this.ending, this.toBeRefused);
  }

  toBeRedirectedTo(url: string, status?: number): this {
    const { answer } = this;
    const isThere = answer?.location === url && (status === undefined || answer.status === status);
    return this.check(isThere, `to be redirected to ${url}${status === undefined ? '' : ` with ${status}`}`, this.ending, this.toBeRedirectedTo);
  }

  toBeAnswered(status: number): this {
    return this.check(this.answer?.status === status, `to be answered ${status} by its route`, this.ending, this.toBeAnswered);
  }

  toPassTheSidecar(): this {
    return this.check(this.explanation.outcome === 'passed', "to pass the caller's sidecar", this.ending, this.toPassTheSidecar);
  }

  private get forwarded(): ExplainedRoute | undefined {
    return this.explanation.outcome === 'forwarded' ? this.explanation.route : undefined;
  }

  /** Of the listener, or of the route. */
  private get answer(): Answer | undefined {
    return this.explanation.answer ?? this.explanation.route?.answer;
  }

  /** Status of an answer that no endpoint gives. */
  private get status(): number | undefined {
    return this.explanation.refusal?.status ?? this.answer?.status;
  }

  /** Whether a service or version that was expected is there at all. */
  private whyUnknown(name: string, version: string | undefined): string {
    try {
      this.stack.workloadsNamed(version === undefined ? name : `${name}@${version}`, 'toReach');
      return '';
    } catch (error) {
      return `; ${(error as Error).message}`;
    }
  }

  /** What becomes of it, in words. */
  private get ending(): string {
    const { outcome, answer, refusal } = this.explanation;
    const location = this.answer?.location;
    switch (outcome) {
      case 'forwarded': return splitInWords(this.parts);
      case 'answered': return `its ${answer ? 'listener' : 'route'} answers ${this.status}${location === undefined ? '' : `, redirecting to ${location}`}`;
      case 'refused': return `${refusal!.by === 'callee' ? "the callee's" : 'its'} sidecar answers ${this.status}: ${refusal!.reason}`;
      case 'passed': return "it passes the caller's sidecar";
    }
  }

  /** None when it is not sent on. */
  private get parts(): Part[] {
    return this.forwarded ? partsOf(this.forwarded, this.explanation) : [];
  }

  private check(holds: boolean, expectation: string, got: string, caller: (...args: never[]) => unknown): this {
    if (holds) return this;
    const { request, from } = this.explanation;
    const lines = renderExplanation(this.explanation);
    const error = new Error(`expected ${request.method} ${request.url} from ${from.service} ${expectation}, but ${got}\n\n${lines.join('\n')}`);
    // The test's own line is what a runner should show.
    Error.captureStackTrace(error, caller);
    throw error;
  }
}

/** Who gets which part of the requests while all pods work; a hash that is known leaves one. */
function partsOf({ levels, clusterByHash }: ExplainedRoute, { interception }: Explanation): Part[] {
  const shares = levels[0]!.destinations.filter(({ percent }) => percent > 0);
  const chosen = shares.find(({ cluster }) => cluster === clusterByHash);
  const hostname = interception.intercepted ? interception.hostname : '';
  return (chosen ? [{ ...chosen, percent: 100 }] : shares).map((destination) => partOf(destination, hostname));
}

/** @param hostname that it is called by */
function partOf({ cluster, percent, candidates: [first], outside }: Destination, hostname: string): Part {
  if (!first) return { percent, title: cluster, version: undefined, names: [cluster, hostname, ...outside] };
  const { service, version, namespace } = first;
  return { percent, title: `${service} ${version}`, version, names: [service, `${service}.${namespace}`] };
}

/** `90 % of its requests go to catalog v1 and 10 % to catalog v2`. */
function splitInWords(parts: readonly Part[]): string {
  const [first, ...others] = parts as [Part, ...Part[]];
  if (others.length === 0) return `it goes to ${first.title}`;
  return listed([`${percentInWords(first.percent)} of such requests go to ${first.title}`, ...others.map(({ percent, title }) => `${percentInWords(percent)} to ${title}`)]);
}

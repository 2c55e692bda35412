/** What must hold after a scenario: each bar says how it was kept or broken. */
import { defaultProxyMemory } from '../../src/planning/proxy-memory';
import { REASONS, ReasonCode } from '../../src/proxy/telemetry/reasons';
import type { Ledger } from './ledger';
import { FORGOTTEN } from './clients';
import type { Sent } from './load';
import { percentile, recoveredAfter, recoveredIn, windowsFrom } from './timeline';

/** All that is known of a run. */
export interface Observation {
  readonly sent: readonly Sent[];
  readonly ledger: Ledger;
  /** When the fault began, in ms since the load did. */
  readonly faultMs: number;
  /** Pods that were made to fail, which may cost the requests that they got. */
  readonly faulty: ReadonlySet<string>;
  /** Connections that were cut, as far as they were counted. */
  readonly severed: number;
  /** Most memory that a proxy had, in bytes. */
  readonly peakMemory: number;
  /** What was found wrong with the processes, in words. */
  readonly problems: readonly string[];
}

export interface Bar {
  readonly name: string;
  /** A run whose times are shortened is too short for it. */
  readonly takesWholeRun?: boolean;
  /** Why it is not met; undefined when it is. */
  broken(observation: Observation): string | undefined;
}

const SHOWN = 5;
/** Tries that a request gets at most by default: one, and two more. */
const MOST_TRIES = 3;
/** What the sidecar's container is killed at. */
const MEMORY_LIMIT = defaultProxyMemory(1).limitMib * 2 ** 20;

/** Hold in every scenario, whatever is done to the world. */
export const ALWAYS: readonly Bar[] = [
  {
    name: 'no request that is not idempotent is executed twice',
    broken: ({ sent, ledger }) => listed(sent.filter(({ id, idempotent }) => !idempotent && ledger.executions(id).length > 1)),
  },
  {
    name: `no request is executed more than ${MOST_TRIES} times`,
    broken: ({ sent, ledger }) => listed(sent.filter(({ id }) => ledger.executions(id).length > MOST_TRIES)),
  },
  {
    // A pod that lies may answer what it got with anything, and nobody can know.
    name: 'nobody gets the answer to another request, unless a pod that was made to lie had it',
    broken: ({ sent, ledger, faulty }) => listed(sent.filter(({ id, foreign }) => foreign && !ledger.executions(id).some((pod) => faulty.has(pod)))),
  },
  {
    name: 'no application has seen a request that was answered with a reason that says so',
    broken: ({ sent, ledger }) => listed(sent.filter(({ id, reason }) => saysUnseen(reason) && ledger.executions(id).length > 0)),
  },
  {
    name: 'what was answered with success was executed',
    broken: ({ sent, ledger }) => listed(sent.filter(({ id, failure }) => failure === undefined && ledger.executions(id).length === 0)),
  },
  {
    name: 'every request comes to an end',
    broken: ({ sent }) => listed(sent.filter(({ failure }) => failure === FORGOTTEN)),
  },
  {
    name: 'the proxies live on',
    broken: ({ problems }) => (problems.length === 0 ? undefined : problems.join('; ')),
  },
  {
    name: 'requests no longer fail when the run ends',
    takesWholeRun: true,
    broken: ({ sent, faultMs }) => (Number.isFinite(recoveredIn(sent, faultMs)) ? undefined : listed(failedOf(sent).slice(-1))),
  },
  {
    name: 'no proxy needs more memory than a sidecar has by default',
    broken: ({ peakMemory }) => (peakMemory <= MEMORY_LIMIT ? undefined : `${Math.round(peakMemory / 2 ** 20)} MiB`),
  },
];

/** No idempotent request fails. */
export const NOTHING_LOST: Bar = {
  name: 'no idempotent request fails',
  broken: ({ sent }) => listed(failedOf(sent).filter(({ idempotent }) => idempotent)),
};

/** No request fails at all. */
export const NO_FAILURE: Bar = {
  name: 'no request fails',
  broken: ({ sent }) => listed(failedOf(sent)),
};

/**
 * Hardly any request fails, and no application has seen one that does. A client's request may cross with the end of a connection that
 * was idle, which nobody can prevent; its client knows no more than that the connection broke.
 */
export function unseenBelow(share: number): Bar {
  return {
    name: `fewer than ${share * 100} % of the requests fail, and no application has seen those`,
    broken: ({ sent, ledger }) => {
      const failed = failedOf(sent);
      const seen = failed.filter(({ id }) => ledger.executions(id).length > 0);
      return listed(seen) ?? (failed.length < share * sent.length ? undefined : listed(failed));
    },
  };
}

/** At most as many idempotent requests fail as connections were cut: each carries one at a time. */
export const CUT_SHARE: Bar = {
  name: 'at most as many idempotent requests fail as connections were cut',
  broken: ({ sent, severed }) => {
    const failed = failedOf(sent).filter(({ idempotent }) => idempotent);
    return failed.length <= severed ? undefined : `${failed.length} failed, and ${severed} connections were cut`;
  },
};

/**
 * What dies in silence shows only when a time is over; what is sent there until then is in flight.
 *
 * @param all those that may not be sent again, too
 */
export function inFlightShare(showsAfterMs: number, all = false): Bar {
  return {
    name: `at most as many ${all ? '' : 'idempotent '}requests fail as are in flight when the loss first shows, ${showsAfterMs / 1_000} s after it`,
    broken: ({ sent, faultMs }) => {
      const showsAt = faultMs + showsAfterMs;
      const repeatable = sent.filter(({ idempotent }) => all || idempotent);
      const inFlight = repeatable.filter(({ dueMs, endedMs }) => dueMs <= showsAt && endedMs > showsAt).length;
      const failed = failedOf(repeatable).length;
      return failed <= inFlight ? undefined : `${failed} failed, and ${inFlight} were in flight`;
    },
  };
}

/** Reasons that say that it was an endpoint's doing. */
const ENDPOINTS_DOING = /^(connect|upstream|try|request)_/;

/** A request fails only if a faulty pod had it; one that broke before it wrote the request down can't be told by name. */
export const CONTAINED: Bar = {
  name: 'only requests that a faulty pod had in its hands fail',
  broken: ({ sent, ledger, faulty }) => listed(failedOf(sent).filter(({ id, reason }) => {
    const executions = ledger.executions(id);
    return executions.length > 0 ? !executions.some((pod) => faulty.has(pod)) : reason !== undefined && !ENDPOINTS_DOING.test(reason);
  })),
};

/** The share of failures is below the bound at the latest so long after the fault began. */
export function errorsBelow(share: number, withinMs: number, windowMs = 1_000): Bar {
  return {
    name: `failures fall below ${share * 100} % within ${withinMs / 1_000} s`,
    broken: ({ sent, faultMs }) => {
      const after = sent.filter(({ dueMs }) => dueMs >= faultMs + withinMs);
      const failed = failedOf(after);
      if (after.length > 0 && failed.length / after.length < share) return undefined;
      const recovery = recoveredAfter(windowsFrom(sent, faultMs, windowMs), faultMs, (window) => window.failed < share);
      return `${failed.length} of the ${after.length} requests after that time failed; recovery after ${recovery / 1_000} s`;
    },
  };
}

/** The p99 is within a factor of what it was before, at the latest so long after the fault began. */
export function p99Recovers(factor: number, withinMs: number): Bar {
  return {
    name: `p99 is within ${factor} times of what it was within ${withinMs / 1_000} s`,
    broken: ({ sent, faultMs }) => {
      const before = percentile(sent.filter(({ dueMs }) => dueMs < faultMs), 0.99);
      const after = percentile(sent.filter(({ dueMs }) => dueMs >= faultMs + withinMs), 0.99);
      return after <= factor * before ? undefined : `${after.toFixed(0)} ms against ${before.toFixed(0)} ms`;
    },
  };
}

export function failedOf(sent: readonly Sent[]): Sent[] {
  return sent.filter(({ failure }) => failure !== undefined);
}

function saysUnseen(reason: string | undefined): boolean {
  return reason !== undefined && reason in REASONS && REASONS[reason as ReasonCode].reached === 'no';
}

/** Some of the requests, and what they were. */
function listed(sent: readonly Sent[]): string | undefined {
  if (sent.length === 0) return undefined;
  const some = sent.slice(0, SHOWN).map(({ method, id, dueMs, status, failure }) => `${method} ${id} at ${dueMs.toFixed(0)} ms (${failure ?? status})`);
  return `${sent.length}: ${some.join(', ')}${sent.length > SHOWN ? ', ...' : ''}`;
}

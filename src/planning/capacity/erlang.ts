/**
 * Queues with c servers: how often a request has to wait, and for how long.
 *
 * Units: `load` is in erlangs, the mean number of busy servers if none had to wait: arrival rate times mean service time. `utilization` is
 * load over servers. Times are in units of the mean service time, so that the caller multiplies by it.
 *
 *   Erlang B   B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1))
 *   Erlang C   C = B / (1 - rho (1 - B)), the probability that a request waits (M/M/c)
 *   Wait       mean C / (c (1 - rho)); P(wait > t) = C exp(-c (1 - rho) t)
 *   M/G/c      Allen and Cunneen: the wait of M/M/c times (Ca^2 + Cs^2) / 2, with the squared coefficients of variation of the times
 *              between arrivals and of the service times. Exact for M/M/c and for one server with Poisson arrivals (Pollaczek-Khinchine).
 *
 * Sources: A. K. Erlang, Solution of some problems in the theory of probabilities (1917); L. Kleinrock, Queueing Systems, vol. 1 (1975);
 * A. O. Allen, Probability, Statistics and Queueing Theory (1990), 5.2.
 */

/** Part of the requests that find all servers busy and are turned away, where none may wait. */
export function erlangB(servers: number, load: number): number {
  let blocked = 1;
  for (let k = 1; k <= servers; k++) blocked = (load * blocked) / (k + load * blocked);
  return blocked;
}

/** Part of the requests that have to wait; 1 when the load is as much as the servers can do, or more. */
export function erlangC(servers: number, load: number): number {
  if (load >= servers) return 1;
  const blocked = erlangB(servers, load);
  return blocked / (1 - (load / servers) * (1 - blocked));
}

/** A station: servers that take from one queue. */
export interface Station {
  /** Requests that are worked on at a time. */
  readonly servers: number;
  /** Erlangs that come. */
  readonly load: number;
  /** Coefficient of variation of service times: standard deviation over mean. 0 is constant, 1 exponential. */
  readonly variation: number;
}

/** The wait before service: a part of the requests waits, and those that do wait exponentially long. */
export interface Wait {
  /** Part of the requests that wait. */
  readonly probability: number;
  /** Mean wait of those that do, in service times; Infinity without capacity to spare. */
  readonly meanOfWaiting: number;
}

/** The wait with Poisson arrivals. */
export function waitOf({ servers, load, variation }: Station): Wait {
  return {
    probability: erlangC(servers, load),
    meanOfWaiting: load >= servers ? Infinity : (1 + variation ** 2) / 2 / (servers - load),
  };
}

/** Mean wait of all requests, in service times. */
export function meanWait(station: Station): number {
  const { probability, meanOfWaiting } = waitOf(station);
  return probability * meanOfWaiting;
}

/** The wait that this part of the requests does not exceed, in service times. */
export function waitQuantile(station: Station, share: number): number {
  const { probability, meanOfWaiting } = waitOf(station);
  return probability <= 1 - share ? 0 : Math.log(probability / (1 - share)) * meanOfWaiting;
}

/**
 * What this proxy sees of the work that the app beside it does: how many requests it has at a time, how many come, how many
 * fail. Each request adds to a few numbers, and a reader makes means of them.
 *
 * The mean number of requests in flight is exact, for it is an integral: over any time, requests in flight times how long
 * they were is the sum of their ends less the sum of their beginnings. Samples would not do: a report leaves with a response, so
 * it would never see an idle app, and would make an endpoint that gets few requests look as loaded as one that gets many.
 */
export class ServedLoad {
  inFlight = 0;
  /** Requests that have begun, and those that ended with an error of the server. */
  begun = 0;
  failed = 0;
  /** Ends less beginnings, milliseconds. */
  private moments = 0;

  /** @param now monotonic milliseconds; the same clock at all times */
  begin(now: number): void {
    this.inFlight += 1;
    this.begun += 1;
    this.moments -= now;
  }

  end(now: number, failed: boolean): void {
    this.inFlight -= 1;
    if (failed) this.failed += 1;
    this.moments += now;
  }

  /** Requests in flight, summed up over all time until now, in request-milliseconds. */
  workMs(now: number): number {
    return this.inFlight * now + this.moments;
  }
}

/** What bounds the requests in flight. */
export interface ConcurrencyLimit {
  /** Most in flight right now. */
  readonly limit: number;
  /** @param inFlight without the one that asks */
  allows(inFlight: number, now: number): boolean;
  /** @returns the ticket of one that has come in */
  enter(inFlight: number, now: number): number;
  /**
   * One was answered, or given up by its client.
   *
   * @param latencyMs how long the app had all of it
   * @param heldMs    how long it counted
   */
  end(ticket: number, latencyMs: number, heldMs: number, givenUp: boolean, now: number): void;
  /** One ended in a way that says nothing of the app. */
  forget(ticket: number, now: number): void;
}

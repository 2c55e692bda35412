import type { BehaviourName } from './behaviours';

/** How a backend is told to behave. */
export interface Manner {
  /** Absent: `prompt`. */
  readonly behaviour?: BehaviourName;
  /** Share of the requests that are treated so; which ones is decided by their ids. Absent: all. */
  readonly share?: number;
  /** Time to work on a request before it is answered. Absent: as told before. */
  readonly latencyMs?: number;
  /** Resets connections at once, before anything is read. */
  readonly resetsConnections?: boolean;
  /** Calls of gRPC on a connection, after which GOAWAY is sent on it. Absent: never. */
  readonly goawayAfter?: number;
  /** Nobody listens on the port. */
  readonly refuses?: boolean;
}

/** The message of a {@link Manner} over the channel of the process. */
export interface BehaveMessage {
  readonly type: 'behave';
  readonly manner: Manner;
}

/** Environment of a backend's process. */
export const ENV_PROTOCOL = 'CHAOS_PROTOCOL';
export const ENV_LEDGERS = 'CHAOS_LEDGERS';
export const ENV_LATENCY_MS = 'CHAOS_LATENCY_MS';

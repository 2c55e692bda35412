/**
 * The first byte of a connection between sidecars by mutual TLS (`mesh/tcp`), from the callee's: whether it has a connection to the app, or why
 * not. TCP alone can't say it: the callee's sidecar has accepted the connection, whatever becomes of the app's. With it nothing of the client
 * is sent before an app is there, so a connection can be made to another endpoint, and an app that refuses connections is known for it.
 *
 * The price is a round trip in which nothing else is sent. Numbers are part of the protocol: they never change their meaning.
 */
import type { FailureKind } from '../../../balancing';
import type { ReasonCode } from '../../telemetry/reasons';

const CONNECTED = 0;
/** For reasons that have no number, of this proxy or of a newer one. */
const OTHER = 255;

/** What the byte says of a connection that is not made. */
interface Refused {
  readonly code: ReasonCode;
  /** What follows from it for the caller. */
  readonly failure: FailureKind;
}

/** By number, from 1 on. A caller that is not let in by one callee is not let in by another. */
const REFUSALS: readonly Refused[] = [
  { code: 'connect_failed', failure: 'unconnected' },
  { code: 'connect_timeout', failure: 'unconnected' },
  { code: 'not_authorized', failure: 'excused' },
  { code: 'caller_unverified', failure: 'excused' },
  { code: 'terminating', failure: 'unprocessed' },
  { code: 'tcp_connection_limit', failure: 'unprocessed' },
];
const UNKNOWN: Refused = { code: 'connect_failed', failure: 'unconnected' };

/** That there is a connection to the app. */
export const GREETING = Buffer.from([CONNECTED]);

/** That there is none, and why. */
export function refusalByte(code: ReasonCode): Buffer {
  const at = REFUSALS.findIndex((refused) => refused.code === code);
  return Buffer.from([at < 0 ? OTHER : at + 1]);
}

/** What the callee's sidecar says; undefined: there is a connection to the app. */
export function readGreeting(byte: number): Refused | undefined {
  return byte === CONNECTED ? undefined : REFUSALS[byte - 1] ?? UNKNOWN;
}

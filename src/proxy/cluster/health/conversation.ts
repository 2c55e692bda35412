/** The connection of one health check, from its making to the verdict. */
import type { Socket } from 'node:net';
import type { ResolvedCluster } from '../../../contract';
import type { Cancel } from '../../runtime/clock';
import { Connecting, Destination } from '../connector';

/** What is asked. */
export interface Target extends Destination {
  /** Address and port, as a Host field has them. */
  readonly key: string;
  /** It expects a header of the PROXY protocol. Absent: it doesn't. */
  readonly proxyProtocol?: boolean;
}

export type Verdict =
  | { readonly passed: true }
  /** `why` in words, for people. */
  | { readonly passed: false; readonly why: string }
  /** The endpoint works, but has too much to do to answer checks: that says nothing. */
  | { readonly passed: undefined };

/** Begins a check; the verdict comes once, unless the check is cancelled before. */
export type Probe = (target: Target, onVerdict: (verdict: Verdict) => void) => Cancel;

/** What is said on it. */
export interface Conversation {
  onConnect(socket: Socket): void;
  onBytes?(bytes: Buffer): void;
}

/**
 * Connects, and talks until there is a verdict.
 *
 * @param protocol for a handshake to agree on
 */
export function open(
  to: Target, protocol: ResolvedCluster['protocol'], converse: (end: (verdict: Verdict) => void) => Conversation, onVerdict: (verdict: Verdict) => void,
): Cancel {
  let over = false;
  let socket: Socket | undefined;
  const end = (verdict: Verdict): void => {
    if (over) return;
    over = true;
    socket?.destroy();
    onVerdict(verdict);
  };
  const { onConnect, onBytes } = converse(end);
  const talk = (made: Socket): void => {
    made.on('data', (bytes) => { if (!over) onBytes?.(bytes); });
    made.on('error', (error: NodeJS.ErrnoException) => end({ passed: false, why: `the connection broke: ${error.code ?? error.message}` }));
    made.on('close', () => end({ passed: false, why: 'the connection was closed without an answer' }));
    onConnect(made);
  };
  new Connecting(to, { protocol }, {
    onSocket: (made) => { socket = made; },
    onConnected: () => talk(socket!),
    onUnconnected: (detail) => end({ passed: false, why: `no connection could be made: ${detail}` }),
  });
  return () => {
    over = true;
    socket!.destroy();
  };
}

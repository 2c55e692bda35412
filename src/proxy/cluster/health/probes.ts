/**
 * One check of one endpoint, on a connection of its own: it then also shows that the endpoint accepts connections, which
 * one that is kept open does not, and takes none from requests. The price is a connection per check; the endpoint closes
 * it, as it is asked to, or the check does.
 *
 * The endpoint's address and port are those that requests go to. In the mesh that is the sidecar of the pod, which passes
 * an HTTP check on to the app: it passes when both work. A TCP check to a sidecar shows only that the sidecar runs.
 *
 * An HTTP check asks as callers do, by the Host that they use: many frameworks turn away hosts that they don't know.
 */
import type { Socket } from 'node:net';
import type { HeaderField, ResolvedHealthCheck } from '../../../contract';
import type { Cancel } from '../../runtime/clock';
import { INCOMPLETE } from '../../http1/fault';
import { foreignResponse } from '../../http1/foreign-protocol';
import { HEALTH_CHECK_AGENT } from '../../http1/health-check-agent';
import { HeadBuffer } from '../../http1/head-buffer';
import { isShed } from '../../http1/proxy-status';
import { ResponseHead } from '../../http1/response-head';
import { Connecting, Destination } from '../connector';

/** What is asked. */
export interface Target extends Destination {
  /** Address and port, as a Host field has them. */
  readonly key: string;
}

export type Verdict =
  | { readonly passed: true }
  /** `why` in words, for people. */
  | { readonly passed: false; readonly why: string }
  /** The endpoint works, but has too much to do to answer checks: that says nothing. */
  | { readonly passed: undefined };

/** Begins a check; the verdict comes once, unless the check is cancelled before. */
export type Probe = (target: Target, onVerdict: (verdict: Verdict) => void) => Cancel;

/** Of a response, the head must fit in this. */
const LIMITS = { maxStartLineBytes: 8_192, maxHeadBytes: 16_384, maxHeaderFields: 100 };

/** Those of the kubelet's probes, so that a rule that lets these in lets the checks in. */
const OWN_FIELDS: readonly HeaderField[] = [{ name: 'user-agent', value: HEALTH_CHECK_AGENT }, { name: 'accept', value: '*/*' }];

const PASSED: Verdict = { passed: true };
const BUSY: Verdict = { passed: undefined };

/** Parsed and looked at in one turn, so one is enough. */
const head = new ResponseHead(LIMITS.maxHeaderFields);

export function probeOf(check: ResolvedHealthCheck): Probe {
  return check.type === 'tcp' ? tcpProbe : httpProbe(check);
}

const tcpProbe: Probe = (target, onVerdict) => open(target, (end) => ({ onConnect: () => end(PASSED) }), onVerdict);

function httpProbe({ path, host, headers, expectedStatuses }: Extract<ResolvedHealthCheck, { readonly type: 'http' }>): Probe {
  const expected = expectedStatuses.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`)).join(' or ');
  const judge = (buffer: Buffer): Verdict => {
    const { status } = head;
    if (expectedStatuses.some(({ from, to }) => status >= from && status <= to)) return PASSED;
    if ((status === 503 || status === 429) && isShed(buffer, head.fields)) return BUSY;
    return { passed: false, why: `GET ${path} was answered with ${status}, and not ${expected}` };
  };
  const fields = fieldsOf(headers);
  return (target, onVerdict) => open(target, (end, send) => {
    const heads = new HeadBuffer(false);
    return {
      onConnect: () => send(`GET ${path} HTTP/1.1\r\nhost: ${host ?? target.key}\r\n${fields}connection: close\r\n\r\n`),
      onBytes: (bytes) => {
        for (let from = 0; from < bytes.length;) {
          const wrong = heads.feed(bytes, from, head, LIMITS);
          if (wrong === INCOMPLETE) return;
          if (wrong) {
            const { detail } = foreignResponse(heads.buffer, heads.start, heads.end) ?? wrong;
            return end({ passed: false, why: `GET ${path} was answered with what is not HTTP/1.1: ${detail}` });
          }
          if (!head.interim || head.status === 101) return end(judge(heads.buffer));
          bytes = heads.buffer;
          from = heads.end;
        }
      },
    };
  }, onVerdict);
}

/** The fields of every check, as they are sent; what the configuration says takes the place of its own. */
function fieldsOf(headers: readonly HeaderField[]): string {
  const own = OWN_FIELDS.filter(({ name }) => !headers.some((header) => header.name.toLowerCase() === name));
  return [...own, ...headers].map(({ name, value }) => `${name}: ${value}\r\n`).join('');
}

interface Conversation {
  onConnect(): void;
  onBytes?(bytes: Buffer): void;
}

/** A connection until there is a verdict. */
function open(
  to: Target,
  converse: (end: (verdict: Verdict) => void, send: (text: string) => void) => Conversation,
  onVerdict: (verdict: Verdict) => void,
): Cancel {
  let over = false;
  let socket: Socket | undefined;
  const end = (verdict: Verdict): void => {
    if (over) return;
    over = true;
    socket?.destroy();
    onVerdict(verdict);
  };
  const { onConnect, onBytes } = converse(end, (text) => socket!.write(text, 'latin1'));
  const talk = (made: Socket): void => {
    made.on('data', (bytes) => { if (!over) onBytes?.(bytes); });
    made.on('error', (error: NodeJS.ErrnoException) => end({ passed: false, why: `the connection broke: ${error.code ?? error.message}` }));
    made.on('close', () => end({ passed: false, why: 'the connection was closed without an answer' }));
    onConnect();
  };
  new Connecting(to, {}, {
    onSocket: (made) => { socket = made; },
    onConnected: () => talk(socket!),
    onUnconnected: (detail) => end({ passed: false, why: `no connection could be made: ${detail}` }),
  });
  return () => {
    over = true;
    socket!.destroy();
  };
}

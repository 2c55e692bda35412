/** How one request is sent, by whichever version of HTTP. */
import type { IncomingHttpHeaders } from 'node:http';
import type { SocketAddress } from '../network';

/** What is asked, and whom. */
export interface Ask {
  readonly target: SocketAddress;
  readonly host: string;
  readonly path: string;
  /** Fields besides Host. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What came of it. */
export interface Answer {
  /** Of the response; none when there was none. */
  readonly headers: IncomingHttpHeaders;
  /** Why it counts as failed; undefined when it did not. */
  readonly failure: string | undefined;
  /** When it was there, by `performance.now()`. Absent: now. */
  readonly at?: number | undefined;
}

export interface Sender {
  /** Calls back once. */
  send(ask: Ask, settle: (answer: Answer) => void): void;
  close(): void;
}

/** The proxies answer before this; it bounds what a stuck connection holds. */
export const TIMEOUT_MS = 30_000;

/** What TLS goes by: the authority in PEM form; absent: certificates are not checked. */
export function trustIn(trusted: string | undefined): { readonly ca?: string; readonly rejectUnauthorized?: boolean } {
  return trusted === undefined ? { rejectUnauthorized: false } : { ca: trusted };
}

/** Why an answer counts as failed: the proxy's own reason if it gave one, else the app's status from 500 on. */
export function failureOf(status: number, headers: IncomingHttpHeaders): string | undefined {
  return reasonIn(headers) ?? (status >= 500 ? `app answered ${status}` : undefined);
}

/** The reason that a proxy gives. */
export function reasonIn(headers: IncomingHttpHeaders): string | undefined {
  return /;\s*details="((?:[^"\\]|\\.)*)"/.exec(single(headers['proxy-status']) ?? '')?.[1]?.replace(/\\(.)/g, '$1');
}

export function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

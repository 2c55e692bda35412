/**
 * The form of the corpus: messages that are malformed, ambiguous or on the edge of being so, each with what must become of
 * it. Written from the text of RFC 9110 and 9112 and from the classes of attacks that are known; families of messages that
 * differ in one place are made by combination, but every case has a name.
 *
 * Bytes are written as the characters of the same number (`latin1`).
 */
import type { ReasonCode } from '../../src/proxy/telemetry/reasons';

/** Limits of the proxy that the corpus is sent to: small, so that a message beyond one is still short. */
export const CORPUS_LIMITS = { maxStartLineBytes: 256, maxHeadBytes: 1_024, maxHeaderFields: 20 };

/** A request as the backend must see it. */
export interface Seen {
  /** Method and target. */
  readonly line: string;
  readonly body?: string;
  /** Field lines that it has. */
  readonly has?: readonly string[];
  /** Field names, in lower case, that it does not have. */
  readonly lacks?: readonly string[];
  /** Trailer lines; none when absent. */
  readonly trailers?: readonly string[];
}

export interface RequestCase {
  readonly name: string;
  /** What the client sends. */
  readonly send: string;
  /** The requests that the backend gets in full, in order; a text stands for a request without a body. */
  readonly reaches: readonly (string | Seen)[];
  /** Behind those: why what follows is refused, whereupon the connection is closed. */
  readonly refused?: ReasonCode;
  /** Behind those: the proxy's own answer, after which the connection goes on. */
  readonly answered?: ReasonCode;
  /** The head of the refused request, which may have reached the backend, but never with its end. */
  readonly begins?: string;
  /** The client ends its side behind what it sends. */
  readonly ends?: boolean;
  /** The connection is closed though nothing was refused. */
  readonly closes?: boolean;
}

export interface ResponseCase {
  readonly name: string;
  /** What the backend sends in answer to the request. */
  readonly send: string;
  /** The backend ends its side behind that. */
  readonly ends?: boolean;
  /** What the client asks; `GET /r` by HTTP/1.1, taking trailers, when absent. */
  readonly ask?: string;
  /** The response as the client must get it. */
  readonly gives?: {
    readonly status: number;
    readonly body?: string;
    readonly trailers?: string;
    readonly has?: readonly string[];
    readonly lacks?: readonly string[];
    /** Field names, in lower case, that it has exactly once. */
    readonly once?: readonly string[];
    /** Statuses of the interim responses before it. */
    readonly interim?: readonly number[];
  };
  /** The proxy's own answer in place of the response. */
  readonly refused?: 'upstream_protocol_error' | 'upstream_closed';
  /**
   * Status of the response that begins and never ends: the client's connection is broken. With `refused`, this is what may become of it when
   * it comes in pieces.
   */
  readonly broken?: number;
  /** The connection to the backend carries the next request, too. */
  readonly reused: boolean;
}

/** Cases of one class. */
export interface Family<Case> {
  readonly family: string;
  readonly cases: readonly Case[];
}

export const HOST = 'Host: a\r\n';
/** What an attacker would like the backend to take for a request. */
export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

/** A request with these lines between Host and the empty line; a line has no line end of its own. */
export function request(line: string, lines: readonly string[] = [], body = ''): string {
  return `${line} HTTP/1.1\r\n${HOST}${lines.map((each) => `${each}\r\n`).join('')}\r\n${body}`;
}

/** A byte's name, for a case's name. */
export function byteName(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}

export function byte(code: number): string {
  return String.fromCharCode(code);
}

/** Shows a piece of a message in a case's name. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 10)}... (${text.length})` : text)
    .replace(/[\x7f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

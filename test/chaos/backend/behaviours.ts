/**
 * How a backend can behave. Each function has a request that was read to its end (and written down as executed) and the
 * socket that it came on; those that break HTTP write to the socket themselves.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerTo, POD_FIELD } from '../message';

/** A request that has to be dealt with. */
export interface Call {
  readonly id: string;
  readonly pod: string;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

/** Bytes that no client may ever be given as an answer. */
export const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';

/** Between two bytes of an answer that stutters, and how many pieces it is cut into. */
const STUTTER_MS = 50;
const PIECES = 10;
/** Between two pieces of what never ends. */
const ENDLESS_MS = 2;

const BEHAVIOURS = {
  /** As it should. */
  prompt: ({ id, pod, response }: Call) => {
    const body = answerTo(id);
    response.writeHead(200, { 'content-length': body.length, [POD_FIELD]: pod }).end(body);
  },
  /** The application fails. */
  failing: ({ id, pod, response }: Call) => {
    response.writeHead(500, { 'content-length': id.length, [POD_FIELD]: pod }).end(id);
  },
  /** The connection is reset with the answer owing. */
  resetBefore: ({ socket }: Call) => { socket.resetAndDestroy(); },
  /** The connection is reset in the middle of the answer. */
  resetMid: ({ id, socket }: Call) => {
    const body = answerTo(id);
    socket.write(`${head(body.length)}${body.slice(0, body.length / 2)}`, () => socket.resetAndDestroy());
  },
  /** Content-Length promises more than comes. */
  shortBody: ({ id, socket }: Call) => {
    const body = answerTo(id);
    socket.end(`${head(body.length + 100)}${body}`);
  },
  /** Two values of Content-Length that differ. */
  twoLengths: ({ id, socket }: Call) => {
    const body = answerTo(id);
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nContent-Length: ${body.length + 1}\r\n\r\n${body}`);
  },
  /** Bytes behind the end of the answer, made to look like an answer to the next request. */
  bytesAfterEnd: ({ id, socket }: Call) => {
    const body = answerTo(id);
    socket.write(`${head(body.length)}${body}${POISON}`);
  },
  /** The same, but later, when the connection is idle. */
  bytesWhenIdle: ({ id, socket }: Call) => {
    const body = answerTo(id);
    socket.write(`${head(body.length)}${body}`);
    setTimeout(() => socket.write(POISON), 20);
  },
  /** Accepts, reads and never answers. */
  blackHole: () => undefined,
  /** Answers in small pieces with pauses. */
  stutter: ({ id, socket }: Call) => {
    const text = `${head(answerTo(id).length)}${answerTo(id)}`;
    const size = Math.ceil(text.length / PIECES);
    const pieces = Array.from({ length: PIECES }, (_, index) => text.slice(index * size, (index + 1) * size));
    every(STUTTER_MS, socket, () => {
      socket.write(pieces.shift() ?? '');
      return pieces.length > 0;
    });
  },
  /** A head that has no end. */
  endlessHead: ({ socket }: Call) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    every(ENDLESS_MS, socket, () => socket.write(`X-More: ${'y'.repeat(500)}\r\n`) || true);
  },
  /** Interim responses without end. */
  endlessInterim: ({ socket }: Call) => {
    every(ENDLESS_MS, socket, () => socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n'.repeat(20)) || true);
  },
  /** A body that has no end. */
  endlessBody: ({ socket }: Call) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    every(ENDLESS_MS, socket, () => socket.write(`1000\r\n${'z'.repeat(4_096)}\r\n`) || true);
  },
} as const;

export type BehaviourName = keyof typeof BEHAVIOURS;

export function behave(name: BehaviourName, call: Call): void {
  BEHAVIOURS[name](call);
}

/** Behaviours that a health check meets too: what is wrong is the connection or the process, and not one request. */
export const WHOLE_PROCESS: ReadonlySet<BehaviourName> = new Set<BehaviourName>([
  'resetBefore', 'blackHole', 'endlessHead', 'endlessInterim', 'twoLengths',
]);

function head(length: number): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
}

/** Calls at an interval until it returns false or the socket is closed. */
function every(ms: number, socket: Socket, step: () => boolean): void {
  const timer = setInterval(() => {
    // A peer that does not read is not sent more than the kernel holds.
    if (socket.destroyed || (!socket.writableNeedDrain && !step())) clearInterval(timer);
  }, ms);
}

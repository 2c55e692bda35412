/**
 * Mutations of messages: what a few decades of parsers were broken with. Everything comes from `random`, so that a seed
 * says all.
 */

/** Pieces that mean something somewhere. */
const WORDS = [
  '\r\n', '\n', '\r', '\r\n\r\n', '\n\n', '\r\r\n', ' ', '\t', '\0', '\x0b', '\x0c', '\x7f', '\x80', '\xff', ':', ': ', ';', ',', '"', '\\', '=', '/', '*', '#', '?', '%00', '%0d%0a',
  'GET ', 'POST ', 'HEAD ', 'OPTIONS ', 'TRACE ', 'CONNECT ', ' HTTP/1.1\r\n', ' HTTP/1.0\r\n', ' HTTP/2.0\r\n', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 101 X\r\n', 'HTTP/1.1 204 X\r\n', 'http://a', '//',
  'Host: a\r\n', 'Host: b\r\n', 'Content-Length: 0\r\n', 'Content-Length: 5\r\n', 'Content-Length: ', 'Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: gzip, chunked\r\n', 'Transfer-Encoding:', 'chunked', 'identity', 'Connection: close\r\n',
  'Connection: keep-alive\r\n', 'Connection: upgrade\r\n', 'Connection: ', 'Upgrade: websocket\r\n', 'Upgrade: h2c\r\n', 'TE: trailers\r\n', 'Trailer: A\r\n', 'Expect: 100-continue\r\n', 'Max-Forwards: 0\r\n', 'Via: 1.1 a\r\n', 'X: y\r\n', ' folded\r\n',
  '0\r\n\r\n', '0\r\n', '5\r\nhello\r\n', '1;a=b\r\nx\r\n', 'A: 1\r\n', 'ffffffffffffffff\r\n', '0x5\r\n', '-1', '+1', '00', '9007199254740993', '18446744073709551616', '4294967296',
].map((word) => Buffer.from(word, 'latin1'));

export type Random = () => number;

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function oneOf<T>(random: Random, of: readonly T[]): T {
  return of[below(random, of.length)]!;
}

/** Points to cut `length` bytes at; mostly none or a few, at times every one. */
export function cuts(random: Random, length: number): number[] {
  const kind = random();
  if (kind < 0.2) return [];
  if (kind < 0.3) return Array.from({ length }, (_, at) => at);
  return Array.from({ length: 1 + below(random, 5) }, () => below(random, length + 1));
}

/** One message out of the population, changed in up to a few places. */
export function mutated(random: Random, population: readonly Buffer[], most: number): Buffer {
  let message = oneOf(random, population);
  for (let count = below(random, most + 1); count > 0; count -= 1) message = change(random, message, population);
  return message.subarray(0, 4_096);
}

function change(random: Random, message: Buffer, population: readonly Buffer[]): Buffer {
  const at = below(random, message.length + 1);
  const to = Math.min(message.length, at + 1 + below(random, random() < 0.7 ? 4 : 40));
  switch (below(random, 9)) {
    case 0: return spliced(message, at, at, oneOf(random, WORDS));
    case 1: return spliced(message, at, to, oneOf(random, WORDS));
    case 2: return spliced(message, at, to, Buffer.alloc(0));
    case 3: return spliced(message, at, at, message.subarray(at, to));
    case 4: return spliced(message, at, Math.min(message.length, at + 1), Buffer.from([below(random, 256)]));
    case 5: return message.subarray(0, at);
    case 6: return lines(random, message);
    case 7: return Buffer.concat([message, oneOf(random, population)]);
    default: {
      const other = oneOf(random, population);
      return Buffer.concat([message.subarray(0, at), other.subarray(below(random, other.length + 1))]);
    }
  }
}

function spliced(message: Buffer, from: number, to: number, by: Buffer): Buffer {
  return Buffer.concat([message.subarray(0, from), by, message.subarray(to)]);
}

/** Moves, repeats or drops a line. */
function lines(random: Random, message: Buffer): Buffer {
  const all = message.toString('latin1').split('\r\n');
  const [line] = all.splice(below(random, all.length), random() < 0.5 ? 1 : 0);
  all.splice(below(random, all.length + 1), 0, ...(random() < 0.7 ? [line ?? oneOf(random, all) ?? ''] : []));
  return Buffer.from(all.join('\r\n'), 'latin1');
}

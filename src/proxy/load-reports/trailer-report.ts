/**
 * Finds load reports in trailers. A server knows what a request has cost when it is over, so servers of gRPC report there. Trailers are lines,
 * each with its CRLF, and an empty line.
 */
import { COLON, CR, HTAB, isWord, SP, word } from '../http1/bytes';

const NAME = word('endpoint-load-metrics');
const BINARY_NAME = word('endpoint-load-metrics-bin');

/** Where the line of the first report begins; -1 when there is none. */
export function reportLine(trailers: Buffer): number {
  for (let at = 0; at < trailers.length && trailers[at] !== CR; at = lineEnd(trailers, at)) if (isReport(trailers, at)) return at;
  return -1;
}

/** Whether the report of this line is binary. */
export function isBinary(trailers: Buffer, line: number): boolean {
  return trailers[line + NAME.length] !== COLON;
}

/** Where the value of this line begins, without white space around it. */
export function valueStart(trailers: Buffer, line: number): number {
  let at = trailers.indexOf(COLON, line) + 1;
  while (trailers[at] === SP || trailers[at] === HTAB) at += 1;
  return at;
}

/** Where the value that begins there ends. */
export function valueEnd(trailers: Buffer, start: number): number {
  let end = lineEnd(trailers, start) - 2;
  while (end > start && (trailers[end - 1] === SP || trailers[end - 1] === HTAB)) end -= 1;
  return end;
}

/** The trailers without reports; undefined when nothing else is among them. @param first line of the first one */
export function withoutReports(trailers: Buffer, first: number): Buffer | undefined {
  const kept = [trailers.subarray(0, first)];
  let empty = first === 0;
  for (let at = first; trailers[at] !== CR;) {
    const end = lineEnd(trailers, at);
    if (!isReport(trailers, at)) {
      kept.push(trailers.subarray(at, end));
      empty = false;
    }
    at = end;
  }
  return empty ? undefined : Buffer.concat([...kept, trailers.subarray(trailers.length - 2)]);
}

function isReport(trailers: Buffer, line: number): boolean {
  return isNamed(trailers, line, BINARY_NAME) || isNamed(trailers, line, NAME);
}

function isNamed(trailers: Buffer, line: number, name: Uint8Array): boolean {
  return trailers[line + name.length] === COLON && isWord(trailers, line, line + name.length, name);
}

/** Where the line behind the one at `at` begins. */
function lineEnd(trailers: Buffer, at: number): number {
  return trailers.indexOf(CR, at) + 2;
}

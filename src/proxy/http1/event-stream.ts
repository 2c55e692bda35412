/**
 * Responses that last as long as somebody listens, by their media type: events and records that come when there are some. What else is
 * long, a download for example, comes to an end by itself, and has the time that its route gives.
 */
import { isWord, word } from './bytes';
import { FieldTable, Kind } from './fields';

const NAME = word('content-type');
const TYPES = [
  'text/event-stream', 'application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/stream+json', 'application/json-seq',
  'multipart/x-mixed-replace',
].map(word);

const SEMICOLON = 0x3b;
const SP = 0x20;
const HTAB = 0x09;

/** Whether the response with these fields is such a stream. */
export function isEventStream(buffer: Uint8Array, fields: FieldTable): boolean {
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] !== Kind.OTHER || !isWord(buffer, fields.nameStart(i), fields.nameEnd(i), NAME)) continue;
    const start = fields.valueStart(i);
    const end = fields.valueEnd(i);
    let typeEnd = start;
    while (typeEnd < end && buffer[typeEnd] !== SEMICOLON && buffer[typeEnd] !== SP && buffer[typeEnd] !== HTAB) typeEnd += 1;
    return isStreamed(buffer, start, typeEnd);
  }
  return false;
}

/** A loop, for a closure would be allocated for each response. */
function isStreamed(buffer: Uint8Array, start: number, end: number): boolean {
  for (let i = 0; i < TYPES.length; i += 1) if (isWord(buffer, start, end, TYPES[i]!)) return true;
  return false;
}

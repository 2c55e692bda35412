/**
 * Claims as header fields of a request. A claim can be any text, with line breaks and all, and a list has several: what could end a field, part
 * the values of a list or be read in two ways is percent-encoded, so that an app gets back exactly what was claimed.
 */
import type { ClaimHeader } from '../../contract';
import { textsOf } from './claim-texts';
import type { JsonObject } from './unique-json';

/** All but printable ASCII without `%` and `,`; blanks at an end, which fields lose. */
const UNSAFE = /[^ !-$&-+\--~]|^ +| +$/gu;

/** Field lines, each with its CRLF. */
export function claimLines(payload: JsonObject, headers: readonly ClaimHeader[]): Buffer {
  return Buffer.from(headers.map(({ claim, header }) => lineOf(header, textsOf(payload, claim))).join(''), 'latin1');
}

function lineOf(header: string, texts: readonly string[] | undefined): string {
  return texts ? `${header}: ${texts.map((text) => text.replace(UNSAFE, percentEncoded)).join(',')}\r\n` : '';
}

/** Of a half surrogate pair, which has no UTF-8, U+FFFD. */
function percentEncoded(characters: string): string {
  return [...Buffer.from(characters)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

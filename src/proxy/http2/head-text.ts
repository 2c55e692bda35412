/**
 * Writes what header blocks say as the head of an HTTP/1.1 message, which is the form that the pipeline reads, routes, authorizes and passes
 * on. So there is one place that says what a request means, whichever version it came by, and nothing that HTTP/1.1 would refuse gets in by
 * HTTP/2. The price is that a head is written once and read once more; both are linear in its bytes.
 *
 * What can't be said in HTTP/1.1 without another meaning is refused here, as RFC 9113 section 8 wants it: a line feed in a value that would
 * begin another field, fields of the connection, pseudo-fields that are missing, double, late or unknown.
 */
import { IS_TOKEN, IS_VALUE, isWord, SP, word } from '../http1/bytes';
import type { FieldListener } from './hpack/decoder';
import { ENTRY_OVERHEAD } from './hpack/field';

/** The head must end with a byte behind it that can be read. */
const SPARE_BYTES = 1;
const FIRST_CAPACITY = 8_192;

const COLON = 0x3a;
const HTAB = 0x09;

/** Fields of a connection, which HTTP/2 has none of (RFC 9113 section 8.2.2). */
const OF_CONNECTION = ['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade'].map(word);
const TE = word('te');
const TRAILERS = word('trailers');
const COOKIE = word('cookie');

/** What a name may hold: a token without upper-case letters. */
const IS_LOWER_TOKEN = IS_TOKEN.map((is, code) => (code >= 0x41 && code <= 0x5a ? 0 : is));

/** A stretch of bytes that is valid until the block is over. */
export interface Stretch {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export abstract class HeadText implements FieldListener {
  /** What is wrong with the message; undefined: nothing. */
  malformed: string | undefined;
  /** Its fields are larger than the limit; those beyond it are not written. */
  tooLarge = false;
  /** It has a Content-Length. */
  protected hasLength = false;

  private out: Buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  private at = 0;
  private listBytes = 0;
  private maxListBytes = 0;
  private inFields = false;
  private readonly crumbs: Stretch[] = [];

  /** @param maxListBytes what all fields may be together, each counted with 32 bytes more (RFC 9113 section 6.5.2) */
  protected clear(maxListBytes: number): void {
    this.malformed = undefined;
    this.tooLarge = false;
    this.hasLength = false;
    this.at = 0;
    this.listBytes = 0;
    this.maxListBytes = maxListBytes;
    this.inFields = false;
    this.crumbs.length = 0;
  }

  onField(name: Buffer, nameStart: number, nameEnd: number, value: Buffer, valueStart: number, valueEnd: number): void {
    this.listBytes += nameEnd - nameStart + valueEnd - valueStart + ENTRY_OVERHEAD;
    if (this.listBytes > this.maxListBytes) this.tooLarge = true;
    if (this.malformed !== undefined || this.tooLarge) return;
    if (name[nameStart] === COLON) {
      this.malformed = this.inFields ? 'a pseudo-field behind a field' : this.readPseudo(name, nameStart, nameEnd, { bytes: value, start: valueStart, end: valueEnd });
      return;
    }
    if (!this.inFields) this.beginFields();
    if (this.malformed === undefined) this.readField(name, nameStart, nameEnd, value, valueStart, valueEnd);
  }

  /** Begins the fields of a message that has none of its own. */
  protected beginFields(): void {
    this.inFields = true;
    this.malformed ??= this.writeStart();
  }

  /**
   * A pseudo-field.
   *
   * @returns what is wrong with it
   */
  protected abstract readPseudo(name: Buffer, nameStart: number, nameEnd: number, value: Stretch): string | undefined;

  /**
   * All pseudo-fields are there: writes the first line, and the fields that come of them.
   *
   * @returns what is wrong with them
   */
  protected abstract writeStart(): string | undefined;

  /** A field that the message's kind deals with. True: it has, and the field is not written. */
  protected abstract takes(name: Buffer, nameStart: number, nameEnd: number, value: Buffer, valueStart: number, valueEnd: number): boolean;

  /** Ends the head with these lines, each with its CRLF. Returns the head; a byte behind it can be read, too. Valid until the next one is begun. */
  protected close(lines: Buffer): Buffer {
    if (!this.inFields) this.beginFields();
    this.writeCookie();
    this.write(lines, 0, lines.length);
    this.write(CRLF, 0, 2);
    this.reserve(SPARE_BYTES);
    this.out[this.at] = 0;
    return this.out.subarray(0, this.at);
  }

  protected write(from: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    const { out } = this;
    let position = this.at;
    for (let i = start; i < end; i += 1) out[position++] = from[i]!;
    this.at = position;
  }

  private readField(name: Buffer, nameStart: number, nameEnd: number, value: Buffer, valueStart: number, valueEnd: number): void {
    this.malformed = whyMalformed(name, nameStart, nameEnd, value, valueStart, valueEnd);
    if (this.malformed !== undefined) return;
    if (isWord(name, nameStart, nameEnd, CONTENT_LENGTH)) this.hasLength = true;
    if (this.takes(name, nameStart, nameEnd, value, valueStart, valueEnd)) return;
    // RFC 9113 section 8.2.3: a cookie may come in pieces, which are one field in HTTP/1.1.
    if (isWord(name, nameStart, nameEnd, COOKIE)) this.crumbs.push({ bytes: value, start: valueStart, end: valueEnd });
    else this.writeField(name, nameStart, nameEnd, value, valueStart, valueEnd);
  }

  private writeField(name: Uint8Array, nameStart: number, nameEnd: number, value: Uint8Array, valueStart: number, valueEnd: number): void {
    this.reserve(nameEnd - nameStart + valueEnd - valueStart + 4);
    const { out } = this;
    let position = this.at;
    for (let i = nameStart; i < nameEnd; i += 1) out[position++] = name[i]!;
    out[position++] = COLON;
    out[position++] = SP;
    for (let i = valueStart; i < valueEnd; i += 1) out[position++] = value[i]!;
    out[position++] = 0x0d;
    out[position++] = 0x0a;
    this.at = position;
  }

  private writeCookie(): void {
    if (this.crumbs.length === 0) return;
    let before = COOKIE_NAME;
    for (const { bytes, start, end } of this.crumbs) {
      this.write(before, 0, before.length);
      this.write(bytes, start, end);
      before = COOKIE_JOINT;
    }
    this.write(CRLF, 0, 2);
  }

  private reserve(bytes: number): void {
    if (this.at + bytes + SPARE_BYTES <= this.out.length) return;
    const grown = Buffer.allocUnsafeSlow((this.at + bytes) * 2);
    this.out.copy(grown, 0, 0, this.at);
    this.out = grown;
  }
}

const BAD_NAME = 'a field name with a character that is not allowed, such as a capital letter';
const CRLF = Buffer.from('\r\n');
const COOKIE_NAME = Buffer.from('cookie: ');
const COOKIE_JOINT = Buffer.from('; ');
const CONTENT_LENGTH = word('content-length');

function isSpace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

/** What is wrong with a field whatever message it is of. */
function whyMalformed(name: Buffer, nameStart: number, nameEnd: number, value: Buffer, valueStart: number, valueEnd: number): string | undefined {
  if (nameStart === nameEnd) return 'a field without a name';
  for (let i = nameStart; i < nameEnd; i += 1) if (IS_LOWER_TOKEN[name[i]!] === 0) return BAD_NAME;
  if (valueEnd > valueStart && (isSpace(value[valueStart]!) || isSpace(value[valueEnd - 1]!))) return 'a field value with white space around it';
  for (let i = valueStart; i < valueEnd; i += 1) if (IS_VALUE[value[i]!] === 0) return 'a field value with a character that is not allowed';
  for (const forbidden of OF_CONNECTION) if (isWord(name, nameStart, nameEnd, forbidden)) return 'a field of HTTP/1.1\'s connections';
  if (isWord(name, nameStart, nameEnd, TE) && !isWord(value, valueStart, valueEnd, TRAILERS)) return 'a TE field that is not `trailers`';
  return undefined;
}

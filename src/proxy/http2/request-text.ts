/** The head of a request, from its header block. */
import { IS_HOST, IS_TARGET, IS_TOKEN, isWord, word } from '../http1/bytes';
import { KEY_NAME, newKey, WEBSOCKET } from '../http1/websocket';
import { HeadText, Stretch } from './head-text';

const METHOD = word(':method');
const SCHEME = word(':scheme');
const PATH = word(':path');
const AUTHORITY = word(':authority');
const PROTOCOL = word(':protocol');
const HOST = word('host');
const CONNECT = word('connect');
const OPTIONS = word('options');

const VERSION = Buffer.from(' HTTP/1.1\r\nhost: ');
const GET = Buffer.from('GET');
const OFFER = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ';
const VERSION_ALONE = Buffer.from(' HTTP/1.1\r\n');
const CRLF = Buffer.from('\r\n');
const SPACE = Buffer.from(' ');
const HOST_NAME = Buffer.from('host: ');
const CHUNKED = Buffer.from('transfer-encoding: chunked\r\n');
const NOTHING = Buffer.alloc(0);

const SLASH = 0x2f;
const STAR = 0x2a;
const IS_SCHEME = Uint8Array.from({ length: 256 }, (_, code) => (/[A-Za-z0-9+.-]/.test(String.fromCharCode(code)) ? 1 : 0));
/** A target as the reader of HTTP/1.1 takes it, which judges bytes above 0x7f itself. */
const IS_PATH = IS_TARGET.map((is, code) => (code > 0x7f ? 1 : is));

export class RequestText extends HeadText {
  private method: Stretch | undefined;
  private scheme: Stretch | undefined;
  private path: Stretch | undefined;
  private authority: Stretch | undefined;
  private host: Stretch | undefined;
  private protocol: Stretch | undefined;
  /** Of a WebSocket by extended CONNECT (RFC 8441): the key of the handshake that it is written as. */
  key: string | undefined;

  begin(maxListBytes: number): void {
    this.clear(maxListBytes);
    this.method = undefined;
    this.scheme = undefined;
    this.path = undefined;
    this.authority = undefined;
    this.host = undefined;
    this.protocol = undefined;
    this.key = undefined;
  }

  /**
   * The whole head.
   *
   * @param hasBody a body follows. One whose length is not said is one of chunks in HTTP/1.1's terms
   */
  finish(hasBody: boolean): Buffer {
    const text = this.close(hasBody && !this.hasLength && !this.protocol ? CHUNKED : NOTHING);
    // RFC 9110 section 9.3.6.
    if (this.protocol && this.hasLength) this.malformed ??= 'a CONNECT with a Content-Length';
    return text;
  }

  protected readPseudo(name: Buffer, start: number, end: number, value: Stretch): string | undefined {
    if (isWord(name, start, end, METHOD)) {
      if (this.method) return 'two :method fields';
      this.method = value;
      return isOf(value, IS_TOKEN) ? undefined : 'a :method that is no token';
    }
    if (isWord(name, start, end, SCHEME)) {
      if (this.scheme) return 'two :scheme fields';
      this.scheme = value;
      return isOf(value, IS_SCHEME) ? undefined : 'a :scheme that is none';
    }
    if (isWord(name, start, end, PATH)) {
      if (this.path) return 'two :path fields';
      this.path = value;
      return isOf(value, IS_PATH) ? undefined : 'a :path that is empty, or holds a character that is not allowed';
    }
    if (isWord(name, start, end, AUTHORITY)) {
      if (this.authority) return 'two :authority fields';
      this.authority = value;
      return value.start === value.end || isOf(value, IS_HOST) ? undefined : 'an :authority that names no host';
    }
    if (isWord(name, start, end, PROTOCOL)) {
      if (this.protocol) return 'two :protocol fields';
      this.protocol = value;
      return isOf(value, IS_TOKEN) ? undefined : 'a :protocol that is no token';
    }
    return 'an unknown pseudo-field of a request';
  }

  protected writeStart(): string | undefined {
    const { method, scheme, path, authority, protocol } = this;
    if (!method) return 'no :method';
    const isConnect = isWord(method.bytes, method.start, method.end, CONNECT);
    if (protocol && !isConnect) return 'a :protocol with another method than CONNECT';
    if (isConnect && !protocol) {
      if (scheme || path || !authority) return 'a CONNECT that has more than an :authority';
    } else if (!scheme || !path) {
      return 'no :scheme or no :path';
    } else if (path.bytes[path.start] !== SLASH && !isServer(method, path)) {
      return 'a :path that does not begin with `/`';
    }
    const isHandshake = protocol !== undefined && isWord(protocol.bytes, protocol.start, protocol.end, WEBSOCKET);
    // A CONNECT, of another protocol, too, is refused by who reads the head.
    const target = isConnect && !protocol ? authority! : path!;
    if (isHandshake) this.write(GET, 0, GET.length);
    else this.write(method.bytes, method.start, method.end);
    this.write(SPACE, 0, 1);
    this.write(target.bytes, target.start, target.end);
    if (!authority || authority.start === authority.end) {
      this.write(VERSION_ALONE, 0, VERSION_ALONE.length);
    } else {
      this.write(VERSION, 0, VERSION.length);
      this.write(authority.bytes, authority.start, authority.end);
      this.write(CRLF, 0, 2);
    }
    if (isHandshake) this.writeOffer();
    return undefined;
  }

  private writeOffer(): void {
    this.key = newKey();
    const lines = Buffer.from(`${OFFER}${this.key}\r\n`);
    this.write(lines, 0, lines.length);
  }

  /** Host says the same as :authority, or stands in for it (RFC 9113 section 8.3.1). */
  protected takes(name: Buffer, nameStart: number, nameEnd: number, value: Buffer, valueStart: number, valueEnd: number): boolean {
    if (this.key !== undefined && isWord(name, nameStart, nameEnd, KEY_NAME)) return true;
    if (!isWord(name, nameStart, nameEnd, HOST)) return false;
    const host = { bytes: value, start: valueStart, end: valueEnd };
    const before = this.authority && this.authority.end > this.authority.start ? this.authority : this.host;
    this.host = host;
    if (before) {
      if (!isSame(before, host)) this.malformed = 'a Host field that differs from :authority';
      return true;
    }
    this.write(HOST_NAME, 0, HOST_NAME.length);
    this.write(value, valueStart, valueEnd);
    this.write(CRLF, 0, 2);
    return true;
  }
}

function isOf({ bytes, start, end }: Stretch, allowed: Uint8Array): boolean {
  for (let i = start; i < end; i += 1) if (allowed[bytes[i]!] === 0) return false;
  return end > start;
}

/** `OPTIONS *`. */
function isServer(method: Stretch, { bytes, start, end }: Stretch): boolean {
  return end === start + 1 && bytes[start] === STAR && isWord(method.bytes, method.start, method.end, OPTIONS);
}

function isSame(a: Stretch, b: Stretch): boolean {
  if (a.end - a.start !== b.end - b.start) return false;
  for (let i = 0; i < a.end - a.start; i += 1) if ((a.bytes[a.start + i]! | 0x20) !== (b.bytes[b.start + i]! | 0x20)) return false;
  return true;
}

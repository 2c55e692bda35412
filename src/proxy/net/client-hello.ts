/**
 * The first message of TLS (ClientHello, RFC 8446 section 4.1.2, and RFC 5246 section 7.4.1.2) as far as a proxy needs it that does not take part in
 * the handshake: the host name that the client asks for (SNI, RFC 6066 section 3). The message may come in any number of records, and those in any
 * number of pieces. What is read depends on the bytes alone and not on how they are cut, and each byte is looked at a fixed number of times.
 *
 * It is read strictly, for the server behind reads the same bytes: what could be read in two ways is refused. The list of names is one name, as
 * OpenSSL has it. Of everything else only the lengths are checked, so unknown versions, ciphers and extensions (GREASE, RFC 8701) pass. With
 * Encrypted ClientHello the name is the outer, public one.
 */
import { parseAddress } from '../../contract';
import { KeptBytes } from './kept-bytes';

/** A ClientHello that is complete. */
export interface ClientHello {
  /** In lower case and without a final dot; undefined when the client asks for none, or for an address, which counts as none. */
  readonly serverName: string | undefined;
}

/** What comes is no ClientHello that can be passed on. */
export class HelloFault {
  constructor(readonly kind: 'notTls' | 'malformed' | 'tooLarge', readonly detail: string) {}
}

const HANDSHAKE_RECORD = 22;
const MAJOR_VERSION = 3;
/** The minor version of a record is 1 or 3 today. */
const LAST_MINOR_VERSION = 4;
const MAX_RECORD_BYTES = 16_384;
const CLIENT_HELLO = 1;
const RECORD_HEADER_BYTES = 5;
const MESSAGE_HEADER_BYTES = 4;
const RANDOM_BYTES = 32;
const MAX_SESSION_ID_BYTES = 32;
const SERVER_NAME = 0;
const HOST_NAME = 0;

/** Labels of 1 to 63 characters. Those of DNS alone would have no `_`, and no `-` at their ends, but names in use have. */
const NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const MAX_NAME_BYTES = 253;
/** Bytes that a message about them shows. */
const SHOWN_BYTES = 24;

export class ClientHelloReader {
  private readonly body = new KeptBytes();
  private bodyLeft = -1;
  /** Of the header of the record, and of the message, that is being read. */
  private recordHeaderRead = 0;
  private recordLength = 0;
  private recordLeft = 0;
  private messageHeaderRead = 0;
  private messageLength = 0;
  /** Bytes that were read, with the headers of records. */
  private read = 0;

  /** @param maxBytes of the connection, up to the end of the message */
  constructor(private readonly maxBytes: number) {}

  /** Memory that it takes. */
  get heldBytes(): number { return this.body.heldBytes; }

  /**
   * @param bytes what has come next; valid during the call only. What is behind the message is not looked at
   * @returns undefined: more is needed. Afterwards it is not to be called again
   */
  take(bytes: Buffer): ClientHello | HelloFault | undefined {
    for (let at = 0; at < bytes.length;) {
      if (this.recordLeft > 0 && this.bodyLeft > 0) {
        const end = Math.min(bytes.length, at + this.recordLeft, at + this.bodyLeft, at + this.maxBytes - this.read);
        this.body.add(bytes.subarray(at, end));
        this.read += end - at;
        this.recordLeft -= end - at;
        this.bodyLeft -= end - at;
        at = end;
      } else {
        this.read += 1;
        const fault = this.recordLeft > 0 ? this.takeMessageHeader(bytes[at]!) : this.takeRecordHeader(bytes, at);
        if (fault) return fault;
        at += 1;
      }
      if (this.bodyLeft === 0) return parseBody(this.body.take() ?? Buffer.alloc(0));
      if (this.read === this.maxBytes) return this.tooLarge();
    }
    return undefined;
  }

  private takeRecordHeader(bytes: Buffer, at: number): HelloFault | undefined {
    const byte = bytes[at]!;
    const first = this.read <= RECORD_HEADER_BYTES;
    this.recordHeaderRead += 1;
    switch (this.recordHeaderRead) {
      case 1:
        if (byte === HANDSHAKE_RECORD) return undefined;
        return first ? notTls(bytes, at + 1 - this.read) : malformed(`a record of type ${byte} is within it`);
      case 2:
        if (byte === MAJOR_VERSION) return undefined;
        return first ? notTls(bytes, at + 1 - this.read) : malformed('a record within it is of no version of TLS');
      case 3:
        if (byte <= LAST_MINOR_VERSION) return undefined;
        return first ? notTls(bytes, at + 1 - this.read) : malformed('a record within it is of no version of TLS');
      case 4:
        this.recordLength = byte << 8;
        return undefined;
      default:
        this.recordLength |= byte;
        if (this.recordLength === 0) return malformed('a record of it is empty');
        if (this.recordLength > MAX_RECORD_BYTES) return malformed(`a record of it says that it has ${this.recordLength} bytes; ${MAX_RECORD_BYTES} are possible`);
        this.recordHeaderRead = 0;
        this.recordLeft = this.recordLength;
        return undefined;
    }
  }

  private takeMessageHeader(byte: number): HelloFault | undefined {
    this.messageHeaderRead += 1;
    this.recordLeft -= 1;
    if (this.messageHeaderRead === 1) return byte === CLIENT_HELLO ? undefined : malformed(`the first message is of type ${byte}`);
    this.messageLength = this.messageLength << 8 | byte;
    if (this.messageHeaderRead < MESSAGE_HEADER_BYTES) return undefined;
    if (this.messageLength > this.maxBytes - this.read) return this.tooLarge();
    this.bodyLeft = this.messageLength;
    return undefined;
  }

  private tooLarge(): HelloFault {
    return new HelloFault('tooLarge', `the ClientHello has more than ${this.maxBytes} bytes`);
  }
}

/** Reads one part after the other. What goes beyond the end is undefined. */
class Parts {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isOver(): boolean { return this.at === this.bytes.length; }

  number(size: 1 | 2): number | undefined {
    if (this.at + size > this.bytes.length) return undefined;
    const value = this.bytes.readUIntBE(this.at, size);
    this.at += size;
    return value;
  }

  /** As many bytes. */
  fixed(length: number): Buffer | undefined {
    if (this.at + length > this.bytes.length) return undefined;
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Bytes behind their own length. @param size of the length */
  vector(size: 1 | 2): Buffer | undefined {
    const length = this.number(size);
    return length === undefined ? undefined : this.fixed(length);
  }
}

const BROKEN = 'its parts are longer than it says';

function parseBody(body: Buffer): ClientHello | HelloFault {
  const parts = new Parts(body);
  if (parts.number(1) !== MAJOR_VERSION) return malformed('it is of no version of TLS');
  if (parts.number(1) === undefined || !parts.fixed(RANDOM_BYTES)) return malformed(BROKEN);
  const session = parts.vector(1);
  const ciphers = parts.vector(2);
  const compression = parts.vector(1);
  if (!session || !ciphers || !compression) return malformed(BROKEN);
  if (session.length > MAX_SESSION_ID_BYTES) return malformed('its session id is too long');
  if (ciphers.length === 0 || ciphers.length % 2 === 1 || compression.length === 0) return malformed('its lists of ciphers or compressions can\'t be read');
  if (parts.isOver) return { serverName: undefined };
  const extensions = parts.vector(2);
  if (!extensions || !parts.isOver) return malformed('its extensions don\'t end where it ends');
  return parseExtensions(new Parts(extensions));
}

function parseExtensions(parts: Parts): ClientHello | HelloFault {
  let found: Buffer | undefined;
  while (!parts.isOver) {
    const type = parts.number(2);
    const data = parts.vector(2);
    if (type === undefined || !data) return malformed('an extension is longer than all of them together');
    if (type !== SERVER_NAME) continue;
    if (found) return malformed('it has two lists of server names');
    found = data;
  }
  return found ? parseNames(new Parts(found)) : { serverName: undefined };
}

function parseNames(parts: Parts): ClientHello | HelloFault {
  const list = parts.vector(2);
  if (!list || !parts.isOver) return malformed('its list of server names can\'t be read');
  const names = new Parts(list);
  const type = names.number(1);
  const name = names.vector(2);
  if (type !== HOST_NAME || !name) return malformed('its list of server names can\'t be read');
  if (!names.isOver) return malformed('it has two server names');
  return nameOf(name);
}

function nameOf(bytes: Buffer): ClientHello | HelloFault {
  const text = bytes.toString('latin1').toLowerCase();
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (parseAddress(name)) return { serverName: undefined };
  if (name.length > MAX_NAME_BYTES || !NAME.test(name)) return malformed(`its server name '${shown(bytes, 0)}' is no host name`);
  return { serverName: name };
}

function notTls(bytes: Buffer, start: number): HelloFault {
  return new HelloFault('notTls', `it does not begin with a ClientHello of TLS, but with '${shown(bytes, Math.max(0, start))}'`);
}

function malformed(why: string): HelloFault {
  return new HelloFault('malformed', `it begins with a ClientHello that is malformed: ${why}`);
}

/** The first bytes, as they can stand in a log. */
function shown(bytes: Buffer, start: number): string {
  const text = bytes.toString('latin1', start, start + SHOWN_BYTES)
    .replace(/[^ -~]|[\\']/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return bytes.length > start + SHOWN_BYTES ? `${text}...` : text;
}

/**
 * Writes ASN.1 in DER (ITU-T X.690), as far as a certificate needs it. Each function returns one whole element: tag, length, content.
 */
const SEQUENCE = 0x30;
const SET = 0x31;
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** UTCTime has two digits for the year, and RFC 5280 (section 4.1.2.5) says that it is used up to 2049. */
const UTC_TIME_END = Date.UTC(2050, 0, 1);

export function element(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(SEQUENCE, Buffer.concat(parts));
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return element(SET, Buffer.concat(parts));
}

export function boolean(value: boolean): Buffer {
  return element(BOOLEAN, Buffer.from([value ? 0xff : 0]));
}

/** A number that isn't negative, from its bytes, the highest first. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const content = bytes.subarray(start);
  // The first bit is the sign.
  return element(INTEGER, content[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), content]) : content);
}

/** @param unused bits at the end that don't count */
export function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return element(BIT_STRING, Buffer.concat([Buffer.from([unused]), bytes]));
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(OCTET_STRING, bytes);
}

/** @param dotted such as `2.5.29.17` */
export function objectIdentifier(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  return element(OBJECT_IDENTIFIER, Buffer.from([first! * 40 + second!, ...rest.flatMap(base128)]));
}

export function utf8String(text: string): Buffer {
  return element(UTF8_STRING, Buffer.from(text));
}

/** @param milliseconds since 1970; whole seconds count */
export function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z').replace(/[-:T]/g, '');
  return milliseconds < UTC_TIME_END ? element(UTC_TIME, Buffer.from(digits.slice(2))) : element(GENERALIZED_TIME, Buffer.from(digits));
}

/** An element of a tag that the type around it gives (context-specific); `constructed` when it has elements inside. */
export function tagged(number: number, constructed: boolean, content: Uint8Array): Buffer {
  return element(0x80 | (constructed ? 0x20 : 0) | number, content);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}

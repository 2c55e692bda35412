/**
 * The messages of gRPC's interoperability suite (`grpc/testing/messages.proto`), as far as its cases need them, in the encoding of Protocol
 * Buffers: numbers and byte strings by the number of their field.
 */

type Value = number | Buffer;
export type Fields = ReadonlyMap<number, readonly Value[]>;

export function encode(...fields: readonly (readonly [field: number, value: Value])[]): Buffer {
  return Buffer.concat(fields.flatMap(([field, value]) => (
    typeof value === 'number' ? [varint(field << 3), varint(value)] : [varint(field << 3 | 2), varint(value.length), value]
  )));
}

export function decode(bytes: Buffer): Fields {
  const fields = new Map<number, Value[]>();
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = read();
    const number = read();
    let value: Value = number;
    if ((key & 7) === 2) {
      value = bytes.subarray(at, at + number);
      at += number;
    }
    fields.set(key >>> 3, [...fields.get(key >>> 3) ?? [], value]);
  }
  return fields;
}

export const numberIn = (fields: Fields, field: number): number => (fields.get(field)?.[0] ?? 0) as number;
export const bytesIn = (fields: Fields, field: number): Buffer => (fields.get(field)?.[0] ?? Buffer.alloc(0)) as Buffer;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push(rest % 128 | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** A payload of so many zeros. */
export const payload = (bytes: number): Buffer => encode([2, Buffer.alloc(bytes)]);
const echoStatus = (code: number, message: string): Buffer => encode([1, code], [2, Buffer.from(message)]);

export interface Asked {
  /** Sizes of the responses' payloads, of which a call of one response has one. */
  readonly sizes?: readonly number[];
  /** Size of the request's own payload. */
  readonly bytes?: number;
  readonly status?: readonly [code: number, message: string];
}

export const simpleRequest = ({ sizes = [], bytes = 0, status }: Asked): Buffer => (
  encode(...sizes.map((size) => [2, size] as const), [3, payload(bytes)], ...(status ? [[7, echoStatus(...status)] as const] : [])));
export const streamingOutputRequest = ({ sizes = [], bytes = 0, status }: Asked): Buffer => (
  encode(...sizes.map((size) => [2, encode([1, size])] as const), [3, payload(bytes)], ...(status ? [[7, echoStatus(...status)] as const] : [])));
export const streamingInputRequest = (bytes: number): Buffer => encode([1, payload(bytes)]);

/** The size of the payload in a response of any method. */
export const payloadSize = (response: Buffer): number => bytesIn(decode(bytesIn(decode(response), 1)), 2).length;
/** What a StreamingInputCallResponse says. */
export const aggregatedSize = (response: Buffer): number => numberIn(decode(response), 1);

/**
 * Reads fields of a protobuf message (https://protobuf.dev/programming-guides/encoding) as far as the Workload API needs: those that have a length.
 * Numbers are passed over, as are fields that nobody asked for. It never reads past the end.
 */

const enum WireType {
  VARINT = 0,
  FIXED64 = 1,
  LENGTH = 2,
  FIXED32 = 5,
}

/** Most bytes of a number that is read: what fits 28 bits. No message is longer. */
const MAX_VARINT_BYTES = 4;
/** Most bytes of a number that is passed over. */
const LONGEST_VARINT_BYTES = 10;

/**
 * Calls `onField` with each field that has a length, in order.
 *
 * @returns false: it is no message
 */
export function readFields(message: Buffer, onField: (field: number, value: Buffer) => void): boolean {
  let at = 0;
  /** -1: there is none. */
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES && at < message.length; i += 1) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * 128 ** i;
      if (byte < 0x80) return value;
    }
    return -1;
  };
  const skipVarint = (): boolean => {
    for (let i = 0; i < LONGEST_VARINT_BYTES && at < message.length; i += 1) if (message[at++]! < 0x80) return true;
    return false;
  };
  while (at < message.length) {
    const tag = varint();
    if (tag < 8) return false;
    switch (tag & 7) {
      case WireType.LENGTH: {
        const length = varint();
        if (length < 0 || at + length > message.length) return false;
        onField(tag >>> 3, message.subarray(at, at + length));
        at += length;
        break;
      }
      case WireType.VARINT:
        if (!skipVarint()) return false;
        break;
      case WireType.FIXED64: at += 8; break;
      case WireType.FIXED32: at += 4; break;
      default: return false;
    }
  }
  return at === message.length;
}

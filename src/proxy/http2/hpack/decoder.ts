/**
 * Reads header blocks of HPACK (RFC 7541). A block is read to its end even when its message is refused, for the table must stay what
 * the peer's is. What is read is passed on in place: from a table's entry, from the block, or from scratch space that holds what was
 * decoded until the block is over.
 *
 * Bounded: the table by the size that this side has announced, the scratch space by the length of the block, which the frames' reader bounds.
 */
import { DynamicTable } from './dynamic-table';
import { Field } from './field';
import { decodeHuffman } from './huffman';
import { STATIC_TABLE } from './static-table';

/** The size of the table until something else is announced (RFC 9113 section 6.5.2). This proxy announces nothing else. */
export const TABLE_BYTES = 4_096;

/** Gets the fields of a block in their order. Bytes are valid until the block is over. */
export interface FieldListener {
  onField(name: Buffer, nameStart: number, nameEnd: number, value: Buffer, valueStart: number, valueEnd: number): void;
}

/** Where a string lies that was read last. */
let text: Buffer;
let textStart = 0;
let textEnd = 0;
/** Where reading has got to. */
let at = 0;
/** One block is read at a time, in one turn. */
let scratch = Buffer.allocUnsafeSlow(8_192);
let scratchEnd = 0;

export class HpackDecoder {
  private readonly table = new DynamicTable(TABLE_BYTES);

  /**
   * Reads a whole block.
   *
   * @returns what is wrong with it, after which the table can't be trusted; undefined: nothing
   */
  decode(block: Buffer, start: number, end: number, listener: FieldListener): string | undefined {
    at = start;
    scratchEnd = 0;
    if (scratch.length < (end - start) * 2) scratch = Buffer.allocUnsafeSlow((end - start) * 2);
    let begun = false;
    while (at < end) {
      const byte = block[at]!;
      if ((byte & 0x80) !== 0) {
        const wrong = this.readIndexed(block, end, listener);
        if (wrong) return wrong;
      } else if ((byte & 0xe0) === 0x20) {
        if (begun) return 'a change of the table\'s size behind a field';
        const size = readInteger(block, end, 0x1f);
        if (size < 0) return BROKEN_INTEGER;
        if (size > TABLE_BYTES) return 'a larger table than was announced';
        this.table.resize(size);
        continue;
      } else {
        const wrong = this.readLiteral(block, end, (byte & 0x40) !== 0, listener);
        if (wrong) return wrong;
      }
      begun = true;
    }
    return undefined;
  }

  private readIndexed(block: Buffer, end: number, listener: FieldListener): string | undefined {
    const index = readInteger(block, end, 0x7f);
    if (index < 0) return BROKEN_INTEGER;
    const field = this.entry(index);
    if (!field) return NO_ENTRY;
    const { bytes, start, nameEnd } = field;
    listener.onField(bytes, start, nameEnd, bytes, nameEnd, field.end);
    return undefined;
  }

  private readLiteral(block: Buffer, end: number, isKept: boolean, listener: FieldListener): string | undefined {
    const index = readInteger(block, end, isKept ? 0x3f : 0x0f);
    if (index < 0) return BROKEN_INTEGER;
    let name: Buffer;
    let nameStart: number;
    let nameEnd: number;
    if (index === 0) {
      if (!readString(block, end)) return BROKEN_STRING;
      name = text;
      nameStart = textStart;
      nameEnd = textEnd;
    } else {
      const field = this.entry(index);
      if (!field) return NO_ENTRY;
      name = field.bytes;
      nameStart = field.start;
      nameEnd = field.nameEnd;
    }
    if (!readString(block, end)) return BROKEN_STRING;
    const valueStart = textStart;
    const valueEnd = textEnd;
    if (isKept) this.keep(name, nameStart, nameEnd);
    listener.onField(name, nameStart, nameEnd, text, valueStart, valueEnd);
    return undefined;
  }

  /** Adds the name, and the value that was read last, to the table. */
  private keep(name: Buffer, nameStart: number, nameEnd: number): void {
    const { table } = this;
    const length = nameEnd - nameStart + textEnd - textStart;
    const bytes = table.room(length);
    if (!bytes) return;
    const start = table.taken;
    const valueStart = start + nameEnd - nameStart;
    name.copy(bytes, start, nameStart, nameEnd);
    text.copy(bytes, valueStart, textStart, textEnd);
    table.taken += length;
    table.add(new Field(bytes, start, valueStart, start + length));
  }

  private entry(index: number): Field | undefined {
    return index <= STATIC_TABLE.length ? STATIC_TABLE[index - 1] : this.table.at(index - STATIC_TABLE.length - 1);
  }
}

const NO_ENTRY = 'an index that no table has';
const BROKEN_INTEGER = 'a number that is cut off or too large';
const BROKEN_STRING = 'a string that is cut off or wrongly coded';

/** A number with its first bits in `mask` (RFC 7541 section 5.1); -1 when it is cut off, or larger than anything here can be. */
function readInteger(block: Buffer, end: number, mask: number): number {
  let value = block[at++]! & mask;
  if (value < mask) return value;
  for (let shift = 0; shift < 28; shift += 7) {
    if (at >= end) return -1;
    const byte = block[at++]!;
    value += (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return value;
  }
  return -1;
}

function readString(block: Buffer, end: number): boolean {
  if (at >= end) return false;
  const isCoded = (block[at]! & 0x80) !== 0;
  const length = readInteger(block, end, 0x7f);
  if (length < 0 || length > end - at) return false;
  const start = at;
  at += length;
  if (!isCoded) {
    text = block;
    textStart = start;
    textEnd = at;
    return true;
  }
  textStart = scratchEnd;
  scratchEnd = decodeHuffman(block, start, at, scratch, scratchEnd);
  if (scratchEnd < 0) return false;
  text = scratch;
  textEnd = scratchEnd;
  return true;
}

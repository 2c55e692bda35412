/** Header fields that a configuration names, told in messages. */
import { equalsAlike } from '../../../routing';
import { isWord, word } from '../../http1/bytes';
import { FieldTable, Kind } from '../../http1/fields';

export class FieldNames {
  private readonly names: readonly Uint8Array[];

  constructor(names: readonly string[]) {
    this.names = [...new Set(names.map((name) => name.toLowerCase()))].map(word);
  }

  /** The lines of these fields, each with its CRLF, in the order of the message and with every value of a name. */
  linesOf(buffer: Buffer, fields: FieldTable): string {
    let lines = '';
    for (let i = 0; i < fields.count; i += 1) {
      if (fields.kinds[i] !== Kind.OTHER || !this.has(buffer, fields.nameStart(i), fields.nameEnd(i))) continue;
      lines += `${buffer.toString('latin1', fields.nameStart(i), fields.nameEnd(i))}: ${buffer.toString('latin1', fields.valueStart(i), fields.valueEnd(i))}\r\n`;
    }
    return lines;
  }

  /** Takes these fields out of a message, and those with `_` for `-`, which some apps take for the same. Nobody finds them after that. */
  hide(buffer: Buffer, fields: FieldTable): void {
    for (let i = 0; i < fields.count; i += 1) {
      if (fields.kinds[i] !== Kind.OTHER && fields.kinds[i] !== Kind.NOMINATED) continue;
      for (let n = 0; n < this.names.length; n += 1) {
        if (!equalsAlike(buffer, fields.nameStart(i), fields.nameEnd(i), this.names[n]!)) continue;
        fields.hide(i);
        break;
      }
    }
  }

  private has(buffer: Buffer, start: number, end: number): boolean {
    for (let n = 0; n < this.names.length; n += 1) if (isWord(buffer, start, end, this.names[n]!)) return true;
    return false;
  }
}

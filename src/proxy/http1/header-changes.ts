/**
 * Changes of header fields that a route declares, compiled: names to leave out, and lines to write. Fields that the proxy acts on have
 * a kind of their own and are never touched; the document's check refuses to name them.
 */
import type { HeaderChanges as Config } from '../../contract';
import { fieldName, isWord } from './bytes';
import { FieldTable, Kind } from './fields';

export class HeaderChanges {
  /** Fields that are set and added, each with its CRLF. */
  readonly lines: Buffer;
  private readonly leftOut: readonly Uint8Array[];

  constructor({ remove = [], set = [], add = [] }: Config) {
    this.leftOut = [...remove, ...set.map(({ name }) => name)].map(fieldName);
    this.lines = Buffer.from([...set, ...add].map(({ name, value }) => `${name}: ${value.trim()}\r\n`).join(''), 'latin1');
  }

  /** Leaves out what is removed, and what is set anew. */
  leaveOut(buffer: Buffer, fields: FieldTable): void {
    const { leftOut } = this;
    for (let i = 0; i < fields.count; i += 1) {
      if (fields.kinds[i] !== Kind.OTHER) continue;
      const start = fields.nameStart(i);
      const end = fields.nameEnd(i);
      for (let n = 0; n < leftOut.length; n += 1) {
        if (!isWord(buffer, start, end, leftOut[n]!)) continue;
        fields.kinds[i] = Kind.HOP_BY_HOP;
        break;
      }
    }
  }
}

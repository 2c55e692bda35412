/**
 * Pieces of JSON whose values come again and again, as names do: each is made into bytes once, and kept.
 */
import type { ByteLine } from './byte-line';

/** Values that are kept at a time. */
const MAX_KEPT = 500;

export class KeptPieces {
  private readonly pieces = new Map<string, Buffer>();

  /** @param textOf what is written for a value */
  constructor(private readonly textOf: (value: string) => string) {}

  /** Writes the piece of a value; nothing for one that is absent. */
  write(line: ByteLine, value: string | undefined): void {
    if (value !== undefined) line.piece(this.pieces.get(value) ?? this.keep(value));
  }

  private keep(value: string): Buffer {
    if (this.pieces.size >= MAX_KEPT) this.pieces.clear();
    const piece = Buffer.from(this.textOf(value));
    this.pieces.set(value, piece);
    return piece;
  }
}

/** Members of objects, with what is before their value, such as `,"route":`. */
export function keptMember(before: string): KeptPieces {
  return new KeptPieces((value) => before + JSON.stringify(value));
}

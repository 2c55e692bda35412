/**
 * Cuts a byte stream into lines as the bytes arrive, wherever the chunks end, also inside a character. What is held is
 * bounded by the longest line allowed.
 */
const NEWLINE = 0x0a;

export class LineSplitter {
  private parts: Buffer[] = [];
  private held = 0;

  constructor(private readonly maxLineBytes: number, private readonly onLine: (line: string) => void) {}

  /** Bytes of a line that has begun and not ended. */
  get pendingBytes(): number { return this.held; }

  /** Takes the next chunk. False when a line is longer than allowed; the stream can't be used after that. */
  push(chunk: Buffer): boolean {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      const piece = chunk.subarray(start, end < 0 ? chunk.length : end);
      if (this.held + piece.length > this.maxLineBytes) return false;
      if (end < 0) {
        if (piece.length > 0) this.parts.push(piece);
        this.held += piece.length;
        return true;
      }
      const line = this.parts.length === 0 ? piece.toString('utf8') : Buffer.concat([...this.parts, piece]).toString('utf8');
      this.parts = [];
      this.held = 0;
      start = end + 1;
      if (line.length > 0) this.onLine(line);
    }
  }
}

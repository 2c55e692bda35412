/** The trailers of a message, from their header block: lines, each with its CRLF, and an empty one. */
import { HeadText } from './head-text';

const NOTHING = Buffer.alloc(0);

export class TrailerText extends HeadText {
  begin(maxListBytes: number): void {
    this.clear(maxListBytes);
  }

  finish(): Buffer {
    return this.close(NOTHING);
  }

  protected readPseudo(): string { return 'a pseudo-field among trailers'; }
  protected writeStart(): undefined { return undefined; }
  protected takes(): boolean { return false; }
}

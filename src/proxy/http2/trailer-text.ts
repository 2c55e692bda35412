/** The trailers of a message, from their header block: lines, each with its CRLF, and an empty one. What may not be a trailer is left out. */
import { isTrailer } from '../http1/trailers';
import { HeadText } from './head-text';

const NOTHING = Buffer.alloc(0);
const END_BYTES = 2;

export class TrailerText extends HeadText {
  begin(maxListBytes: number): void {
    this.clear(maxListBytes);
  }

  /** Undefined when none are left. */
  finish(): Buffer | undefined {
    const lines = this.close(NOTHING);
    return lines.length > END_BYTES ? lines : undefined;
  }

  protected readPseudo(): string { return 'a pseudo-field among trailers'; }
  protected writeStart(): undefined { return undefined; }
  protected takes(name: Buffer, nameStart: number, nameEnd: number): boolean { return !isTrailer(name, nameStart, nameEnd); }
}

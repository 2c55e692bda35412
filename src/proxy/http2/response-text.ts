/** The head of a response, from its header block. */
import { isWord, parseDecimal, word } from '../http1/bytes';
import { HeadText, Stretch } from './head-text';

const STATUS = word(':status');
const STATUS_LINE = Buffer.from('HTTP/1.1 ');
const CRLF = Buffer.from('\r\n');
const SPACE = Buffer.from(' ');
const NOTHING = Buffer.alloc(0);

export class ResponseText extends HeadText {
  status = 0;
  private text: Stretch | undefined;

  begin(maxListBytes: number): void {
    this.clear(maxListBytes);
    this.status = 0;
    this.text = undefined;
  }

  /** The whole head. */
  finish(): Buffer {
    return this.close(NOTHING);
  }

  protected readPseudo(name: Buffer, start: number, end: number, value: Stretch): string | undefined {
    if (!isWord(name, start, end, STATUS)) return 'an unknown pseudo-field of a response';
    if (this.text) return 'two :status fields';
    this.text = value;
    this.status = value.end - value.start === 3 ? parseDecimal(value.bytes, value.start, value.end) : -1;
    return this.status < 100 || this.status === 101 ? 'a :status that is none' : undefined;
  }

  protected writeStart(): string | undefined {
    const { text } = this;
    if (!text) return 'no :status';
    this.write(STATUS_LINE, 0, STATUS_LINE.length);
    this.write(text.bytes, text.start, text.end);
    this.write(SPACE, 0, 1);
    this.write(CRLF, 0, 2);
    return undefined;
  }

  protected takes(): boolean { return false; }
}

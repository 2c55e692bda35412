/**
 * Where `up` writes. In a terminal, messages scroll and a block below them is drawn over and over: as many lines as there is room
 * for, and below them a few that are always seen. Elsewhere there are lines and nothing else. A reader that goes away (`up | head`)
 * is no failure: writing ends.
 */
import { coloured, Paint, plain } from './table';

/** What of a stream is used. */
export type Terminal = Pick<NodeJS.WriteStream, 'write'> & { on(event: 'error', listener: () => void): unknown }
  & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'rows' | 'columns'>>;

/** The lines of a block that may have so many. */
export type Body = (room: number) => readonly string[];

/** A terminal that doesn't say how large it is. */
const ROWS = 24;
const COLUMNS = 80;

export class Screen {
  readonly live: boolean;
  readonly paint: Paint;
  private drawn = 0;
  private body: Body = () => [];
  private footer: readonly string[] = [];
  private broken = false;

  constructor(private readonly out: Terminal, onBroken: () => void = () => undefined) {
    this.live = out.isTTY === true && process.env['TERM'] !== 'dumb';
    this.paint = this.live && process.env['NO_COLOR'] === undefined ? coloured : plain;
    out.on('error', () => {
      if (this.broken) return;
      this.broken = true;
      onBroken();
    });
  }

  /** A message that stays. */
  say(text: string): void {
    this.write(`${this.erase()}${text}\n${this.redraw()}`);
  }

  /** The block below the messages, and the lines below it that always have room; nothing outside of a terminal. */
  show(body: Body, footer: readonly string[] = []): void {
    if (!this.live) return;
    this.body = body;
    this.footer = footer;
    this.write(this.erase() + this.redraw());
  }

  /** Takes the block away. */
  clear(): void {
    this.body = () => [];
    this.footer = [];
    this.write(this.erase());
  }

  private erase(): string {
    const up = this.drawn === 0 ? '' : `\u001b[${this.drawn}A\r\u001b[J`;
    this.drawn = 0;
    return up;
  }

  private redraw(): string {
    // What does not fit could not be erased again.
    const room = Math.max(1, (this.out.rows ?? ROWS) - 2);
    const width = this.out.columns ?? COLUMNS;
    const footer = this.footer.slice(-room);
    const left = room - footer.length;
    const lines = [...this.body(left).slice(0, left), ...footer].map((line) => cut(line, width));
    this.drawn = lines.length;
    return lines.map((line) => `${line}\n`).join('');
  }

  private write(text: string): void {
    if (!this.broken && text !== '') this.out.write(text);
  }
}

/** The first `width` characters of a line; colours take no room. */
export function cut(line: string, width: number): string {
  let seen = 0;
  let out = '';
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b')) out += part;
    else {
      const room = width - seen;
      out += part.slice(0, Math.max(0, room));
      seen += part.length;
    }
  }
  return out;
}

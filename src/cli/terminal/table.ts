/** Text for terminals: aligned tables, numbers and shares in few characters, colours only where they are wanted. */
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Puts a style on a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;
export const coloured: Paint = (style, text) => styleText(style, text);

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

export interface Column {
  readonly title: string;
  /** Numbers stand right. */
  readonly right?: boolean;
}

/** A table with a head, two spaces between its columns. Empty when there is no row. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly (string | Cell)[])[], paint: Paint): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: cell } : cell)));
  const widths = columns.map((column, index) => Math.max(column.title.length, ...cells.map((row) => row[index]?.text.length ?? 0)));
  const line = (row: readonly Cell[]): string => columns.map((column, index) => {
    const { text, style } = row[index] ?? { text: '' };
    const padded = column.right ? text.padStart(widths[index]!) : text.padEnd(widths[index]!);
    return style ? paint(style, padded) : padded;
  }).join('  ').trimEnd();
  return [line(columns.map(({ title }) => ({ text: title, style: 'bold' }))), ...cells.map(line)];
}

/** `12,345`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `0.80 ms`, `12.3 ms`, `1.25 s`; a dash for what was not measured. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '-';
  if (ms >= 9_999.5) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 999.5) return `${(ms / 1000).toFixed(2)} s`;
  if (ms >= 99.95) return `${ms.toFixed(0)} ms`;
  return ms >= 9.995 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`;
}

/** `33.3 %`, `0.03 %`; a dash for a share of nothing. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '-';
  return `${(share * 100).toFixed(share > 0 && share < 0.0095 ? 2 : 1)} %`;
}

/** A bar of at most `width` characters for a share of 0 to 1, in eighths of a character. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * width * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + (eighths % 8 === 0 ? '' : '▏▎▍▌▋▊▉'[eighths % 8 - 1]);
}

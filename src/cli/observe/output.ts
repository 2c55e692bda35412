/** How tables are printed: in columns or as JSON, once or over and over. */
import { Screen, Terminal } from '../terminal/screen';
import { Cell, Column, Paint, renderTable } from '../terminal/table';

/** Values of `--output` of a command that prints tables. */
export const FORMATS = ['table', 'wide', 'json'] as const;

export interface Table {
  readonly columns: readonly (Column & { /** Shown with `-o wide` only. */ readonly wide?: boolean })[];
  readonly rows: readonly (readonly (string | Cell)[])[];
}

export function linesOf({ columns, rows }: Table, format: typeof FORMATS[number], paint: Paint): string[] {
  if (rows.length === 0) return ['nothing to show'];
  const shown = columns.flatMap(({ wide }, index) => (wide && format !== 'wide' ? [] : [index]));
  return renderTable(shown.map((index) => columns[index]!), rows.map((row) => shown.map((index) => row[index]!)), paint);
}

/** A screen, and what settles when nobody reads it any more, as in `top --watch | head`. */
export function screenOf(out: Terminal): { readonly screen: Screen; readonly unread: Promise<void> } {
  let goes = (): void => undefined;
  const unread = new Promise<void>((resolve) => { goes = resolve; });
  return { screen: new Screen(out, goes), unread };
}

/** Lines that stay; in a terminal, those that are printed over and over take the place of the ones before. */
export function print(screen: Screen, again: boolean, lines: readonly string[]): void {
  if (again && screen.live) screen.show(() => lines);
  else for (const line of lines) screen.say(line);
}

/** Changes as text for a terminal, and as Markdown for a review. */
import { Paint, plain, renderTable } from '../terminal/table';
import { counted } from '../words/quantities';
import type { Change } from './change';

const NOTHING = 'nothing behaves otherwise';

export function renderDiff(changes: readonly Change[], paint: Paint = plain): string[] {
  if (changes.length === 0) return [NOTHING];
  return [...placesOf(changes).flatMap((where) => [paint('bold', where), ...linesOf(changes.filter((change) => change.where === where)), '']),
    counted(changes.length, 'change')];
}

/** Aligned among themselves. */
function linesOf(changes: readonly Change[]): string[] {
  const rows = changes.map(({ subject, what, meaning, ...change }) => [subject, what, valuesOf(change), meaning]);
  const columns = [0, 1, 2, 3].filter((column) => rows.some((row) => row[column] !== ''));
  const [, ...lines] = renderTable(columns.map(() => ({ title: '' })), rows.map((row) => columns.map((column) => row[column]!)), plain);
  return lines.map((line) => `  ${line}`);
}

export function renderMarkdown(changes: readonly Change[]): string[] {
  if (changes.length === 0) return [`${NOTHING}.`];
  return placesOf(changes).flatMap((where) => [
    `### ${where.replace('->', '→')}`, '', '| | | change | |', '|---|---|---|---|',
    ...changes.filter((change) => change.where === where).map(({ subject, what, meaning, ...change }) =>
      `| ${[subject, what, valuesOf(change), meaning].map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`),
    '',
  ]).slice(0, -1);
}

function placesOf(changes: readonly Change[]): string[] {
  return [...new Set(changes.map(({ where }) => where))];
}

/** `5 % → 20 %`, `new: 2 pods`, `gone: 2 pods`. */
function valuesOf({ from, to }: Pick<Change, 'from' | 'to'>): string {
  if (from === '') return `new: ${to}`;
  return to === '' ? `gone: ${from}` : `${from} → ${to}`;
}

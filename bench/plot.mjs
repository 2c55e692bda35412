/** A line of numbers as text, for pages and terminals alike. */
import { median } from './statistics.mjs';

/** Columns show the median of their part of the values; the scale holds all of them. */
export function plot(values, { columns = 60, rows = 10, unit = '' } = {}) {
  const width = Math.min(columns, values.length);
  const points = Array.from({ length: width }, (_, column) => {
    const [from, to] = [column, column + 1].map((edge) => Math.round(edge * values.length / width));
    return median(values.slice(from, to));
  });
  const low = Math.floor(Math.min(...values));
  const high = Math.max(low + 1, Math.ceil(Math.max(...values)));
  const rowOf = (value) => Math.round((value - low) / (high - low) * (rows - 1));
  const labels = Array.from({ length: rows }, (_, row) => `${(low + (high - low) * row / (rows - 1)).toFixed(1)}${unit}`);
  const margin = Math.max(...labels.map((label) => label.length));
  const lines = labels.map((label, row) => `${label.padStart(margin)} |${points.map((value) => (rowOf(value) === row ? '*' : ' ')).join('')}`.trimEnd());
  return [...lines.reverse(), `${' '.repeat(margin)} +${'-'.repeat(width)}`].join('\n');
}

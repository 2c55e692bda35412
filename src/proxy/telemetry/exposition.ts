/**
 * Writes all metrics as text: in the Prometheus format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), or in
 * OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/) for a scraper that asks for it. Families come by name, series
 * by their labels, so that two scrapes differ in values only. Bounds of buckets are written alike in both, or each format would have
 * series of its own.
 *
 * The text comes in pieces. A proxy has one thread, and somebody's request waits while a piece is made.
 */
import { ABSENT, FamilyDefinition } from './catalog';
import { Exemplar, Histogram } from './metrics';
import type { FamilyState, MetricRegistry, Series } from './registry';

export type Format = 'prometheus' | 'openMetrics';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openMetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** How long a piece may get, in lines: about a quarter of a millisecond. */
const PIECE_LINES = 250;

const TOTAL = '_total';

/** The format that an `Accept` field asks for: OpenMetrics only when it is named, and not liked less than plain text. */
export function formatFor(accept: string | undefined): Format {
  let openMetrics = 0;
  let plain = 0;
  for (const range of (accept ?? '').split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2)) || 0;
    const version = parameters.find((parameter) => parameter.startsWith('version='))?.slice('version='.length);
    if (type === 'application/openmetrics-text' && (version === undefined || version === '1.0.0')) openMetrics = Math.max(openMetrics, quality);
    else if (type === 'text/plain') plain = Math.max(plain, quality);
  }
  return openMetrics > 0 && openMetrics >= plain ? 'openMetrics' : 'prometheus';
}

export function expose(registry: MetricRegistry, format: Format = 'prometheus'): string {
  return exposeFamilies(registry.families(), format);
}

/** Families from wherever; by name, as `MetricRegistry.families` and `merge` give them. */
export function exposeFamilies(families: readonly FamilyState[], format: Format = 'prometheus'): string {
  return [...pieces(families, format)].join('');
}

/** The same in pieces, between which something else may be done. A histogram is never split, so that its numbers belong together. */
export function* pieces(families: readonly FamilyState[], format: Format): Generator<string> {
  let lines: string[] = [];
  for (const { definition, series } of families) {
    const name = format === 'openMetrics' && definition.type === 'counter' ? definition.name.slice(0, -TOTAL.length) : definition.name;
    lines.push(`# HELP ${name} ${escapeHelp(definition.help, format)}\n`, `# TYPE ${name} ${definition.type}\n`);
    for (const one of series) {
      exposeSeries(definition, one, lines, format);
      if (lines.length < PIECE_LINES) continue;
      yield lines.join('');
      lines = [];
    }
  }
  if (format === 'openMetrics') lines.push('# EOF\n');
  if (lines.length > 0) yield lines.join('');
}

function exposeSeries({ name, labels }: FamilyDefinition, { values, instrument }: Series, lines: string[], format: Format): void {
  let pairs = '';
  for (let i = 0; i < labels.length; i += 1) {
    if (values[i] !== ABSENT) pairs += `${pairs === '' ? '' : ','}${labels[i]!}="${escapeValue(values[i]!)}"`;
  }
  const braces = pairs === '' ? '' : `{${pairs}}`;
  if (!(instrument instanceof Histogram)) {
    lines.push(`${name}${braces} ${number(typeof instrument === 'function' ? instrument() : instrument.value)}\n`);
    return;
  }
  const { bounds, counts } = instrument;
  const beginning = `${name}_bucket{${pairs}${pairs === '' ? '' : ','}le="`;
  let count = 0;
  for (let bucket = 0; bucket < counts.length; bucket += 1) {
    count += counts[bucket]!;
    const exemplar = format === 'openMetrics' ? exemplarText(instrument.exemplars?.[bucket]) : '';
    lines.push(`${beginning}${bucket < bounds.length ? bound(bounds[bucket]!) : '+Inf'}"} ${count}${exemplar}\n`);
  }
  lines.push(`${name}_sum${braces} ${number(instrument.sum)}\n`, `${name}_count${braces} ${count}\n`);
}

function exemplarText(exemplar: Exemplar | undefined): string {
  return exemplar ? ` # {trace_id="${exemplar.traceId}"} ${number(exemplar.value)} ${exemplar.timestamp.toFixed(3)}` : '';
}

function number(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/** As OpenMetrics wants it, and Prometheus 3 stores it: a whole number has a fraction, too. */
function bound(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function escapeHelp(text: string, format: Format): string {
  const escaped = text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  return format === 'openMetrics' ? escaped.replace(/"/g, '\\"') : escaped;
}

const NEEDS_ESCAPE = /[\\\n"]/;

function escapeValue(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"') : text;
}

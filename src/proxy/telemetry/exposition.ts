/**
 * Writes all metrics in the Prometheus text format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/): families by name, series by their labels, so that two
 * scrapes differ in values only.
 */
import type { FamilyDefinition } from './catalog';
import { Histogram } from './metrics';
import type { FamilyState, MetricRegistry, Series } from './registry';

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function expose(registry: MetricRegistry): string {
  return exposeFamilies(registry.families());
}

/** Families from wherever; by name, as `MetricRegistry.families` and `merge` give them. */
export function exposeFamilies(families: readonly FamilyState[]): string {
  return families.map(exposeFamily).join('');
}

function exposeFamily({ definition, series }: FamilyState): string {
  const { name, type, help } = definition;
  const lines = [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`];
  const sorted = [...series].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, one] of sorted) exposeSeries(definition, one, lines);
  lines.push('');
  return lines.join('\n');
}

function exposeSeries({ name, labels }: FamilyDefinition, { values, instrument }: Series, lines: string[]): void {
  const pairs = labels.map((label, index) => `${label}="${escapeValue(values[index]!)}"`);
  const braces = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
  if (!(instrument instanceof Histogram)) {
    lines.push(`${name}${braces} ${number(typeof instrument === 'function' ? instrument() : instrument.value)}`);
    return;
  }
  let count = 0;
  for (let bucket = 0; bucket < instrument.counts.length; bucket++) {
    count += instrument.counts[bucket]!;
    const bound = bucket < instrument.bounds.length ? number(instrument.bounds[bucket]!) : '+Inf';
    lines.push(`${name}_bucket{${[...pairs, `le="${bound}"`].join(',')}} ${count}`);
  }
  lines.push(`${name}_sum${braces} ${number(instrument.sum)}`, `${name}_count${braces} ${count}`);
}

function number(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function escapeHelp(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}

function escapeValue(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}

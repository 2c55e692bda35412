/**
 * Reads metrics in the Prometheus text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), as the proxies'
 * admin pages write it. Only the families that are asked for are parsed: a mesh of 60 services sends megabytes of text at each look.
 * Lines that can't be read are left out, since a newer proxy may write what this command doesn't know.
 */

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Samples by the name of their family, and there by the text of their labels. A histogram's buckets are `NAME_bucket`. */
export type Metrics = ReadonlyMap<string, ReadonlyMap<string, Sample>>;

/** The samples of these names. */
export function parseMetrics(text: string, names: ReadonlySet<string>): Metrics {
  const families = new Map<string, Map<string, Sample>>();
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    readLine(text.slice(start, end), names, families);
    start = end + 1;
  }
  return families;
}

function readLine(line: string, names: ReadonlySet<string>, families: Map<string, Map<string, Sample>>): void {
  const name = /^[a-zA-Z_:][\w:]*/.exec(line)?.[0];
  if (name === undefined || !names.has(name)) return;
  const labelled = line[name.length] === '{';
  // A value has no brace, and nothing comes after it.
  const close = labelled ? line.lastIndexOf('}') : name.length - 1;
  const key = labelled ? line.slice(name.length + 1, close) : '';
  const labels = labelsOf(key);
  const value = numberOf(line.slice(close + 1).trim().split(' ', 1)[0]!);
  if (!labels || value === undefined) return;
  let samples = families.get(name);
  if (!samples) families.set(name, samples = new Map());
  samples.set(key, { labels, value });
}

/** Undefined for what is not a list of labels. */
function labelsOf(text: string): Labels | undefined {
  const labels: Record<string, string> = Object.create(null);
  const pair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y;
  while (pair.lastIndex < text.length) {
    const match = pair.exec(text);
    if (!match) return undefined;
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
  }
  return labels;
}

function numberOf(text: string): number | undefined {
  if (text === 'NaN') return NaN;
  const value = Number(text.replace('Inf', 'Infinity'));
  return text === '' || Number.isNaN(value) ? undefined : value;
}

/**
 * Reads OpenMetrics 1.0, strictly: whatever is not allowed throws. Written from the specification
 * (https://prometheus.io/docs/specs/om/open_metrics_spec/), independently of the code that writes it.
 */
export interface Exemplar { readonly labels: Readonly<Record<string, string>>; readonly value: number; readonly timestamp: number | undefined }
export interface Sample { readonly labels: Readonly<Record<string, string>>; readonly value: number; readonly exemplar: Exemplar | undefined }
export interface OpenMetricsFamily { readonly type: string; readonly samples: Map<string, Sample> }

const SUFFIXES: Readonly<Record<string, readonly string[]>> = { counter: ['_total'], gauge: [''], histogram: ['_bucket', '_sum', '_count'] };
const LABELS = /^\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\}/;

export function parseOpenMetrics(text: string): Map<string, OpenMetricsFamily> {
  if (!text.endsWith('# EOF\n')) throw new Error('it does not end with # EOF');
  const families = new Map<string, OpenMetricsFamily>();
  let current: [string, OpenMetricsFamily] | undefined;
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const comment = /^# (TYPE|HELP|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line);
    if (comment?.[1] === 'TYPE') {
      if (families.has(comment[2]) || !(comment[3] in SUFFIXES)) throw new Error(`bad type in '${line}'`);
      current = [comment[2], { type: comment[3], samples: new Map() }];
      families.set(...current);
    } else if (comment?.[1] === 'HELP') {
      if (/(^|[^\\])(\\\\)*"/.test(comment[3])) throw new Error(`a quote that is not escaped in '${line}'`);
    } else if (!comment) {
      if (!current) throw new Error(`no family before '${line}'`);
      addSample(current, line);
    }
  }
  return families;
}

function addSample([family, { type, samples }]: [string, OpenMetricsFamily], line: string): void {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? '';
  if (!SUFFIXES[type].some((suffix) => name === family + suffix)) throw new Error(`'${name}' is no sample of the ${type} ${family}`);
  const { labels, text, rest } = labelsOf(line.slice(name.length));
  const value = /^ (NaN|[+-]Inf|[-+]?[0-9.]+(?:e[-+]?[0-9]+)?)( # (.*))?$/.exec(rest);
  if (!value) throw new Error(`bad value in '${line}'`);
  if (name.endsWith('_bucket') && !/^(\+Inf|\d+\.\d+(e-\d+)?)$/.test(labels.le ?? '')) throw new Error(`bad le in '${line}'`);
  const exemplar = value[3] === undefined ? undefined : exemplarOf(value[3]);
  if (exemplar && !/_total$|_bucket$/.test(name)) throw new Error(`an exemplar where none may be: '${line}'`);
  if (exemplar && name.endsWith('_bucket') && exemplar.value > Number(labels.le.replace('+Inf', 'Infinity'))) throw new Error(`an exemplar of another bucket: '${line}'`);
  if (samples.has(name + text)) throw new Error(`twice: ${line}`);
  samples.set(name + text, { labels, value: Number(value[1].replace('Inf', 'Infinity')), exemplar });
}

function exemplarOf(text: string): Exemplar {
  const { labels, rest } = labelsOf(text);
  const length = Object.entries(labels).reduce((sum, [name, value]) => sum + [...name].length + [...value].length, 0);
  if (length > 128) throw new Error(`labels of an exemplar with ${length} characters`);
  const match = /^ ([0-9.e+-]+)(?: ([0-9.]+))?$/.exec(rest);
  if (!match || !text.startsWith('{')) throw new Error(`bad exemplar '${text}'`);
  return { labels, value: Number(match[1]), timestamp: match[2] === undefined ? undefined : Number(match[2]) };
}

function labelsOf(text: string): { labels: Record<string, string>; text: string; rest: string } {
  const match = LABELS.exec(text);
  const pairs = [...(match?.[1] ?? '').matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/g)];
  return {
    labels: Object.fromEntries(pairs.map(([, name, value]) => [name, value.replace(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))])),
    text: match?.[0] ?? '',
    rest: text.slice(match?.[0].length ?? 0),
  };
}

/**
 * Reads the Prometheus text format 0.0.4, strictly: whatever is not allowed throws. Written from the format's description,
 * independently of the code that writes it.
 */
export interface ParsedFamily {
  readonly help: string;
  readonly type: string;
  /** Values by name and labels, the latter in the order written: `name{a="b"}`, with escapes undone. */
  readonly samples: Map<string, number>;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, ParsedFamily>();
  let current: [string, ParsedFamily] | undefined;
  let help: [string, string] | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment?.[1] === 'HELP') {
      help = [comment[2], unescape(comment[3], false)];
    } else if (comment) {
      const [, , name, type] = comment;
      if (help?.[0] !== name) throw new Error(`no HELP before '${line}'`);
      if (families.has(name) || !NAME.test(name)) throw new Error(`bad family '${name}'`);
      if (!['counter', 'gauge', 'histogram'].includes(type)) throw new Error(`bad type in '${line}'`);
      current = [name, { help: help[1], type, samples: new Map() }];
      families.set(...current);
    } else {
      const [key, name, value] = parseSample(line);
      const allowed = current?.[1].type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => current![0] + suffix) : [current?.[0]];
      if (!current || !allowed.includes(name)) throw new Error(`'${name}' is not of the family before it`);
      if (current[1].samples.has(key)) throw new Error(`twice: ${key}`);
      current[1].samples.set(key, value);
    }
  }
  return families;
}

/** The value of one sample, given as `name{a="b"}`. */
export function sampleOf(text: string, key: string): number | undefined {
  for (const { samples } of parsePrometheus(text).values()) {
    if (samples.has(key)) return samples.get(key);
  }
  return undefined;
}

function parseSample(line: string): [string, string, number] {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  if (name === undefined) throw new Error(`no name in '${line}'`);
  let at = name.length;
  const labels: string[] = [];
  if (line[at] === '{') {
    do {
      at++;
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/.exec(line.slice(at));
      if (!label) throw new Error(`bad label in '${line}'`);
      labels.push(`${label[1]}="${unescape(label[2], true)}"`);
      at += label[0].length;
    } while (line[at] === ',');
    if (line[at++] !== '}') throw new Error(`no closing brace in '${line}'`);
  }
  const value = /^ (NaN|[+-]Inf|[-+]?[0-9.]+(?:e[-+]?[0-9]+)?)$/.exec(line.slice(at))?.[1];
  if (value === undefined) throw new Error(`bad value in '${line}'`);
  return [labels.length === 0 ? name : `${name}{${labels.join(',')}}`, name, Number(value.replace('Inf', 'Infinity'))];
}

function unescape(text: string, quotes: boolean): string {
  return text.replace(quotes ? /\\(["\\n])/g : /\\([\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

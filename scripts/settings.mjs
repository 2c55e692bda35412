/**
 * Each setting is written once, in the contract: its name, meaning, limits and `@default` stand in the TSDoc of `src/contract/*-config.ts`.
 * From there they reach the schema, and from the schema this script fills regions of source files:
 *
 *     // #region generated props of OutlierDetectionConfig but mode
 *     // #endregion
 *
 | kind | what the region has | of fields that are |
 * |---|---|---|
 * | `props` | members of an option struct of the constructs | numbers |
 * | `layered` | the same, where what is not set comes from the nearest `Mesh` | numbers |
 * | `quantities` | the entries of its table: field, unit, range | numbers |
 * | `texts` | form and longest length of texts | strings with a `@pattern` |
 * | `text` | the same of a definition that is a text itself | (without fields) |
 * | `lists` | how few and how many items a list may have | lists |
 * | `defaults` | the entries of a `DEFAULT_*` constant | anything with a default |
 * | `members` | members of an enum; the contract's TSDoc describes each as "`value`: text." | (a union of texts, without fields) |
 *
 * `of each` is of a union whose members are told apart by `type`: `quantities` and `defaults` then have an entry for each member that has any,
 * `types` are the members' types (with `with`: of those that have a field), and `imports` and `names` those of the files called after them.
 *
 * After `of` stands a definition of the schema; without more, all of its fields that the kind is for, or those after `:`, or all but those
 * after `but`. A region may stand anywhere below the folders of `ROOTS`, so files can be moved freely.
 *
 * A field's suffix is its unit: `Ms` becomes a `Duration`, `Bytes` a `Size`; other fields keep name and number. References to fields in
 * texts are renamed alike.
 *
 * `node scripts/settings.mjs --check` writes nothing and fails when a region is out of date. The build writes them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateSchema } from './schema.mjs';

const ROOTS = ['src/contract', 'src/constructs', 'src/balancing', 'src/planning'];
const REGION = /^( *)\/\/ #region generated (props|layered|quantities|texts|text|lists|defaults|members|types|imports|names) of (each )?(\w+)(?:(:| but| with) ([\w, ]+))?\n[^]*?^ *\/\/ #endregion/gm;
const WIDTH = 140;

/** What a kind of region is made of: which fields, what others lack, and how the lines are written. */
const KINDS = {
  props: { fits: isNumber, lack: 'is no number', lines: (fields) => props(fields, valueOf) },
  layered: { fits: isNumber, lack: 'is no number', lines: (fields) => props(fields, (...said) => `- that of the nearest Mesh, or ${wordsOf(...said)}`) },
  quantities: { fits: isNumber, lack: 'is no number', lines: quantities },
  texts: { fits: ({ pattern }) => pattern !== undefined, lack: 'has no @pattern', lines: texts },
  lists: { fits: ({ type }) => type === 'array', lack: 'is no list', lines: lists },
  defaults: { fits: (property) => property.default !== undefined, lack: 'has no @default', lines: defaults },
};

/** Kinds of regions that are of a definition without fields. */
const WHOLE = { text, members };

/** Kinds of regions that are of a union, by its members. */
const EACH = {
  quantities: (union) => entriesOf(union, KINDS.quantities),
  defaults: (union) => entriesOf(union, KINDS.defaults),
  types: (union, field) => union.filter(({ properties }) => field === undefined || properties[field]).map(({ type }) => `'${type}',`),
  imports: (union) => union.map(({ type }) => `import { ${type} } from './${type.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}';`),
  names: (union) => union.map(({ type }) => `${type},`),
};

/** Suffixes of fields, with the unit that they stand for and what the prop has instead. */
const UNITS = [
  { suffix: 'Ms', unit: 'time', instead: '', type: 'Duration' },
  { suffix: 'Bytes', unit: 'size', instead: 'Size', type: 'Size' },
];

/** Files with regions, each with the text that it should have. */
export function settingsFiles(schema) {
  const files = ROOTS.flatMap((root) => readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name)));
  return files.filter((file) => file.endsWith('.ts')).sort().map((file) => ({ file, before: readFileSync(file, 'utf8') }))
    .filter(({ before }) => before.includes('// #region generated'))
    .map(({ file, before }) => ({ file, before, after: filled(before, schema, file) }));
}

/** Fills every region; returns the files that were out of date. */
export function writeSettings(schema) {
  const stale = settingsFiles(schema).filter(({ before, after }) => before !== after);
  for (const { file, after } of stale) writeFileSync(file, after);
  return stale.map(({ file }) => file);
}

/** A file with its regions filled. */
export function filled(text, schema, file) {
  let regions = 0;
  const after = text.replace(REGION, (region, indent, kind, each, name, choice, names) => {
    regions++;
    const definition = schema.title.startsWith(`${name} `) ? schema : schema.definitions[name];
    if (!definition) throw new Error(`${file} has a region of ${name}, which the schema doesn't define`);
    const [head] = region.split('\n');
    if (each) {
      const union = (definition.oneOf ?? []).map((member) => ({ ...member, type: member.properties.type.const }));
      return framed(head, indent, EACH[kind](union, names));
    }
    const lines = WHOLE[kind] ? WHOLE[kind](definition, name) : KINDS[kind].lines(chosenFields(definition, name, choice, names?.split(',').map((field) => field.trim()), KINDS[kind], file));
    return framed(head, indent, lines);
  });
  if (regions !== text.split('// #region generated').length - 1) throw new Error(`${file} has a region that can't be read; scripts/settings.mjs shows the form`);
  return after;
}

function framed(head, indent, lines) {
  return [head, ...lines.map((line) => (line === '' ? '' : indent + line)), `${indent}// #endregion`].join('\n');
}

/** An entry for each member of a union that has fields of a kind. */
function entriesOf(union, { fits, lines }) {
  return union.flatMap(({ type, properties }) => {
    const fields = Object.keys(properties).filter((field) => field !== 'type' && fits(properties[field]))
      .map((field) => ({ ...properties[field], field, ...propOf(field, properties[field].type), where: `${type}.${field}` }));
    return fields.length === 0 ? [] : [`${type}: {`, ...lines(fields).map((line) => `  ${line}`), '},'];
  });
}

function chosenFields({ properties, required = [] }, name, choice, names = [], { fits, lack }, file) {
  for (const field of names) if (!properties[field]) throw new Error(`${file} names ${name}.${field}, which the schema doesn't have`);
  const fields = choice === ':' ? names : Object.keys(properties).filter((field) => fits(properties[field]) && !names.includes(field));
  return fields.map((field) => {
    const property = properties[field];
    if (!fits(property)) throw new Error(`${file} names ${name}.${field}, which ${lack}`);
    return { ...property, field, ...propOf(field, property.type), required: required.includes(field), where: `${name}.${field}` };
  });
}

function isNumber({ type }) {
  return type === 'integer' || type === 'number';
}

/** The prop that a field becomes. */
function propOf(field, schemaType = '') {
  const found = UNITS.find(({ suffix }) => field.endsWith(suffix));
  if (found) return { prop: field.slice(0, -found.suffix.length) + found.instead, unit: found.unit, type: found.type };
  return { prop: field, unit: schemaType === 'integer' ? 'number' : 'fraction', type: 'number' };
}

/** Members of an interface. */
function props(fields, sayDefault) {
  return fields.flatMap((field, index) => {
    const { prop, type, required, description = '', where } = field;
    const [text, absent] = splitAbsent(description);
    if (text === '') throw new Error(`${where} has no description`);
    const meaning = [renamed(text), rangeOf(field)].filter((part) => part !== '').join(' ');
    const fallback = field.default === undefined ? absent && `- ${renamed(absent)}` : sayDefault(field.default, field);
    if (!required && !fallback) throw new Error(`${where} has neither @default nor a sentence that begins with 'Absent:'`);
    return [
      ...(index === 0 ? [] : ['']),
      '/**',
      ...wrapped(meaning),
      ...(required ? [] : [' *', ...wrapped(`@default ${fallback}`)]),
      ' */',
      `readonly ${prop}${required ? '' : '?'}: ${type};`,
    ];
  });
}

/** Entries of a table of quantities. */
function quantities(fields) {
  return fields.map(({ field, prop, unit, minimum, maximum, where }) => {
    if (minimum === undefined) throw new Error(`${where} has no @minimum`);
    return `${prop}: { field: '${field}', unit: '${unit}', min: ${grouped(minimum)}${maximum === undefined ? '' : `, max: ${grouped(maximum)}`} },`;
  });
}

/** Rules of texts. */
function texts(fields) {
  return fields.map((field) => `${field.field}: { ${text(field, field.where).join(' ').slice(0, -1)} },`);
}

/** The rule of a text. */
function text({ pattern, maxLength }, name) {
  if (pattern === undefined) throw new Error(`${name} has no @pattern`);
  return [`form: /${new RegExp(pattern).source}/,`, `longest: ${maxLength === undefined ? 'Infinity' : grouped(maxLength)},`];
}

/** Rules of lists. */
function lists(fields) {
  return fields.map(({ field, minItems = 0, maxItems, where }) => {
    if (maxItems === undefined) throw new Error(`${where} has no @maxItems`);
    return `${field}: { least: ${grouped(minItems)}, most: ${grouped(maxItems)} },`;
  });
}

/** Members of an enum, each with the sentences that follow its value in the description. */
function members({ enum: values, description = '' }, name) {
  if (values === undefined) throw new Error(`${name} is no union of texts`);
  const [, ...said] = description.split(/`(\w+)`: /);
  const meanings = new Map(Array.from({ length: said.length / 2 }, (_, index) => [said[2 * index], said[2 * index + 1].trim()]));
  return values.flatMap((value) => {
    const meaning = meanings.get(value);
    if (meaning === undefined) throw new Error(`${name} doesn't say what '${value}' means; write "\`${value}\`: " and a sentence`);
    return ['/**', ...wrapped(renamed(meaning[0].toUpperCase() + meaning.slice(1))), ' */', `${value.replace(/[A-Z]/g, '_$&').toUpperCase()} = '${value}',`];
  });
}

/** Entries of a constant. */
function defaults(fields) {
  return fields.map(({ field, default: value }) => `${field}: ${literal(value)},`);
}

function literal(value) {
  if (typeof value === 'number') return grouped(value);
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).map(([key, member]) => `${key}: ${literal(member)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** 10000 as 10_000. */
function grouped(number) {
  return String(number).replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, '_'));
}

/** The text without its sentence about an absent field, and what that says. */
function splitAbsent(description) {
  const [sentence, absent] = /\s*Absent: (.+?)\.(?=\s|$)/.exec(description) ?? [''];
  return [description.replace(sentence, '').trim(), absent];
}

/** A text about fields as one about props. */
function renamed(text) {
  return text.replace(/`([\w.]+)`/g, (_, field) => `\`${propOf(field).prop}\``);
}

/** The limits of a value, as a sentence. */
function rangeOf({ minimum, maximum, unit }) {
  if (maximum !== undefined) return `From ${quantityOf(minimum, unit)} to ${quantityOf(maximum, unit)}.`;
  return minimum > (unit === 'time' ? 1 : 0) ? `At least ${quantityOf(minimum, unit)}.` : '';
}

function quantityOf(value, unit) {
  if (unit === 'time') {
    if (value > 0 && value % 86_400_000 === 0) return `${value / 86_400_000} days`;
    if (value === 1_000) return '1 second';
    return value >= 1_000 && value % 1_000 === 0 ? `${value / 1_000} seconds` : `${value} ms`;
  }
  if (unit !== 'size') return String(value);
  if (value % 1_048_576 === 0) return `${value / 1_048_576} MiB`;
  return value % 1_024 === 0 ? `${value / 1_024} KiB` : `${value} bytes`;
}

/** A default as a caller would write it. */
function valueOf(value, { unit }) {
  if (unit === 'time' && value >= 120_000 && value % 60_000 === 0) return `Duration.minutes(${value / 60_000})`;
  if (unit === 'time') return value > 0 && value % 1_000 === 0 ? `Duration.seconds(${value / 1_000})` : `Duration.millis(${value})`;
  return unit === 'size' ? `Size.kibibytes(${value / 1_024})` : String(value);
}

/** A default as a sentence says it. */
function wordsOf(value, { unit }) {
  return unit === 'number' || unit === 'fraction' ? String(value) : quantityOf(value, unit);
}

/** Lines of a comment. */
function wrapped(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length + 4 <= WIDTH) lines[lines.length - 1] = line;
    else lines.push(` ${word}`);
  }
  return lines.map((line) => ` *${line}`);
}

if (process.argv[1] === import.meta.filename) {
  const stale = settingsFiles(generateSchema()).filter(({ before, after }) => before !== after);
  const check = process.argv.includes('--check');
  for (const { file, after } of stale) {
    if (!check) writeFileSync(file, after);
    console.error(check ? `${file} is not what the contract says: run 'npm run build' and commit it` : `wrote ${file}`);
  }
  if (check && stale.length > 0) process.exit(1);
}

/**
 * The form of a document as a flat list of facts, one line a place: what a schema allows there. Two forms can be compared line by line,
 * and one that was released is small enough to be kept.
 */

/** A node of a JSON Schema of draft 7, as far as ours use it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly [rule: string]: unknown;
}

/** What is allowed at one place. */
export interface Place {
  readonly type: string;
  readonly required: boolean;
  /** Values, or types of a union. */
  readonly oneOf?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Rules that can't be compared but for being the same. */
  readonly others: Readonly<Record<string, unknown>>;
}

export type Form = ReadonlyMap<string, Place>;

const LOWER = ['minimum', 'minLength', 'minItems', 'exclusiveMinimum'];
const UPPER = ['maximum', 'maxLength', 'maxItems', 'exclusiveMaximum'];
const OTHERS = ['pattern', 'multipleOf', 'uniqueItems', 'format', 'minProperties', 'maxProperties'];

/** Every place of a schema by its path: `*` is a member of a list, `{}` one of a map, `<type>` one of a union. */
export function formOf(schema: Schema): Form {
  const form = new Map<string, Place>();
  const resolve = (node: Schema): Schema => (node.$ref === undefined ? node
    : { ...schema.definitions![decodeURIComponent(node.$ref.slice('#/definitions/'.length))], ...node });
  const visit = (unresolved: Schema, path: string, required: boolean): void => {
    const node = resolve(unresolved);
    const members = node.oneOf?.map(resolve);
    const types = members?.map((member) => String(member.properties!['type']!.const));
    const values = types ?? node.enum?.map(String) ?? (node.const === undefined ? undefined : [String(node.const)]);
    const pick = (rules: readonly string[]): number | undefined => rules.map((rule) => node[rule]).find((value) => typeof value === 'number') as number | undefined;
    const [minimum, maximum] = [pick(LOWER), pick(UPPER)];
    form.set(path, {
      type: node.anyOf ? `any of ${JSON.stringify(node.anyOf)}` : String(node.type),
      required,
      ...(values && { oneOf: [...values].sort() }),
      ...(minimum !== undefined && { minimum }),
      ...(maximum !== undefined && { maximum }),
      others: Object.fromEntries(OTHERS.filter((rule) => node[rule] !== undefined).map((rule) => [rule, node[rule]])),
    });
    for (const [name, child] of Object.entries(node.properties ?? {})) visit(child, `${path}/${name}`, node.required?.includes(name) ?? false);
    if (node.items) visit(node.items, `${path}/*`, false);
    if (typeof node.additionalProperties === 'object') visit(node.additionalProperties, `${path}/{}`, false);
    members?.forEach((member, i) => visit(member, `${path}<${types![i]!}>`, false));
  };
  visit(schema, '', true);
  return form;
}

/** One line a place, in order. */
export function written(form: Form): string {
  return [...form].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, place]) => `${path} ${JSON.stringify(place)}\n`).join('');
}

export function read(text: string): Form {
  return new Map(text.split('\n').filter((line) => line !== '').map((line) => {
    const at = line.indexOf(' {');
    return [line.slice(0, at), JSON.parse(line.slice(at)) as Place];
  }));
}

/** What a document of the older form may have and the newer one refuses. */
export function narrowed(older: Form, newer: Form): string[] {
  const problems: string[] = [];
  for (const [path, before] of older) {
    const now = newer.get(path);
    if (!now) problems.push(`${path}: is gone`);
    if (!now) continue;
    if (now.type !== before.type) problems.push(`${path}: was ${before.type}, is ${now.type}`);
    if (now.required && !before.required) problems.push(`${path}: is required now`);
    if (now.oneOf && !before.oneOf?.every((value) => now.oneOf!.includes(value))) problems.push(`${path}: was one of ${String(before.oneOf)}, is one of ${now.oneOf.join()}`);
    if ((now.minimum ?? -Infinity) > (before.minimum ?? -Infinity)) problems.push(`${path}: the minimum was ${before.minimum}, is ${now.minimum}`);
    if ((now.maximum ?? Infinity) < (before.maximum ?? Infinity)) problems.push(`${path}: the maximum was ${before.maximum}, is ${now.maximum}`);
    if (JSON.stringify(now.others) !== JSON.stringify(before.others)) problems.push(`${path}: the rules were ${JSON.stringify(before.others)}, are ${JSON.stringify(now.others)}`);
  }
  for (const [path, { required }] of newer) {
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (required && path !== '' && !older.has(path) && older.has(parent)) problems.push(`${path}: is new and required`);
  }
  return problems;
}

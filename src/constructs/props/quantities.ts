/**
 * Props that the proxy's document carries in other units: a `Duration` becomes whole milliseconds, a `Size` whole bytes, a
 * number stays one. One table a struct says each prop's field, unit and range; check and conversion read it. The tables are generated
 * from the contract (scripts/settings.mjs).
 */
import { SizeRoundingBehavior, SizeConversionOptions, TimeConversionOptions } from 'cdk8s';
import { Contradiction, wordsOf } from '../../contract';
import { ValidationErrors } from './validation-errors';

/** The longest time that a timer of the proxy can take: 2^31 - 1 ms, 24 days and a half. */
const LONGEST_MS = 2_147_483_647;
const MS_PER_DAY = 86_400_000;

/** A prop and the field of the document that it becomes. Only a `fraction` need not be whole. */
export interface Quantity<Field extends string = string> {
  readonly field: Field;
  readonly unit: 'number' | 'fraction' | 'time' | 'size';
  readonly min: number;
  readonly max?: number;
}

/** What the contract says of fields that contradict each other. It gets those whose own value is sound. */
type Rule<Config> = (config: Partial<Config>) => readonly Contradiction[];

/** Every prop of a struct. */
export type Quantities<Props, Config = Record<string, unknown>> = { readonly [Prop in keyof Props]-?: Quantity<keyof Config & string> };

/** Checks a struct's props, those that don't exist included. */
export function checkQuantities<Props extends object, Config extends object>(
  errors: ValidationErrors, prop: string, props: Props, table: Quantities<Props, Config>, rule: Rule<Config> = () => [],
): void {
  if (typeof props !== 'object' || props === null) {
    errors.add(prop, props, `use an object with any of ${Object.keys(table).sort().join(', ')}`);
    return;
  }
  errors.unknownProps(props, namesOf(table), `${prop}.`);
  checkValues(errors, prop, props, table, rule);
}

/** The props of a table, as `unknownProps` takes them. */
export function namesOf<Name extends string>(table: { readonly [Prop in Name]: unknown }): { readonly [Prop in Name]: true } {
  return Object.fromEntries(Object.keys(table).map((name) => [name, true])) as { readonly [Prop in Name]: true };
}

/** Checks those props of a struct that are in a table. */
export function checkValues<Props extends object, Config extends object>(
  errors: ValidationErrors, prop: string, props: Props, table: Quantities<Props, Config>, rule: Rule<Config> = () => [],
): void {
  const names = Object.keys(table) as (keyof Props & string)[];
  const sound = names.filter((name) => props[name] !== undefined && checkQuantity(errors, `${prop}.${name}`, props[name], table[name]));
  const config = toConfig(Object.fromEntries(sound.map((name) => [name, props[name]])) as Props, table);
  addContradictions(errors, prop, table, rule(config));
}

/** Tells contradictions between fields in the words of the props that the fields come from. */
export function addContradictions<Props extends object>(
  errors: ValidationErrors, prop: string, table: Quantities<Props>, contradictions: readonly Contradiction[],
): void {
  const props = new Map(Object.entries<Quantity>(table).map(([name, { field }]) => [field, `${prop}.${name}`]));
  const nameOf = (field: string): string => props.get(field) ?? `${prop}.${field}`;
  for (const contradiction of contradictions) {
    const { value, remedy } = wordsOf(contradiction, nameOf);
    errors.add(nameOf(contradiction.field), value, remedy);
  }
}

/** Checks one value; true when it is sound. */
export function checkQuantity(errors: ValidationErrors, prop: string, value: unknown, { unit, min, max }: Omit<Quantity, 'field'>): boolean {
  if (unit === 'number') return errors.wholeNumber(prop, value as number, min, max);
  if (unit === 'fraction') {
    const isSound = typeof value === 'number' && value >= min && value <= (max ?? Infinity);
    if (!isSound) errors.add(prop, value, max === undefined ? `use a number of at least ${min}` : `use a number from ${min} to ${max}`);
    return isSound;
  }
  const count = countOf(value, unit);
  const most = max ?? (unit === 'time' ? LONGEST_MS : Number.MAX_SAFE_INTEGER);
  if (count === undefined) {
    errors.add(prop, value, unit === 'time' ? 'use a Duration, such as Duration.seconds(10)' : 'use a Size, such as Size.kibibytes(16)');
  } else if (Number.isInteger(count) && count >= min && count <= most) {
    return true;
  } else if (unit === 'time') {
    const longest = max === undefined || max % MS_PER_DAY === 0 ? `${Math.floor(most / MS_PER_DAY)} days` : `${max} ms`;
    errors.add(prop, `${count} ms`, `use whole milliseconds, from ${min} ms to ${longest}`);
  } else {
    errors.add(prop, `${count} bytes`, `use whole bytes, ${max === undefined ? `at least ${min}` : `from ${min} to ${max}`}`);
  }
  return false;
}

/** Checks a time in whole seconds, from 0; true when it is sound, or not there. */
export function checkSeconds(errors: ValidationErrors, prop: string, time: unknown, longest: number = Number.MAX_SAFE_INTEGER): boolean {
  if (time === undefined) return true;
  const ms = millisecondsOf(time);
  if (ms !== undefined) return errors.wholeNumber(`${prop} (seconds)`, ms / 1_000, 0, longest);
  errors.add(prop, time, 'use a Duration, such as Duration.seconds(10)');
  return false;
}

/** A time in milliseconds, which need not be whole; undefined for what is no time. */
export function millisecondsOf(time: unknown): number | undefined {
  return countOf(time, 'time');
}

/** What comes of a wait that is as long as the call may take, or longer, by the prop that says it. */
export type Consequences<Props> = { readonly [Prop in keyof Props]?: string };

/** Checks waits against the time that the call has in all; 0 is any. What is no time at all is told by {@link checkQuantities}. */
export function checkWithinCall<Props extends object>(
  errors: ValidationErrors, prop: string, props: Props, timeoutMs: number, consequences: Consequences<Props>,
): void {
  for (const name of Object.keys(consequences) as (keyof Props & string)[]) {
    const ms = millisecondsOf(props[name]);
    if (ms !== undefined && timeoutMs > 0 && ms >= timeoutMs) {
      errors.add(`${prop}.${name}`, `${ms} ms`, `the call has ${timeoutMs} ms in all, so ${consequences[name]}; use less than that, or a longer timeout`);
    }
  }
}

/** The document's fields, of the props that are there. All must have passed their check. */
export function toConfig<Props extends object, Config extends object>(props: Props, table: Quantities<Props, Config>): Partial<Config> {
  const config: Record<string, unknown> = {};
  for (const name of Object.keys(table) as (keyof Props & string)[]) {
    if (props[name] !== undefined) {
      const { field, unit } = table[name];
      config[field] = unit === 'time' || unit === 'size' ? countOf(props[name], unit) : props[name];
    }
  }
  return config as Partial<Config>;
}

/** The fields that say something else than the defaults do. */
export function withoutDefaults<Config extends object>(config: Config, defaults: Required<Config>): Partial<Config> {
  return Object.fromEntries(Object.entries(config).filter(([field, value]) => value !== defaults[field as keyof Config])) as Partial<Config>;
}

/** Structs on top of each other, the first one the uppermost. A prop that is there but undefined covers nothing. */
export function layered<Props extends object>(...structs: readonly (Props | undefined)[]): Partial<Props> {
  const said = structs.map((props) => Object.entries(props ?? {}).filter(([, value]) => value !== undefined));
  return Object.fromEntries(said.reverse().flat()) as Partial<Props>;
}

/** A time in milliseconds or a size in bytes. Told by its method and not by its class, of which a process may have two copies. */
function countOf(value: unknown, unit: 'time' | 'size'): number | undefined {
  const quantity = value as {
    readonly toMilliseconds?: (options: TimeConversionOptions) => number;
    readonly toKibibytes?: (options: SizeConversionOptions) => number;
  } | null | undefined;
  if (unit === 'time') {
    return quantity?.toMilliseconds?.({ integral: false });
  }
  const kibibytes = quantity?.toKibibytes?.({ rounding: SizeRoundingBehavior.NONE });
  return kibibytes === undefined ? undefined : kibibytes * 1_024;
}

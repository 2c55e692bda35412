/**
 * Props that the proxy's document carries in other units: a `Duration` becomes whole milliseconds, a `Size` whole bytes, a
 * number stays one. One table a struct says each prop's field, unit and range; the check, the conversion and the test that
 * holds them against the schema all read it.
 */
import { SizeRoundingBehavior, SizeConversionOptions, TimeConversionOptions } from 'cdk8s';
import { Mistakes } from './mistakes';

/** The longest time that a timer of the proxy can take: 2^31 - 1 ms, 24 days and a half. */
const LONGEST_MS = 2_147_483_647;
const MS_PER_DAY = 86_400_000;

/** A prop and the field of the document that it becomes. */
export interface Quantity<Field extends string = string> {
  readonly field: Field;
  readonly unit: 'number' | 'time' | 'size';
  readonly min: number;
  readonly max?: number;
}

/** Every prop of a struct. */
export type Quantities<Props, Config = Record<string, unknown>> = { readonly [Prop in keyof Props]-?: Quantity<keyof Config & string> };

/** Checks a struct's props, those that don't exist included. */
export function checkQuantities<Props extends object>(mistakes: Mistakes, prop: string, props: Props, table: Quantities<Props>): void {
  if (typeof props !== 'object' || props === null) {
    mistakes.add(prop, props, `use an object with any of ${Object.keys(table).sort().join(', ')}`);
    return;
  }
  mistakes.unknownProps(props, Object.fromEntries(Object.keys(table).map((name) => [name, true])), `${prop}.`);
  for (const name of Object.keys(table) as (keyof Props & string)[]) {
    if (props[name] !== undefined) {
      checkQuantity(mistakes, `${prop}.${name}`, props[name], table[name]);
    }
  }
}

/** Checks one value. */
export function checkQuantity(mistakes: Mistakes, prop: string, value: unknown, { unit, min, max }: Omit<Quantity, 'field'>): void {
  const count = unit === 'number' ? value as number : countOf(value, unit);
  if (count === undefined) {
    mistakes.add(prop, value, unit === 'time' ? 'use a Duration, such as Duration.seconds(10)' : 'use a Size, such as Size.kibibytes(16)');
  } else if (unit === 'number') {
    mistakes.wholeNumber(prop, count, min, max);
  } else if (unit === 'time' && !(Number.isInteger(count) && count >= min && count <= LONGEST_MS)) {
    mistakes.add(prop, `${count} ms`, `use whole milliseconds, from ${min} ms to ${Math.floor(LONGEST_MS / MS_PER_DAY)} days`);
  } else if (unit === 'size' && !(Number.isInteger(count) && count >= min && count <= (max ?? Number.MAX_SAFE_INTEGER))) {
    mistakes.add(prop, `${count} bytes`, `use whole bytes, ${max === undefined ? `at least ${min}` : `from ${min} to ${max}`}`);
  }
}

/** A time in milliseconds, be they broken; undefined of what is no time. */
export function millisecondsOf(time: unknown): number | undefined {
  return countOf(time, 'time');
}

/** What comes of a wait that is as long as the call may take, or longer, by the prop that says it. */
export type Consequences<Props> = { readonly [Prop in keyof Props]?: string };

/** Checks waits against the time that the call has in all; 0 is any. What is no time at all is told by {@link checkQuantities}. */
export function checkWithinCall<Props extends object>(
  mistakes: Mistakes, prop: string, props: Props, timeoutMs: number, consequences: Consequences<Props>,
): void {
  for (const name of Object.keys(consequences) as (keyof Props & string)[]) {
    const ms = millisecondsOf(props[name]);
    if (ms !== undefined && timeoutMs > 0 && ms >= timeoutMs) {
      mistakes.add(`${prop}.${name}`, `${ms} ms`, `the call has ${timeoutMs} ms in all, so ${consequences[name]}; use less than that, or a longer timeout`);
    }
  }
}

/**
 * Checks a wait that grows against the longest that it may become. Only what somebody said is held against the default: a longest
 * wait below the default of the first is obeyed.
 */
export function checkGrowth<Props extends object>(
  mistakes: Mistakes, prop: string, props: Props, [first, longest]: readonly [keyof Props & string, keyof Props & string], longestMs: number,
): void {
  const ms = millisecondsOf(props[first]);
  const most = millisecondsOf(props[longest]) ?? longestMs;
  if (ms !== undefined && ms > most) {
    mistakes.add(`${prop}.${first}`, `${ms} ms`, `it never lasts longer than '${prop}.${longest}', ${most} ms; use that much at most, or raise '${prop}.${longest}'`);
  }
}

/** The document's fields, of the props that are there. All must have passed their check. */
export function toConfig<Props extends object, Config extends object>(props: Props, table: Quantities<Props, Config>): Partial<Config> {
  const config: Record<string, unknown> = {};
  for (const name of Object.keys(table) as (keyof Props & string)[]) {
    if (props[name] !== undefined) {
      const { field, unit } = table[name];
      config[field] = unit === 'number' ? props[name] : countOf(props[name], unit);
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

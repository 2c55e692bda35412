/** Reads an action that a page asks for. It comes from a browser, so nothing of it is believed. */
import { UserError } from '../command-line/errors';
import { Action, ACTION_LIMITS } from './protocol';

type Fields = Readonly<Record<string, unknown>>;

/** Throws a {@link UserError} that says what is wrong. */
export function readAction(text: string): Action {
  const fields = parse(text);
  switch (fields['type']) {
    case 'kill': return { type: 'kill', pod: name(fields, 'pod') };
    case 'dropZone': return { type: 'dropZone', zone: name(fields, 'zone') };
    case 'traffic': return { type: 'traffic', rate: number(fields, 'rate', ACTION_LIMITS.maxRate) };
    case 'behave': return {
      type: 'behave', service: name(fields, 'service'), version: name(fields, 'version'),
      delayMs: number(fields, 'delayMs', ACTION_LIMITS.maxDelayMs), failPercent: number(fields, 'failPercent', 100),
    };
    case 'weights': return { type: 'weights', service: name(fields, 'service'), weights: weights(fields['weights']) };
    default: throw new UserError(`'type' is not an action: ${JSON.stringify(fields['type'])}`);
  }
}

function parse(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Told below.
  }
  throw new UserError('an action is an object in JSON');
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function name(fields: Fields, field: string): string {
  const value = fields[field];
  if (typeof value !== 'string' || value === '') throw new UserError(`'${field}' must be a name, got ${JSON.stringify(value)}`);
  return value;
}

function number(fields: Fields, field: string, max: number): number {
  const value = fields[field];
  if (typeof value !== 'number' || !(value >= 0 && value <= max)) throw new UserError(`'${field}' must be a number from 0 to ${max}, got ${JSON.stringify(value)}`);
  return value;
}

function weights(value: unknown): Record<string, number> {
  if (!isObject(value) || Object.keys(value).length === 0) throw new UserError(`'weights' must be an object of versions, got ${JSON.stringify(value)}`);
  const entries = Object.keys(value).map((version): [string, number] => {
    const weight = number(value, version, ACTION_LIMITS.maxWeight);
    if (!Number.isInteger(weight)) throw new UserError(`the weight of '${version}' must be a whole number, got ${weight}`);
    return [version, weight];
  });
  if (entries.every(([, weight]) => weight === 0)) throw new UserError('at least one version needs a weight above 0');
  return Object.fromEntries(entries);
}

/** A flag whose value is a whole number. */
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';

export function wholeNumber(args: Arguments, flag: string, min: number, max: number): number | undefined {
  const value = args.number(flag, { min, max });
  if (value !== undefined && !Number.isInteger(value)) throw new UserError(`--${flag} must be a whole number, got '${args.text(flag)}'`);
  return value;
}

/** How people write the distribution of a service time: the forms of stand-ins, and two that have a name. */
import type { Distribution } from '../../simulation';
import { meanOf } from '../../simulation';
import { UserError } from '../command-line/errors';
import { parseLatency } from '../stand-in/behaviour';

const DEFAULT_VARIATION = 1;
const DEFAULT_SHAPE = 1.8;

/** `20ms`, `10ms..40ms`, `~20ms`, `lognormal:20ms:1`, `pareto:20ms:1.8`. */
export function parseServiceTime(text: string): Distribution {
  const distribution = parse(text);
  if (!(meanOf(distribution) > 0)) throw new UserError(`--service-time must be more than 0, got '${text}'`);
  return distribution;
}

function parse(text: string): Distribution {
  const [name, mean, parameter, more] = text.split(':');
  if (mean === undefined) return parseLatency(text);
  if (more !== undefined || (name !== 'lognormal' && name !== 'pareto')) {
    throw new UserError(`'${text}' is not a service time; with a name it is lognormal:MEAN:VARIATION or pareto:MEAN:SHAPE, as in lognormal:20ms:1`);
  }
  const latency = parseLatency(mean);
  if (latency.type !== 'fixed') throw new UserError(`the mean of '${text}' must be a time such as 20ms, got '${mean}'`);
  return name === 'lognormal'
    ? { type: 'lognormal', meanMs: latency.ms, variation: number(text, 'variation (standard deviation over mean)', parameter, DEFAULT_VARIATION, 0.01, 100) }
    : { type: 'pareto', meanMs: latency.ms, shape: number(text, 'shape', parameter, DEFAULT_SHAPE, 1.01, 100) };
}

function number(text: string, what: string, given: string | undefined, otherwise: number, min: number, max: number): number {
  if (given === undefined) return otherwise;
  const value = given.trim() === '' ? NaN : Number(given);
  if (!(value >= min && value <= max)) throw new UserError(`the ${what} of '${text}' must be a number from ${min} to ${max}, got '${given}'`);
  return value;
}

/** `20 ms each`, `20 ms each on average (lognormal)`. */
export function serviceTimeInText(distribution: Distribution): string {
  const mean = `${Number(meanOf(distribution).toPrecision(3))} ms`;
  return distribution.type === 'fixed' ? `${mean} each` : `${mean} each on average (${distribution.type})`;
}

/** What callers do about failures: as the YAML has it, unless a flag says otherwise, and in words. */
import type { Quiet } from '../../simulation';
import type { Arguments } from '../command';
import { UserError } from '../errors';
import type { Subject } from './subject';
import { wholeNumber } from './whole-number';

type Failures = Pick<Quiet, 'outlierDetection' | 'retry' | 'retryBudget' | 'idempotent'>;

export function readFailures(args: Arguments, { outlierDetection, retry, retryBudget }: Pick<Subject, 'outlierDetection' | 'retry' | 'retryBudget'>): Failures {
  const wanted = args.text('outlier-detection');
  if (wanted !== undefined && wanted !== 'on' && wanted !== 'off') throw new UserError(`--outlier-detection must be on or off, got '${wanted}'`);
  return {
    outlierDetection: wanted === undefined ? outlierDetection : { ...outlierDetection, mode: wanted === 'on' ? 'enforce' : 'off' },
    retry: { ...retry, maxRetries: wholeNumber(args, 'retries', 0, 10) ?? retry.maxRetries },
    retryBudget,
    idempotent: (args.number('idempotent', { min: 0, max: 100 }) ?? 100) / 100,
  };
}

/** What is in effect, in one line. */
export function failuresInText({ outlierDetection, retry, retryBudget, idempotent = 1 }: Failures): string {
  const ejects = outlierDetection?.mode === 'enforce';
  const detection = ejects ? `outlier detection ejects up to ${outlierDetection.maxEjectedPercent} % of the pods` : 'outlier detection is off';
  if (!retry || retry.maxRetries === 0) return `against failures: ${detection}; no retries`;
  const causes = [
    ...(retry.on.some((condition) => condition === 'gatewayError' || condition === 'serverError') ? ['503'] : []),
    ...(retry.on.includes('closed') ? ['broken connections'] : []),
  ];
  const which = retry.methods === 'all' || idempotent === 1 ? '' : ` for ${Number((idempotent * 100).toPrecision(3))} % of the requests`;
  const again = causes.length === 0 ? '' : `, of ${causes.join(' and ')}${which} within a budget of ${retryBudget!.percent} %`;
  return `against failures: ${detection}; up to ${retry.maxRetries} ${retry.maxRetries === 1 ? 'retry' : 'retries'} of what no pod has seen${again}`;
}

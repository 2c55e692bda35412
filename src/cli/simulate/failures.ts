/** What callers do about failures: as the YAML has it, unless a flag says otherwise, and in words. */
import { DEFAULT_HEDGE } from '../../contract';
import type { BasePlan } from '../../simulation';
import type { Arguments } from '../command-line/command';
import { readDurationMs } from '../command-line/duration';
import { UserError } from '../command-line/errors';
import type { Subject } from './subject';
import { wholeNumber } from './whole-number';

type Failures = Pick<BasePlan, 'outlierDetection' | 'retry' | 'retryBudget' | 'hedge' | 'idempotent'>;

const OFF = 'off';
const LONGEST_MS = 3_600_000;

export function readFailures(args: Arguments, subject: Pick<Subject, 'outlierDetection' | 'retry' | 'retryBudget' | 'hedge'>): Failures {
  const { outlierDetection, retry, retryBudget } = subject;
  const wanted = args.text('outlier-detection');
  if (wanted !== undefined && wanted !== 'on' && wanted !== OFF) throw new UserError(`--outlier-detection must be on or off, got '${wanted}'`);
  return {
    outlierDetection: wanted === undefined ? outlierDetection : { ...outlierDetection, mode: wanted === 'on' ? 'enforce' : 'off' },
    retry: {
      ...retry,
      maxRetries: wholeNumber(args, 'retries', 0, 10) ?? retry.maxRetries,
      tryTimeoutMs: timeOf(args, 'try-timeout') ?? retry.tryTimeoutMs,
      silenceMs: timeOf(args, 'silence') ?? retry.silenceMs,
    },
    retryBudget,
    hedge: hedgeOf(args, subject.hedge),
    idempotent: (args.number('idempotent', { min: 0, max: 100 }) ?? 100) / 100,
  };
}

/** The time of a flag in whole milliseconds, 0 for `off`; undefined without the flag. */
function timeOf(args: Arguments, flag: string): number | undefined {
  const text = args.text(flag);
  if (text === undefined || text === OFF) return text && 0;
  return Math.round(readDurationMs(flag, text, { min: 1, max: LONGEST_MS }));
}

function hedgeOf(args: Arguments, stated: Failures['hedge']): Failures['hedge'] {
  const text = args.text('hedge');
  if (text === undefined || text === OFF) return text === OFF ? undefined : stated;
  const percentile = Number(text);
  if (!(percentile >= 50 && percentile <= 99.9)) throw new UserError(`--hedge must be a percentile from 50 to 99.9, or off, got '${text}'`);
  return { ...DEFAULT_HEDGE, ...stated, percentile };
}

/** What is in effect, in one line. */
export function failuresInText({ outlierDetection, retry, retryBudget, hedge, idempotent = 1 }: Failures): string {
  const ejects = outlierDetection?.mode === 'enforce';
  const detection = ejects ? `outlier detection ejects up to ${outlierDetection.maxEjectedPercent} % of the pods` : 'outlier detection is off';
  const time = retry && retry.tryTimeoutMs > 0 ? [`an attempt takes at most ${retry.tryTimeoutMs} ms`] : [];
  const all = (...parts: readonly string[]): string => `against failures: ${[detection, ...time, ...parts, ...besideOf({ retry, hedge })].join('; ')}`;
  if (!retry || retry.maxRetries === 0) return all('no retries');
  const causes = [
    ...(retry.on.some((condition) => condition === 'gatewayError' || condition === 'serverError') ? ['503'] : []),
    ...(retry.on.includes('closed') ? ['broken connections'] : []),
    ...(retry.tryTimeoutMs > 0 && retry.on.includes('tryTimeout') ? ['attempts that take longer'] : []),
  ];
  const which = retry.methods === 'all' || idempotent === 1 ? '' : ` for ${Number((idempotent * 100).toPrecision(3))} % of the requests`;
  const listed = [causes.slice(0, -1).join(', '), ...causes.slice(-1)].filter((part) => part !== '').join(' and ');
  const again = causes.length === 0 ? '' : `, of ${listed}${which} within a budget of ${retryBudget!.percent} %`;
  return all(`up to ${retry.maxRetries} ${retry.maxRetries === 1 ? 'retry' : 'retries'} of what no pod has seen${again}`);
}

function besideOf({ retry, hedge }: Pick<Failures, 'retry' | 'hedge'>): string[] {
  if (hedge) return [`a second attempt beside one that takes longer than ${hedge.percentile} % do`];
  const looks = retry !== undefined && retry.maxRetries > 0 && retry.silenceMs > 0;
  return looks ? [`a second attempt where a pod has answered nobody for ${retry.silenceMs} ms`] : [];
}

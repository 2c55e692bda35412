/** What callers do about failures, as flags say it. */
import { parseArguments } from '../../../src/cli/command-line/command';
import { simulateCommand } from '../../../src/cli/simulate/command';
import { failuresInText } from '../../../src/cli/simulate/failures';
import { readOptions } from '../../../src/cli/simulate/options';
import { DEFAULT_OUTLIER_DETECTION, DEFAULT_RETRY, DEFAULT_RETRY_BUDGET } from '../../../src/contract';
import type { BasePlan } from '../../../src/simulation';

function read(...argv: string[]): BasePlan {
  const args = parseArguments(simulateCommand, ['--endpoints', '6', ...argv]);
  if (args === 'help') throw new Error('help was asked for');
  return readOptions(args).base;
}

test('without flags and YAML, callers do what the proxy does by default', () => {
  const { outlierDetection, retry, retryBudget, idempotent } = read();
  expect({ outlierDetection, retry, retryBudget, idempotent }).toEqual({
    outlierDetection: DEFAULT_OUTLIER_DETECTION, retry: DEFAULT_RETRY, retryBudget: DEFAULT_RETRY_BUDGET, idempotent: 1,
  });
});

test.each([
  [[], 'outlier detection ejects up to 50 % of the pods; up to 2 retries of what no pod has seen, of 503 and broken connections within a budget of 20 %;'
    + ' a second attempt where a pod has answered nobody for 1000 ms'],
  [['--try-timeout', '500ms', '--silence', 'off'],
    'outlier detection ejects up to 50 % of the pods; an attempt takes at most 500 ms; up to 2 retries of what no pod has seen, of 503, broken connections'
    + ' and attempts that take longer within a budget of 20 %'],
  [['--hedge', '99', '--retries', '0'],
    'outlier detection ejects up to 50 % of the pods; no retries; a second attempt beside one that takes longer than 99 % do'],
  [['--idempotent', '70', '--retries', '1'],
    'outlier detection ejects up to 50 % of the pods; up to 1 retry of what no pod has seen, of 503 and broken connections for 70 % of the requests'
    + ' within a budget of 20 %; a second attempt where a pod has answered nobody for 1000 ms'],
  [['--outlier-detection', 'off', '--retries', '0'], 'outlier detection is off; no retries'],
])('%j: one line says what is in effect', (argv, line) => {
  expect(failuresInText(read(...argv))).toBe(`against failures: ${line}`);
});

test.each([
  [['--outlier-detection', 'yes'], "--outlier-detection must be on or off, got 'yes'"],
  [['--retries', '11'], "--retries must be a number from 0 to 10, got '11'"],
  [['--try-timeout', '2h'], "--try-timeout must be from 1ms to 1h, got '2h'"],
  [['--silence', '0'], "--silence must be from 1ms to 1h, got '0'"],
  [['--hedge', '40'], "--hedge must be a percentile from 50 to 99.9, or off, got '40'"],
  [['--idempotent', '101'], "--idempotent must be a number from 0 to 100, got '101'"],
])('%j is refused in words', (argv, message) => {
  expect(() => read(...argv)).toThrow(message);
});

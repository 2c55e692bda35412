/**
 * What is to be made of policies that contradict each other.
 */
import { Duration } from 'cdk8s';
import { RULES } from '../../planning/lints';
import { checkQuantity } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';

/**
 * How synthesis checks policies against each other. A warning is printed once on standard error; an error fails the synthesis. The rules
 * are in docs/check.md.
 */
export interface LintOptions {
  /**
   * Rules to turn off, for example `timeout-chain`.
   *
   * @default - none
   */
  readonly off?: string[];

  /**
   * Whether warnings fail the synthesis too.
   *
   * @default false
   */
  readonly strict?: boolean;

  /**
   * Number of zones that pods are spread over.
   *
   * @default - unknown; rules that need it are off
   */
  readonly zones?: number;

  /**
   * Total requests per second to each service, by its name.
   *
   * @default - unknown; rules that need it are off
   */
  readonly requestsPerSecond?: { readonly [service: string]: number };

  /**
   * Mean time that the app of each service takes to answer a request, by the name of the service.
   *
   * @default - unknown; rules that need it are off
   */
  readonly latency?: { readonly [service: string]: Duration };
}

const OPTIONS = { off: true, strict: true, zones: true, requestsPerSecond: true, latency: true } as const satisfies Record<keyof LintOptions, true>;

/** Checks the options themselves. */
export function checkLintOptions(errors: ValidationErrors, prop: string, options: LintOptions): void {
  errors.unknownProps(options, OPTIONS, `${prop}.`);
  const names = RULES.map(({ name }) => name);
  for (const name of options.off ?? []) {
    if (!names.includes(name)) {
      errors.add(`${prop}.off`, name, `there is no such rule; use any of ${names.join(', ')}`);
    }
  }
  if (options.zones !== undefined) {
    errors.wholeNumber(`${prop}.zones`, options.zones, 1);
  }
  for (const [service, rate] of Object.entries(options.requestsPerSecond ?? {})) {
    if (!(Number.isFinite(rate) && rate >= 0)) {
      errors.add(`${prop}.requestsPerSecond['${service}']`, rate, 'use a number of at least 0');
    }
  }
  for (const [service, latency] of Object.entries(options.latency ?? {})) {
    checkQuantity(errors, `${prop}.latency['${service}']`, latency, { unit: 'time', min: 1 });
  }
}

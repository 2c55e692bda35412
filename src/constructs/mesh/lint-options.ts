/**
 * What is to be made of policies that contradict each other.
 */
import { Duration } from 'cdk8s';
import { RULES } from '../../planning/lints';
import { Mistakes } from '../props/mistakes';
import { checkQuantity } from '../props/quantities';

/**
 * How policies are checked against each other at synthesis. A rule's warning is printed once on standard error; an error fails the
 * synthesis. The rules are in docs/check.md.
 */
export interface LintOptions {
  /**
   * Rules that are left out, such as `timeout-chain`.
   *
   * @default - none
   */
  readonly off?: string[];

  /**
   * Whether warnings fail the synthesis, too.
   *
   * @default false
   */
  readonly strict?: boolean;

  /**
   * Zones that pods are spread over.
   *
   * @default - not known; rules that count zones are left out
   */
  readonly zones?: number;

  /**
   * Requests a second that services get in all, by the service's name.
   *
   * @default - not known; rules that count requests are left out
   */
  readonly requestsPerSecond?: { readonly [service: string]: number };

  /**
   * How long the apps of services take to answer a request, on average, by the service's name.
   *
   * @default - not known; rules that count requests at a time are left out
   */
  readonly latency?: { readonly [service: string]: Duration };
}

const OPTIONS = { off: true, strict: true, zones: true, requestsPerSecond: true, latency: true } as const satisfies Record<keyof LintOptions, true>;

/** Checks the options themselves. */
export function checkLintOptions(mistakes: Mistakes, prop: string, options: LintOptions): void {
  mistakes.unknownProps(options, OPTIONS, `${prop}.`);
  const names = RULES.map(({ name }) => name);
  for (const name of options.off ?? []) {
    if (!names.includes(name)) {
      mistakes.add(`${prop}.off`, name, `there is no such rule; use any of ${names.join(', ')}`);
    }
  }
  if (options.zones !== undefined) {
    mistakes.wholeNumber(`${prop}.zones`, options.zones, 1);
  }
  for (const [service, rate] of Object.entries(options.requestsPerSecond ?? {})) {
    if (!(Number.isFinite(rate) && rate >= 0)) {
      mistakes.add(`${prop}.requestsPerSecond['${service}']`, rate, 'use a number of at least 0');
    }
  }
  for (const [service, latency] of Object.entries(options.latency ?? {})) {
    checkQuantity(mistakes, `${prop}.latency['${service}']`, latency, { unit: 'time', min: 1 });
  }
}

/**
 * What is to be made of policies that contradict each other.
 */
import { Duration } from 'cdk8s';

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

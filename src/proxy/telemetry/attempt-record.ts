/** What was tried for a request, attempt by attempt: for the access log and for the field that explains a response. */
import type { ReasonCode } from './reasons';

/** One attempt in the list of a request's attempts. */
export interface AttemptRecord {
  /** Address and port. */
  readonly endpoint: string;
  /** Status of its response, or why there was none that counted. */
  readonly outcome: number | ReasonCode | 'hedge_lost';
  readonly milliseconds: number;
}

export const NO_ATTEMPTS: readonly AttemptRecord[] = [];

/** An attempt as one word, for a field and for the access log. */
export function attemptText({ endpoint, outcome, milliseconds }: AttemptRecord): string {
  return `${endpoint};${outcome};${Math.round(milliseconds * 10) / 10}`;
}

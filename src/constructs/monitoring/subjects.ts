/** What monitoring is about: workloads whose proxies are scraped, and services with rules. */
import { ValidationErrors } from '../props/validation-errors';
import { SloSubject } from './burn-rates';
import { Slo } from './slo';

/** A workload whose proxies are scraped. */
export interface ScrapedWorkload {
  readonly name: string;
  readonly namespace: string | undefined;
  /** Selects its pods. */
  podLabels(): Record<string, string>;
  readonly portName: string;
}

/** Whose rules they are. */
export interface RuledService extends SloSubject {
  readonly slo: Slo | undefined;
}

/** Objectives of a service are of use where something looks at them. */
export function checkSlo(errors: ValidationErrors, slo: Slo | undefined, monitoring: { readonly _hasObjects: boolean }): void {
  slo?._check(errors, 'slo');
  if (slo && !monitoring._hasObjects) {
    errors.add('slo', slo, 'nothing would look at it; add monitoring: Monitoring.prometheus() to the service or its Mesh, or leave it out');
  }
}

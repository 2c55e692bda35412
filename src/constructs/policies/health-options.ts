/**
 * What a destination and a caller say of how it is found out which endpoints work; the caller goes first.
 */
import { ClusterConfig } from '../../contract';
import { ValidationErrors } from '../props/validation-errors';
import { HealthCheck } from './health-check';
import { OutlierDetection } from './outlier-detection';

/** What either may say. */
export interface HealthOptions {
  readonly healthCheck?: HealthCheck;
  readonly outlierDetection?: OutlierDetection;
}

/** Checks what one of them says. */
export function checkHealth(errors: ValidationErrors, prefix: string, { healthCheck, outlierDetection }: HealthOptions): void {
  healthCheck?._check(errors, `${prefix}healthCheck`);
  outlierDetection?._check(errors, `${prefix}outlierDetection`);
}

/**
 * The document's fields for a cluster.
 *
 * @param host as which the caller's app asks for the destination
 */
export function healthConfig(caller: HealthOptions, destination: HealthOptions, host: string): Pick<ClusterConfig, 'healthCheck' | 'outlierDetection'> {
  const healthCheck = (caller.healthCheck ?? destination.healthCheck)?._toConfig(host);
  const outlierDetection = (caller.outlierDetection ?? destination.outlierDetection)?._toConfig();
  return { ...(healthCheck && { healthCheck }), ...(outlierDetection && { outlierDetection }) };
}

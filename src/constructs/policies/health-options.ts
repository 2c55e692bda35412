/**
 * What a destination and a caller say of how it is found out which endpoints work; the caller goes first.
 */
import { ClusterConfig, GRPC_HEALTH_PATH, HealthCheckConfig } from '../../contract';
import { ValidationErrors } from '../props/validation-errors';
import { HealthCheck } from './health-check';
import { OutlierDetection } from './outlier-detection';

/** What either may say. */
export interface HealthOptions {
  readonly healthCheck?: HealthCheck;
  readonly outlierDetection?: OutlierDetection;
}

/**
 * Checks what one of them says.
 *
 * @param wire what is spoken with the destination
 */
export function checkHealth(
  errors: ValidationErrors, prefix: string, { healthCheck, outlierDetection }: HealthOptions, wire: ClusterConfig['protocol'],
): void {
  healthCheck?._check(errors, `${prefix}healthCheck`, wire);
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

/** What a check sends; undefined when it only connects. */
export function healthRequest(check: HealthCheckConfig): { readonly method: 'GET' | 'POST'; readonly path: string } | undefined {
  switch (check.type) {
    case 'http': return { method: 'GET', path: check.path.split('?')[0] };
    case 'grpc': return { method: 'POST', path: GRPC_HEALTH_PATH };
    default: return undefined;
  }
}

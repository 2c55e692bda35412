/** What services are called in tests. */
import type { ServiceName } from './api';

/** The name that `--from` of the command would take. */
export function nameOf(service: ServiceName): string {
  if (typeof service === 'string') return service;
  const namespace = service.service?.metadata.namespace;
  return `${service.serviceName}${namespace === undefined ? '' : `.${namespace}`}${service.version === undefined ? '' : `@${service.version}`}`;
}

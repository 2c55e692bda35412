import type { AccessRecord } from '../../src/proxy/telemetry/access-record';
import type { NotedRequest } from '../../src/proxy/telemetry/noted-request';

/** Notes what a record says. */
export function noteRecord(noted: NotedRequest, { path, trace, ...others }: AccessRecord, endedAt = 0): void {
  Object.assign(noted, others, { endedAt });
  noted.path.take(path);
  noted.keepTrace(trace);
}

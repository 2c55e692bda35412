/** How a sidecar's health checks are told from the requests of the app beside it. */
import { word, isWord } from './bytes';
import { FieldTable, Kind } from './fields';

/** Their `User-Agent`. */
export const HEALTH_CHECK_AGENT = 'cdk8s-mesh-health-check';

const NAME = word('user-agent');
const AGENT = word(HEALTH_CHECK_AGENT);

export function isHealthCheck(buffer: Uint8Array, fields: FieldTable): boolean {
  for (let i = 0; i < fields.count; i += 1) {
    if (fields.kinds[i] !== Kind.OTHER || !isWord(buffer, fields.nameStart(i), fields.nameEnd(i), NAME)) continue;
    return isWord(buffer, fields.valueStart(i), fields.valueEnd(i), AGENT);
  }
  return false;
}

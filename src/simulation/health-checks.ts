/**
 * When health checks notice a change. The change falls into the middle of a check's interval, which is the average, and several
 * checks in a row decide. A check of a machine that is gone takes its whole timeout. All callers notice at the same moment.
 */
import { Change, durationOf, BasePlan } from './plan';

/** What the checks of all callers say of an endpoint with which something is wrong from then to then. */
export function checksOf(base: BasePlan, endpoint: number, wrong: 'failing' | 'vanished', fromMs: number, toMs: number): Change[] {
  const { healthCheck } = base;
  // An endpoint that answers with 503 still takes connections.
  if (healthCheck === undefined || (healthCheck.type === 'tcp' && wrong === 'failing')) return [];
  const { intervalMs, timeoutMs, unhealthyThreshold, healthyThreshold } = healthCheck;
  const foundMs = fromMs + (unhealthyThreshold - 0.5) * intervalMs + (wrong === 'vanished' ? timeoutMs : 0);
  const passedMs = toMs + (healthyThreshold - 0.5) * intervalMs;
  if (foundMs >= toMs) return [];
  const found: Change = { atMs: foundMs, type: 'judged', endpoint, healthy: false };
  return wrong === 'vanished' || passedMs >= durationOf(base) ? [found] : [found, { atMs: passedMs, type: 'judged', endpoint, healthy: true }];
}

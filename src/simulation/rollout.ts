/** Every pod is replaced in turn, as a Deployment does it that lets none go before another is ready. */
import { arrival, delay, PRE_STOP_MS, PROPAGATION_MS, replacementOf } from './arrival';
import { Change, durationOf, inOrder, Plan, BasePlan } from './plan';

const FROM = 0.2;
const TO = 0.8;

export function rollout(base: BasePlan): Plan {
  const whole = durationOf(base);
  const fromMs = FROM * whole;
  const toMs = TO * whole;
  const { length } = base.endpoints;
  return {
    ...base,
    endpoints: [...base.endpoints, ...base.endpoints.map(replacementOf)],
    disturbance: { fromMs, toMs },
    changes: inOrder(base.endpoints.flatMap((_, index): Change[] => {
      const atMs = fromMs + ((toMs - fromMs) * index) / length;
      return [
        ...arrival(length + index, atMs, whole),
        // The old one begins to stop when the new one is ready.
        { atMs: atMs + delay(PROPAGATION_MS, whole), type: 'discovered', endpoint: index, state: 'draining' },
        { atMs: atMs + delay(PRE_STOP_MS, whole), type: 'discovered', endpoint: index, state: 'gone' },
        { atMs: atMs + delay(PRE_STOP_MS, whole), type: 'stopped', endpoint: index },
      ];
    })),
  };
}

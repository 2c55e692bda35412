/**
 * Fields of KEDA's ScaledObject as far as they are used, with nothing else let pass: names, types and members of enums as in
 * config/crd/bases/keda.sh_scaledobjects.yaml of KEDA 2.21.0. The published package of its schemas needs a newer Node than the tests run on.
 */
import Ajv from 'ajv';
import type { Manifest } from './manifests';

const TEXT = { type: 'string' };
const WHOLE = { type: 'integer' };
const closed = (properties: object, required: readonly string[] = []): object => ({ type: 'object', properties, required, additionalProperties: false });

const RULES = closed({
  stabilizationWindowSeconds: WHOLE,
  selectPolicy: TEXT,
  tolerance: { anyOf: [WHOLE, TEXT] },
  policies: { type: 'array', items: closed({ type: TEXT, value: WHOLE, periodSeconds: WHOLE }, ['type', 'value', 'periodSeconds']) },
});

const SPEC = closed({
  scaleTargetRef: closed({ apiVersion: TEXT, kind: TEXT, name: TEXT, envSourceContainerName: TEXT }, ['name']),
  pollingInterval: WHOLE,
  cooldownPeriod: WHOLE,
  minReplicaCount: WHOLE,
  maxReplicaCount: WHOLE,
  fallback: closed({
    failureThreshold: WHOLE, replicas: WHOLE,
    behavior: { enum: ['static', 'currentReplicas', 'currentReplicasIfHigher', 'currentReplicasIfLower', 'scalingModifiers'] },
  }, ['failureThreshold', 'replicas']),
  advanced: closed({ horizontalPodAutoscalerConfig: closed({ name: TEXT, behavior: closed({ scaleUp: RULES, scaleDown: RULES }) }) }),
  triggers: {
    type: 'array',
    items: closed({ type: TEXT, name: TEXT, metricType: TEXT, useCachedMetrics: { type: 'boolean' }, metadata: { type: 'object', additionalProperties: TEXT } }, ['type', 'metadata']),
  },
}, ['scaleTargetRef', 'triggers']);

/** What is wrong with a ScaledObject. */
export function scaledObjectMistakes(manifest: Manifest): string[] {
  const validate = new Ajv({ allErrors: true }).compile(closed({
    apiVersion: { const: 'keda.sh/v1alpha1' }, kind: { const: 'ScaledObject' }, metadata: { type: 'object' }, spec: SPEC,
  }, ['apiVersion', 'kind', 'metadata', 'spec']));
  return validate(manifest) ? [] : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

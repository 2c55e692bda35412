/**
 * Fields of the Prometheus Operator's PodMonitor and PrometheusRule as far as they are used, with nothing else let pass: names, types and
 * patterns as in example/prometheus-operator-crd of the operator, release 0.85. `kubernetes-models` has them in another package.
 */
import Ajv from 'ajv';
import type { Manifest } from './manifests';

const TEXT = { type: 'string' };
const TEXTS = { type: 'array', items: TEXT };
const LABELS = { type: 'object', additionalProperties: TEXT };
const DURATION = {
  type: 'string', pattern: '^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$', minLength: 1,
};
const closed = (properties: object, required: readonly string[] = []): object => ({ type: 'object', properties, required, additionalProperties: false });
const listOf = (items: object): object => ({ type: 'array', items });

const KEY = closed({ name: TEXT, key: TEXT }, ['key']);

const SPECS: Readonly<Record<string, object>> = {
  PodMonitor: closed({
    selector: closed({ matchLabels: LABELS }),
    podTargetLabels: TEXTS,
    scrapeClass: { type: 'string', minLength: 1 },
    podMetricsEndpoints: listOf(closed({
      port: TEXT, path: TEXT, interval: DURATION,
      scheme: { type: 'string', enum: ['http', 'https'] },
      // Without files, which a ServiceMonitor alone can name.
      tlsConfig: closed({ ca: closed({ secret: KEY }), cert: closed({ secret: KEY }), keySecret: KEY, serverName: TEXT, insecureSkipVerify: { type: 'boolean' } }),
      relabelings: listOf(closed({ sourceLabels: TEXTS, regex: TEXT, targetLabel: TEXT })),
    })),
  }, ['selector', 'podMetricsEndpoints']),
  PrometheusRule: closed({
    groups: listOf(closed({
      name: { type: 'string', minLength: 1 },
      rules: listOf({
        ...closed({ record: TEXT, alert: TEXT, expr: TEXT, for: DURATION, labels: LABELS, annotations: LABELS }, ['expr']),
        oneOf: [{ required: ['record'] }, { required: ['alert'] }],
      }),
    }, ['name'])),
  }),
};

const ajv = new Ajv({ allErrors: true, strict: false });
const VALIDATORS = new Map(Object.entries(SPECS).map(([kind, spec]) => [kind, ajv.compile(closed({
  apiVersion: { const: 'monitoring.coreos.com/v1' }, kind: { const: kind },
  metadata: closed({ name: TEXT, namespace: TEXT, labels: LABELS }, ['name']), spec,
}, ['apiVersion', 'kind', 'metadata', 'spec']))]));

/** What is wrong with an object of the Prometheus Operator, each with its path. */
export function operatorMistakes(manifest: Manifest): string[] {
  const isRight = VALIDATORS.get(manifest.kind);
  if (!isRight) return [`there is no schema of ${manifest.kind}`];
  return isRight(manifest) ? [] : isRight.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

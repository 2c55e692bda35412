/**
 * Fields of SPIRE's ClusterSPIFFEID, with nothing else let pass: names and types as in docs/clusterspiffeid-crd.md of spire-controller-manager, and
 * `className`, `hint` and `fallback` as in its api/v1alpha1.
 */
import Ajv from 'ajv';
import type { Manifest } from './manifests';

const TEXT = { type: 'string' };
const FLAG = { type: 'boolean' };
const TEXTS = { type: 'array', items: TEXT };
const closed = (properties: object, required: readonly string[] = []): object => ({ type: 'object', properties, required, additionalProperties: false });
const SELECTOR = closed({ matchLabels: { type: 'object', additionalProperties: TEXT, minProperties: 1 } }, ['matchLabels']);

const SPEC = closed({
  spiffeIDTemplate: TEXT, podSelector: SELECTOR, namespaceSelector: SELECTOR, dnsNameTemplates: TEXTS, workloadSelectorTemplates: TEXTS, ttl: TEXT,
  jwtTtl: TEXT, federatesWith: TEXTS, admin: FLAG, downstream: FLAG, autoPopulateDNSNames: FLAG, fallback: FLAG, hint: TEXT, className: TEXT,
}, ['spiffeIDTemplate']);

/** What is wrong with a ClusterSPIFFEID. */
export function spireMistakes(manifest: Manifest): string[] {
  const validate = new Ajv({ allErrors: true }).compile(closed({
    apiVersion: { const: 'spire.spiffe.io/v1alpha1' }, kind: { const: 'ClusterSPIFFEID' }, metadata: closed({ name: TEXT }, ['name']), spec: SPEC,
  }, ['apiVersion', 'kind', 'metadata', 'spec']));
  validate(manifest);
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
}

/**
 * Checks objects against Kubernetes' OpenAPI schema, as compiled into `kubernetes-models`.
 *
 * The schema allows fields that it does not know, which the API server would drop or refuse; a misspelt field would pass.
 * The compiled validators read every field that they know, so a proxy around the object notes which fields are read, and
 * what was never looked at is reported too.
 */
import type { Manifest } from './manifests';
import { operatorMistakes } from './prometheus-operator-schema';
import { spireMistakes } from './spire-schema';

/** Fields that are newer than the package, with their own: PodCertificateProjection of Kubernetes 1.37. */
const NEWER = {
  path: /\/projected\/sources\/\d+\/podCertificate$/,
  fields: { signerName: 'string', keyType: 'string', maxExpirationSeconds: 'number', credentialBundlePath: 'string' } as Readonly<Record<string, string>>,
};

/** Everything that is wrong with an object, each with its path. */
export function schemaMistakes(manifest: Manifest): string[] {
  if (manifest.apiVersion.startsWith('monitoring.coreos.com/')) return operatorMistakes(manifest);
  if (manifest.apiVersion.startsWith('spire.spiffe.io/')) return spireMistakes(manifest);
  const models = require(`kubernetes-models/${manifest.apiVersion}`) as Record<string, { prototype: { validate(): void } } | undefined>;
  const model = models[manifest.kind];
  if (!model) {
    return [`kubernetes-models has no ${manifest.kind} in ${manifest.apiVersion}`];
  }
  const unread = new Set<string>();
  const mistakes: string[] = [];
  try {
    model.prototype.validate.call(recording(manifest, '', unread));
  } catch (error) {
    mistakes.push((error as Error).message);
  }
  return [...mistakes, ...[...unread].filter((path) => !isNewer(manifest, path)).map((path) => `${path} is not a field of ${manifest.kind}`)];
}

function isNewer(manifest: Manifest, path: string): boolean {
  const value = path.split('/').slice(1).reduce((node, key) => node?.[key], manifest);
  return NEWER.path.test(path) && Object.entries(value).every(([name, field]) => typeof field === NEWER.fields[name]);
}

function recording(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (!Array.isArray(value)) {
    Object.keys(value).forEach((key) => unread.add(`${path}/${key}`));
  }
  const children = new Map<PropertyKey, unknown>();
  return new Proxy(value, {
    get(target, key) {
      unread.delete(`${path}/${String(key)}`);
      if (!children.has(key)) {
        children.set(key, recording(Reflect.get(target, key), `${path}/${String(key)}`, unread));
      }
      return children.get(key);
    },
  });
}

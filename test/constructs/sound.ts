/** What must hold for everything that the constructs make, whatever the test is about. */
import Ajv from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBrokenReferences } from '../../src/contract';
import { schemaMistakes } from '../support/kubernetes-schema';
import { Manifest, podSpec } from '../support/manifests';
import { restrictedMistakes } from '../support/pod-security';

const schema = JSON.parse(readFileSync(join(__dirname, '..', '..', 'schema', 'proxy-config.v1.json'), 'utf8')) as object;
const isDocument = new Ajv({ allErrors: true, strict: false }).compile(schema);

/** Objects that Kubernetes accepts, documents that the proxy accepts. */
export function expectSound(manifests: Manifest[]): void {
  const mistakes = manifests.flatMap((manifest) => schemaMistakes(manifest).map((mistake) => `${manifest.kind} ${manifest.metadata.name}: ${mistake}`));
  for (const { kind, metadata, data } of manifests) {
    if (kind === 'ConfigMap' && data?.['proxy.json']) {
      const document = JSON.parse(data['proxy.json']);
      if (!isDocument(document)) {
        mistakes.push(`document ${metadata.name}: ${JSON.stringify(isDocument.errors)}`);
      }
      mistakes.push(...findBrokenReferences(document).map(({ path, message }) => `document ${metadata.name}: ${path} ${message}`));
    }
  }
  const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
  mistakes.push(...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is there twice`));
  expect(mistakes).toEqual([]);
}

/** Pods that run under the `restricted` Pod Security Standard. */
export function expectRestricted(manifests: Manifest[]): void {
  const workloads = manifests.filter(({ spec }) => spec?.template ?? spec?.jobTemplate);
  expect(workloads).not.toEqual([]);
  expect(workloads.flatMap((workload) => restrictedMistakes(podSpec(workload)).map((mistake) => `${workload.metadata.name}: ${mistake}`))).toEqual([]);
}

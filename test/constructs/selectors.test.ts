/** Which pods are selected by whom: labels that say what a pod is must not make it take requests. */
import { Chart, Cron, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { MeshService, MeshSidecar } from '../../src';
import { readManifests } from '../../src/cli/model/manifests';
import { workloadsBehind } from '../../src/cli/model/callees';
import { readModel } from '../../src/cli/model/read-model';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findByKind, findOne, Manifest, newChart, podTemplate } from '../support/manifests';
import { expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

const workloads: Record<string, (chart: Chart, id: string) => kplus.Workload> = {
  Deployment: (chart, id) => new kplus.Deployment(chart, id, { containers }),
  StatefulSet: (chart, id) => new kplus.StatefulSet(chart, id, { containers }),
  DaemonSet: (chart, id) => new kplus.DaemonSet(chart, id, { containers }),
  Job: (chart, id) => new kplus.Job(chart, id, { containers }),
  CronJob: (chart, id) => new kplus.CronJob(chart, id, { containers, schedule: Cron.daily() }),
};

type Labels = Record<string, string>;

/** Every label selector of an object, each with where it is. */
function selectorsOf(manifest: Manifest): { readonly where: string; readonly labels: Labels }[] {
  const found: { where: string; labels: Labels }[] = [];
  const look = (value: unknown, where: string): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, below] of Object.entries(value)) {
      const path = `${where}.${key}`;
      if (key === 'matchLabels' || (key === 'selector' && manifest.kind === 'Service')) found.push({ where: path, labels: below });
      else look(below, path);
    }
  };
  look(manifest.spec, `${manifest.kind} ${manifest.metadata.name}.spec`);
  return found;
}

/** A StatefulSet of cdk8s-plus has a Service of its own, which is its author's affair. */
const isForeignService = ({ kind, spec }: Manifest): boolean => kind === 'Service' && spec.selector?.['cdk8s-mesh/service'] === undefined;

/** Where in `manifests` a pod with these labels is selected. */
function selecting(manifests: Manifest[], labels: Labels): string[] {
  return manifests.filter((manifest) => !isForeignService(manifest)).flatMap(selectorsOf)
    .filter(({ labels: wanted }) => Object.entries(wanted).every(([label, value]) => labels[label] === value))
    .map(({ where }) => where)
    .sort();
}

const labelsOf = (workload: Manifest): Labels => podTemplate(workload).metadata.labels;

describe.each(Object.keys(workloads))('a %s that has a service\'s name and does not serve', (kind) => {
  test('is selected by nothing of the MeshService, and labelled as part of it', () => {
    const chart = newChart();
    new MeshService(chart, 'catalog', { containers }).addVersion('v2', { containers, weight: 10 });
    const workload = workloads[kind](chart, 'migrate');
    new MeshSidecar(chart, 'Sidecar', { workload, serviceName: 'catalog', version: 'migrate' });
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    const own = findOne(manifests, kind, workload.name);
    expect(labelsOf(own)).toMatchObject({ 'cdk8s-mesh/part-of': 'catalog', 'cdk8s-mesh/version': 'migrate' });
    expect(labelsOf(own)).not.toHaveProperty('cdk8s-mesh/service');
    expect(selecting(manifests.filter((manifest) => manifest !== own), labelsOf(own))).toEqual([]);
    for (const version of ['v1', 'v2']) {
      expect(selecting([own], labelsOf(findOne(manifests, 'Deployment', `catalog-${version}`)))).toEqual([]);
    }
  });

  test('is selected by nothing of a workload that is exposed under that name', () => {
    const chart = newChart();
    new MeshSidecar(chart, 'Ledger', { workload: workloads.StatefulSet(chart, 'ledger'), serviceName: 'ledger' }).expose();
    const workload = workloads[kind](chart, 'worker');
    new MeshSidecar(chart, 'Worker', { workload, serviceName: 'ledger', version: 'worker' });
    const manifests = Testing.synth(chart);
    const own = findOne(manifests, kind, workload.name);
    expect(selecting(manifests.filter((manifest) => manifest !== own), labelsOf(own))).toEqual([]);
    expect(selecting(findByKind(manifests, 'Service'), labelsOf(findByKind(manifests, 'StatefulSet')[0]))).toEqual([
      'Service ledger-v1.spec.selector', 'Service ledger.spec.selector',
    ]);
  });

  test('takes requests once it is exposed itself', () => {
    const chart = newChart();
    const workload = workloads[kind](chart, 'ledger');
    const sidecar = new MeshSidecar(chart, 'Sidecar', { workload });
    sidecar.expose();
    const manifests = Testing.synth(chart);
    const labels = labelsOf(findOne(manifests, kind, workload.name));
    expect(selecting(findByKind(manifests, 'Service'), labels)).toHaveLength(2);
    expect(labels).not.toHaveProperty('cdk8s-mesh/part-of');
  });
});

describe('the pods of a MeshService', () => {
  const chart = newChart();
  new MeshService(chart, 'catalog', { containers }).addVersion('v2', { containers, weight: 10 });
  const manifests = Testing.synth(chart);

  test.each(['v1', 'v2'])('of %s are selected by the Services of the service and of the version, and by what keeps them up', (version) => {
    const name = `catalog-${version}`;
    expect(selecting(manifests, labelsOf(findOne(manifests, 'Deployment', name)))).toEqual([
      `Deployment ${name}.spec.selector.matchLabels`,
      `Deployment ${name}.spec.template.spec.topologySpreadConstraints.0.labelSelector.matchLabels`,
      `Deployment ${name}.spec.template.spec.topologySpreadConstraints.1.labelSelector.matchLabels`,
      `PodDisruptionBudget ${name}.spec.selector.matchLabels`,
      `Service ${name}.spec.selector`,
      'Service catalog.spec.selector',
    ]);
  });

  // Pods of the first release had these labels, and such a pod is what an upgrade starts with and `kubectl rollout undo` returns to.
  const FIRST_RELEASE = { 'cdk8s-mesh/service': 'catalog', 'cdk8s-mesh/version': 'v1' };

  test('are selected by labels that the pods of every release have', () => {
    expect(selecting(manifests, FIRST_RELEASE)).toEqual(selecting(manifests, labelsOf(findOne(manifests, 'Deployment', 'catalog-v1'))));
  });

  test('of a workload made elsewhere are, too', () => {
    const elsewhere = newChart();
    new MeshSidecar(elsewhere, 'Sidecar', { workload: workloads.StatefulSet(elsewhere, 'ledger'), serviceName: 'catalog' }).expose();
    expect(selecting(Testing.synth(elsewhere), FIRST_RELEASE)).toEqual(['Service catalog-v1.spec.selector', 'Service catalog.spec.selector']);
  });
});

test('cdk8s-mesh up sends requests to those workloads only that serve', () => {
  const chart = newChart();
  new MeshService(chart, 'catalog', { containers });
  new MeshSidecar(chart, 'Sidecar', { workload: workloads.Job(chart, 'migrate'), serviceName: 'catalog', version: 'migrate' });
  const folder = mkdtempSync(join(tmpdir(), 'mesh-selectors-'));
  try {
    const file = join(folder, 'shop.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: Testing.synth(chart) }));
    const model = readModel(readManifests([file]), file);
    expect(model.workloads.map(({ version }) => version)).toEqual(['v1', 'migrate']);
    for (const service of model.services) {
      expect(workloadsBehind(service, model.workloads).map(({ version }) => version)).toEqual(['v1']);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

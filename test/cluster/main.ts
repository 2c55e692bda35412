/**
 * `npm run test:cluster`: the example on a real cluster, the one that KUBECONFIG names, and what becomes of every request while pods
 * are replaced, sidecars end and the YAML changes. Makes the namespace of the example and deletes it at the end.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Manifest } from '../support/manifests';
import { Cluster } from './cluster';
import { Kubectl } from './kubectl';
import { pageOf, tableOf } from './report';
import { judge, Result, Scenario } from './scenario';
import { SCENARIOS } from './scenarios';
import { NAMESPACE, shop, surroundings } from './stack';

const USAGE = 'npm run test:cluster -- --proxy-image IMAGE [--app-image IMAGE] [--only canary,rollback] [--drain] [--keep] [--page]';
const PAGE = 'docs/cluster-results.md';

interface Options {
  readonly proxy: string;
  readonly app: string;
  readonly keep: boolean;
  readonly page: boolean;
  readonly scenarios: readonly Scenario[];
}

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    console.error(`${options}\nusage: ${USAGE}\nscenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const images = { proxy: options.proxy, app: options.app };
  const kubectl = new Kubectl(process.env['KUBECTL'] ?? 'kubectl', NAMESPACE);
  const cluster = new Cluster(kubectl, images);
  const about = await describe(kubectl);
  console.log(`Kubernetes ${about}`);
  if (await kubectl.succeeds(['get', 'namespace', NAMESPACE])) {
    console.error(`the namespace '${NAMESPACE}' exists; this suite makes it and deletes it, so delete it first: kubectl delete namespace ${NAMESPACE}`);
    return 2;
  }
  const results: Result[] = [];
  try {
    await cluster.apply(surroundings(images));
    await cluster.applyShop();
    await ready(cluster);
    for (const scenario of options.scenarios) results.push(await perform(cluster, scenario));
  } finally {
    if (!options.keep) await kubectl.run(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=true']);
  }
  console.log(`\n${tableOf(results)}`);
  if (options.page) writeFileSync(PAGE, pageOf({ results, cluster: about }));
  const broken = results.filter((result) => result.broken.length > 0).length;
  console.log(`\n${results.length - broken} passed, ${broken} failed`);
  return broken === 0 ? 0 : 1;
}

async function ready(cluster: Cluster): Promise<void> {
  const { images } = cluster;
  const deployments = [...surroundings(images), ...shop(images)].filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name as string);
  console.log(`waiting for ${deployments.join(', ')}`);
  await cluster.rolledOut(...deployments);
}

async function perform(cluster: Cluster, scenario: Scenario): Promise<Result> {
  console.log(`${scenario.name}: ${scenario.does}`);
  const began = Date.now();
  const outcome = await scenario.run(cluster).catch((error: unknown) => ({
    loads: [], checks: [{ name: 'the scenario', wrong: error instanceof Error ? error.message : String(error) }],
  }));
  const result = judge(scenario, outcome, (Date.now() - began) / 1_000);
  for (const broken of result.broken) console.log(`  not so: ${broken}`);
  for (const { failures } of result.loads) for (const failure of failures.slice(0, 5)) console.log(`  failed: ${failure}`);
  return result;
}

async function describe(kubectl: Kubectl): Promise<string> {
  const version = await kubectl.json<{ serverVersion: { gitVersion: string } }>(['version']);
  const { items } = await kubectl.json<{ items: Manifest[] }>(['get', 'nodes']);
  const runtimes = [...new Set(items.map(({ status }) => (status.nodeInfo.containerRuntimeVersion as string).replace('://', ' ')))];
  return `${version.serverVersion.gitVersion}, ${items.length} nodes, ${runtimes.join(', ')}`;
}

function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        'proxy-image': { type: 'string' }, 'app-image': { type: 'string' }, only: { type: 'string' },
        drain: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false }, page: { type: 'boolean', default: false },
      },
    });
    const proxy = values['proxy-image'];
    if (proxy === undefined) return '--proxy-image is missing: name an image of the proxy that the nodes of the cluster can have';
    const names = values.only?.split(',');
    const strange = names?.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
    if (strange !== undefined) return `--only: there is no scenario '${strange}'`;
    const scenarios = SCENARIOS.filter(({ name, onRequest }) => names?.includes(name) ?? (!onRequest || values.drain));
    return { proxy, app: values['app-image'] ?? proxy, keep: values.keep, page: values.page, scenarios };
  } catch (error) {
    return (error as Error).message;
  }
}

void main().then((code) => process.exit(code), (error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});

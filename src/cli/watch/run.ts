/** What `cdk8s-mesh watch` does: finds the proxies in a cluster and serves the page, until Ctrl-C. */
import { join } from 'node:path';
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';
import { PageServer, readPage } from '../page';
import { ClusterProxies, MAX_FORWARDS } from './cluster-proxies';
import { Kubectl } from './kubectl';

/** Each look goes through the API server, so there are fewer than on one machine. */
const PERIOD_MS = 2_000;

/** Settles with the exit code. */
export async function watch(args: Arguments): Promise<number> {
  if (args.positionals.length > 0) throw new UserError(`watch takes no argument, got '${args.positionals[0]}'; a namespace is --namespace NAME`);
  const namespace = args.text('namespace');
  if (namespace !== undefined && args.has('all-namespaces')) throw new UserError('--namespace and --all-namespaces exclude each other');
  const context = args.text('context');
  const scope = args.has('all-namespaces') ? ['--all-namespaces'] : namespace === undefined ? [] : ['--namespace', namespace];
  const source = new ClusterProxies(new Kubectl(context === undefined ? [] : ['--context', context]), scope);
  const port = args.number('port', { min: 0, max: 65_535 });
  const server = new PageServer({
    title: [context ?? 'cluster', namespace ?? (args.has('all-namespaces') ? 'all namespaces' : 'default namespace')].join(' · '),
    source, document: readPage(join(__dirname, 'page.html')), periodMs: PERIOD_MS, ...(port !== undefined && { port }),
  });
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  try {
    const found = (await source.proxies()).length;
    if (found === 0) throw new UserError("no running pod there has the container 'mesh-proxy'; choose another namespace with --namespace, or --all-namespaces");
    if (source.left > 0) process.stdout.write(`${source.left} more pods are not looked at: ${MAX_FORWARDS} is the limit; choose a namespace\n`);
    process.stdout.write(`the live page of ${found} ${found === 1 ? 'pod' : 'pods'} is at ${await server.open()}\nCtrl-C ends it\n`);
    await ended;
  } finally {
    await server.close();
    await source.close();
  }
  return 0;
}

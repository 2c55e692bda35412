/** What `cdk8s-mesh watch` does: finds the proxies in a cluster and serves the page, until Ctrl-C. */
import { join } from 'node:path';
import { CLUSTER_PERIOD_MS, openCluster } from '../cluster/chosen-cluster';
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';
import { PageServer, readPage } from '../page';

/** Settles with the exit code. */
export async function watch(args: Arguments): Promise<number> {
  if (args.positionals.length > 0) throw new UserError(`watch takes no argument, got '${args.positionals[0]}'; a namespace is --namespace NAME`);
  const port = args.number('port', { min: 0, max: 65_535 });
  const { source, title, pods } = await openCluster(args);
  const server = new PageServer({
    title, source, document: readPage(join(__dirname, 'page.html')), periodMs: CLUSTER_PERIOD_MS, ...(port !== undefined && { port }),
  });
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  try {
    process.stdout.write(`the live page of ${pods} ${pods === 1 ? 'pod' : 'pods'} is at ${await server.open()}\nCtrl-C ends it\n`);
    await ended;
  } finally {
    await server.close();
    await source.close();
  }
  return 0;
}

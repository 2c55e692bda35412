/** What `cdk8s-mesh watch` does: finds the proxies in a cluster, or a Prometheus that scrapes them, and serves the page, until Ctrl-C. */
import { join } from 'node:path';
import { systemClock } from '../../proxy/runtime/clock';
import { CLUSTER_PERIOD_MS, openCluster } from '../cluster/chosen-cluster';
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';
import { ScrapedMesh } from '../live';
import { PageServer, PageServerOptions, readPage } from '../page';
import { openPrometheus, PROMETHEUS_PERIOD_MS } from '../prometheus/source';

/** Settles with the exit code. */
export async function watch(args: Arguments): Promise<number> {
  if (args.positionals.length > 0) throw new UserError(`watch takes no argument, got '${args.positionals[0]}'; a namespace is --namespace NAME`);
  const port = args.number('port', { min: 0, max: 65_535 });
  const { what, close, ...shown } = await opened(args);
  const server = new PageServer({
    ...shown, document: readPage(join(__dirname, 'page.html')), ...(port !== undefined && { port }),
  });
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  try {
    process.stdout.write(`the live page of ${what} is at ${await server.open()}\nCtrl-C ends it\n`);
    await ended;
  } finally {
    await server.close();
    await close();
  }
  return 0;
}

/** What the page shows. */
interface Opened extends Pick<PageServerOptions, 'source' | 'proxies' | 'title' | 'periodMs'> {
  readonly what: string;
  close(): Promise<void>;
}

/** Fails when there is nothing to see. */
async function opened(args: Arguments): Promise<Opened> {
  const prometheus = openPrometheus(args);
  if (prometheus) {
    const { source, title } = prometheus;
    const { snapshot: { services } } = await source.look();
    const count = services.filter(({ kind }) => kind !== 'outside').length;
    return { source, title, what: `${count} ${count === 1 ? 'service' : 'services'}`, periodMs: PROMETHEUS_PERIOD_MS, close: () => Promise.resolve() };
  }
  if (args.has('window')) throw new UserError('--window is of use with --prometheus only; the page measures over ten seconds');
  const { source: proxies, title, pods } = await openCluster(args);
  return {
    source: new ScrapedMesh(proxies, { clock: systemClock }), proxies, title, what: `${pods} ${pods === 1 ? 'pod' : 'pods'}`, periodMs: CLUSTER_PERIOD_MS,
    close: () => proxies.close(),
  };
}

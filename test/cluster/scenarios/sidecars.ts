/** Sidecars end and come back while their app goes on. */
import type { Cluster } from '../cluster';
import { equal, Scenario, under } from '../scenario';

/** Ends every process of the sidecar that is not the first, which the kernel protects from its own container. */
const KILL_CHILDREN = `
  const { readdirSync } = require('node:fs');
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (pid > 1 && pid !== process.pid) try { process.kill(pid, 'SIGKILL'); } catch {}
  }`;
/** Asks the first process to end; kubelet then starts the container again. */
const END = 'process.kill(1, "SIGTERM")';

const GET = { url: 'http://catalog/', rate: 100, method: 'GET' } as const;

async function restarts(cluster: Cluster, pod: string): Promise<number> {
  const { status } = await cluster.kubectl.json<{ status: { initContainerStatuses: { name: string; restartCount: number; ready: boolean }[] } }>(['get', 'pod', pod]);
  return status.initContainerStatuses.find(({ name }) => name === 'mesh-proxy')!.restartCount;
}

export const SIDECARS: readonly Scenario[] = [
  {
    name: 'sidecar-killed',
    does: 'the process of the caller\'s proxy is killed three times within some seconds',
    meshed: true,
    maxFailed: Infinity,
    maxOutageMs: 1_000,
    async run(cluster) {
      const pod = await cluster.pod('web-v1');
      const before = await restarts(cluster, pod);
      const loads = await under(cluster, [['web-v1', GET]], async () => {
        for (let kill = 0; kill < 3; kill += 1) {
          await cluster.node(pod, 'mesh-proxy', KILL_CHILDREN);
          await cluster.pause(3_000);
        }
      });
      return { loads, checks: [equal('restarts of the container', await restarts(cluster, pod) - before, 0)] };
    },
  },
  {
    name: 'sidecar-restarted',
    does: 'the container of the caller\'s sidecar ends and is started again by kubelet; the app looks the name up all the while',
    meshed: true,
    maxFailed: Infinity,
    maxOutageMs: 10_000,
    async run(cluster) {
      const pod = await cluster.pod('web-v1');
      const before = await restarts(cluster, pod);
      const lookups = cluster.node(pod, 'main', LOOK_UP, 'catalog', '15000');
      const loads = await under(cluster, [['web-v1', GET]], async () => {
        await cluster.node(pod, 'mesh-proxy', END).catch(() => undefined);
        await cluster.until('the sidecar is up again', async () => await restarts(cluster, pod) > before);
        await cluster.pause(5_000);
      });
      return { loads, checks: [equal('look-ups that led past the sidecar', JSON.parse(await lookups).elsewhere, 0)] };
    },
  },
];

/** Looks a name up for so many milliseconds, again and again, and counts answers that are not a loopback address. */
const LOOK_UP = `
  const { lookup } = require('node:dns');
  const [, name, ms] = process.argv;
  const end = Date.now() + Number(ms);
  let [all, elsewhere] = [0, 0];
  (function next() {
    if (Date.now() > end) return console.log(JSON.stringify({ all, elsewhere }));
    lookup(name, { all: true }, (error, addresses) => {
      all += 1;
      if (error || !addresses.every(({ address }) => /^(::ffff:)?127\\./.test(address))) elsewhere += 1;
      setImmediate(next);
    });
  })();`;

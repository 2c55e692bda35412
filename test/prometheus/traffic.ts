/** Requests at a fixed rate, however long answers take: what a service gets does not sink when it fails. */
import { Agent, get } from 'node:http';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import { flowBetween } from '../../src/cli/up/traffic/flow';

const PER_SECOND = 10;

/** @returns ends it */
export function sendRequests(mesh: LocalMesh, flows: readonly (readonly [from: string, to: string])[]): () => void {
  const agent = new Agent({ keepAlive: true });
  const ways = flows.map(([from, to]) => flowBetween(mesh, from, to));
  const timer = setInterval(() => {
    for (const { host, target } of ways) {
      const place = target();
      if (!place) continue;
      get({ host: place.address, port: place.port, agent, headers: { host } }, (response) => { response.resume(); }).on('error', () => {});
    }
  }, 1_000 / PER_SECOND);
  return () => {
    clearInterval(timer);
    agent.destroy();
  };
}

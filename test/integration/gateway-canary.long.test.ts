/**
 * A canary behind a gateway, by `up`'s mesh of real proxies: in ten reloads, under load, its share grows from nothing to all. A split deals requests
 * out by count and not by chance, so a step's share is exact but for the requests under way when it began: more than 1 % is a fault.
 */
import { Agent, get } from 'node:http';
import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Gateway, MeshService, Scaling, SessionPersistence } from '../../src';
import { VERSION_FIELD } from '../../src/cli/stand-in/server';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import { flowBetween } from '../../src/cli/up/traffic/flow';
import { until } from '../support/raw-http';
import { modelOf, startMesh } from '../support/local-mesh';

jest.setTimeout(300_000);

const REQUESTS = 400;
const CLIENTS = 2;
const containers = [{ image: 'example/app:1', portNumber: 8080 }];

/** A shop and its carts, both with this share of their second version; a cart's sessions are kept. */
const modelAt = (percent: number) => modelOf((chart: Chart) => {
  const keys = kplus.Secret.fromSecretName(chart, 'Keys', 'session-keys');
  const web = new MeshService(chart, 'web', { containers, scaling: Scaling.replicas(2) });
  const cart = new MeshService(chart, 'cart', { containers, scaling: Scaling.replicas(2), sessionPersistence: SessionPersistence.cookie('cart', { keys }) });
  for (const service of [web, cart]) service.addVersion('v2', { containers, weight: percent });
  const edge = new Gateway(chart, 'edge', { scaling: Scaling.replicas(1) });
  edge.route('shop.example.com', web);
  edge.route('cart.example.com', cart);
});

let mesh: LocalMesh;
beforeAll(async () => { mesh = await startMesh(modelAt(0)); });
afterAll(() => mesh.stop());

/** The name of the configuration in force in the gateway. */
async function configuration(): Promise<string> {
  const { address, port } = mesh.pods.find(({ workload }) => workload.service === 'edge')!.adminAddress;
  return /mesh_config_info\{hash="(\w+)"\}/.exec(await (await fetch(`http://${address}:${port}/metrics`)).text())![1]!;
}

interface Answer { readonly status: number; readonly version: string; readonly cookie: string | undefined }

const agent = new Agent({ keepAlive: true });
afterAll(() => agent.destroy());

async function ask(host: string, cookie?: string): Promise<Answer> {
  const { address, port } = flowBetween(mesh, 'outside', 'edge').target()!;
  return new Promise((resolve, reject) => {
    get({ host: address, port, agent, headers: { host, ...(cookie !== undefined && { cookie }) } }, (response) => {
      response.resume().on('end', () => resolve({
        status: response.statusCode!, version: String(response.headers[VERSION_FIELD]), cookie: response.headers['set-cookie']?.[0]?.split(';')[0],
      }));
    }).on('error', reject);
  });
}

/** Waits until the clients have so many answers. */
async function answered(answers: readonly string[], count: number): Promise<void> {
  await until(() => `${count} answers; there are ${answers.length}`, () => answers.length >= count, 60_000);
}

test('shares are within 1 % after each reload, no request fails, and sessions stay with the version that they began with', async () => {
  const sessions = [await ask('cart.example.com')];
  const answers: string[] = [];
  let isOver = false;
  const clients = Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (!isOver) {
      const { status, version } = await ask('shop.example.com').catch((error: Error) => ({ status: 0, version: error.message }));
      answers.push(status === 200 ? version : `failed: ${status} ${version}`);
    }
  }));
  for (let percent = 10; percent <= 100; percent += 10) {
    const before = await configuration();
    await mesh.apply(modelAt(percent));
    while (await configuration() === before) await answered(answers, answers.length + 1);
    const from = answers.length;
    await answered(answers, from + REQUESTS);
    const step = answers.slice(from, from + REQUESTS);
    expect(Math.abs(step.filter((version) => version === 'v2').length / REQUESTS - percent / 100)).toBeLessThanOrEqual(0.01);
    for (const { version, cookie } of sessions) expect(await ask('cart.example.com', cookie)).toEqual({ status: 200, version, cookie: undefined });
    sessions.push(await ask('cart.example.com'));
  }
  isOver = true;
  await clients;
  expect(answers.filter((version) => version !== 'v1' && version !== 'v2')).toEqual([]);
  expect(new Set(sessions.map(({ version }) => version))).toEqual(new Set(['v1', 'v2']));
});

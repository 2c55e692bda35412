/** A mesh whose proxies are made of pages that a test writes. */
import type { MeshProxy, MeshScrape, ProxyScrape } from '../../../src/cli/live';
import { scrapeProxy } from '../../../src/cli/live';
import { DURATION_BUCKETS, ProxyConfig, withDefaults } from '../../../src/contract';
import { callerConfig, configOf } from '../up/support';

export interface FakeEndpoint {
  readonly address: string;
  readonly state?: string;
  readonly stateReason?: string;
  readonly requests?: number;
  readonly inFlight?: number;
}

/** What a proxy's pages say; a test changes it between two scrapes. */
export class FakeProxy implements MeshProxy {
  readonly namespace = 'shop';
  hash = 'h1';
  startedAt = 0;
  lines: string[] = [];
  endpoints: Record<string, FakeEndpoint[]> = {};
  choices: Record<string, { policy: string; reason: string }> = {};
  lastRejected: { hash: string; problems: string[]; at: string } | undefined;
  failure: string | undefined;
  readonly asked: string[] = [];

  constructor(readonly pod: string, readonly address: string, public config: ProxyConfig) {}

  get id(): string { return `${this.namespace}/${this.pod}`; }

  /** Requests so far, each of which took `seconds`. */
  counted(labels: string, requests: number, seconds = 0.001, code = '200', reason = '-'): void {
    this.lines.push(`mesh_requests_total{${labels},method="GET",code="${code}",reason="${reason}"} ${requests}`);
    for (const bound of [...DURATION_BUCKETS, Infinity]) {
      this.lines.push(`mesh_request_duration_seconds_bucket{${labels},class="${code[0]}xx",le="${bound === Infinity ? '+Inf' : bound}"} ${seconds <= bound ? requests : 0}`);
    }
  }

  get(path: string): Promise<string> {
    this.asked.push(path);
    if (this.failure !== undefined) return Promise.reject(new Error(this.failure));
    switch (path) {
      case '/metrics': return Promise.resolve([
        ...this.lines, `mesh_config_info{hash="${this.hash}"} 1`, `process_start_time_seconds ${this.startedAt}`, 'mesh_ready 1', '',
      ].join('\n'));
      case '/endpoints': return Promise.resolve(JSON.stringify({
        clusters: this.config.clusters.map(({ name }) => ({
          name, policy: 'roundRobin', pending: 0, choice: this.choices[name],
          endpoints: (this.endpoints[name] ?? []).map((endpoint) => ({ state: 'ready', weight: 1, inFlight: 0, requests: 0, connections: 0, ...endpoint })),
        })),
      }));
      case '/config': return Promise.resolve(JSON.stringify({ hash: this.hash, document: withDefaults(this.config), lastRejected: this.lastRejected }));
      default: return Promise.reject(new Error(`${path} is not a page`));
    }
  }
}

export const OUTBOUND = 'listener="catalog-80",direction="outbound",route="default",caller="-"';
export const INBOUND = 'listener="inbound",direction="inbound",cluster="app",route="app",caller="unknown"';

/** `web` with two pods calls two versions of `catalog`, nine tenths the first. */
export function shop(): { readonly web: FakeProxy[]; readonly catalog: FakeProxy[]; readonly all: FakeProxy[] } {
  const web = ['web-a', 'web-b'].map((pod, index) => new FakeProxy(pod, `10.0.1.${index + 1}`, callerConfig({ v1: 90, v2: 10 })));
  const catalog = ['v1', 'v2'].map((version, index) => new FakeProxy(`catalog-${version}-a`, `10.0.2.${index + 1}`, configOf('catalog', version)));
  for (const proxy of web) {
    proxy.endpoints = { 'catalog-v1': [{ address: '10.0.2.1:15006' }], 'catalog-v2': [{ address: '10.0.2.2:15006' }] };
  }
  return { web, catalog, all: [...web, ...catalog] };
}

/** @param seconds since an arbitrary moment */
export async function look(proxies: readonly FakeProxy[], seconds: number): Promise<MeshScrape> {
  const scrapes = new Map<string, ProxyScrape>();
  const silent = new Map<string, string>();
  for (const proxy of proxies) {
    if (proxy.failure !== undefined) silent.set(proxy.id, proxy.failure);
    else scrapes.set(proxy.id, await scrapeProxy(proxy, () => seconds * 1_000));
  }
  return { at: seconds * 1_000, wallTime: 1_700_000_000_000 + seconds * 1_000, proxies: scrapes, silent };
}

/**
 * A gateway out of constructs, as a process of the bundled proxy: its document says what it says in a cluster, but for ports, files and
 * endpoints, which are here.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Testing } from 'cdk8s';
import { Gateway, GatewayProps, MeshService } from '../../src';
import { ENV_NODE_IP, ENV_STATE_DIR, GATEWAY_LISTENER, GATEWAY_TLS_LISTENER, ProxyConfig, TLS_DIR } from '../../src/contract';
import type { Certificate } from './key-pairs';
import { documentOf, newChart } from './manifests';
import { freePort } from './ports';
import { PodProcess } from './process-pod';

const BUNDLE = join(__dirname, '../../lib/bin/proxy.js');

export interface GatewayProcessOptions {
  readonly props: GatewayProps;
  /** Declares routes to services that it makes with `service`. */
  build(edge: Gateway, service: (name: string) => MeshService): void;
  /** Port of 127.0.0.1 where the pods of a service are, by the service's name. */
  readonly backends: Readonly<Record<string, number>>;
  /** What is in Secrets, by their names. */
  readonly secrets?: Readonly<Record<string, Certificate>>;
}

export class GatewayProcess {
  private constructor(
    readonly process: PodProcess, readonly port: number, readonly tlsPort: number, readonly adminPort: number, private readonly folder: string,
  ) {}

  static async start(options: GatewayProcessOptions): Promise<GatewayProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
    for (const [name, { certificate, key }] of Object.entries(options.secrets ?? {})) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'tls.crt'), certificate);
      writeFileSync(join(folder, name, 'tls.key'), key);
    }
    mkdirSync(join(folder, 'state'));
    const [port, tlsPort, adminPort] = [await freePort(), await freePort(), await freePort()];
    const ports: Readonly<Record<string, number>> = { [GATEWAY_LISTENER]: port, [GATEWAY_TLS_LISTENER]: tlsPort };
    const document = JSON.parse(JSON.stringify(synthesized(options)).replaceAll(TLS_DIR, folder)) as ProxyConfig;
    const { kubernetes: _, ...rest } = document;
    writeFileSync(join(folder, 'proxy.json'), JSON.stringify({
      ...rest,
      admin: { port: adminPort },
      listeners: document.listeners.map((listener) => ({ ...listener, loopback: false, port: ports[listener.name] })),
      clusters: document.clusters.map((cluster) => ({
        ...cluster,
        discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: options.backends[/^[^/]+\/(.+)-v1$/.exec(cluster.name)![1]!] }] },
      })),
    }));
    const process_ = new PodProcess(spawn(process.execPath, [BUNDLE, '--config', join(folder, 'proxy.json')], {
      env: { PATH: process.env.PATH, POD_IPS: '127.0.0.1', [ENV_NODE_IP]: '127.0.0.1', [ENV_STATE_DIR]: join(folder, 'state') },
    }));
    await process_.logs('started');
    return new GatewayProcess(process_, port, tlsPort, adminPort, folder);
  }

  async close(): Promise<void> {
    await this.process.kill();
    rmSync(this.folder, { recursive: true });
  }
}

function synthesized({ props, build }: GatewayProcessOptions): ProxyConfig {
  const chart = newChart();
  const edge = new Gateway(chart, 'edge', props);
  build(edge, (name) => new MeshService(chart, name, { containers: [{ image: `ghcr.io/acme/${name}:1`, portNumber: 8080 }] }));
  return documentOf(Testing.synth(chart), 'edge');
}

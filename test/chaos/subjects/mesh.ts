/**
 * This project's proxy as the constructs configure it for a service that calls another: nothing of the call is said but its
 * timeout, so the policies are the default ones. It discovers endpoints by the embedded EndpointSlice API.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chart, Duration } from 'cdk8s';
import { AppProtocol, type CallOptions, Match, MeshService, Retry, Route, Scaling } from 'cdk8s-mesh';
import type { ClusterConfig, ProxyConfig } from '../../../src/contract';
import { APP_CLUSTER, ENV_CONFIG, ENV_POD_IPS, ENV_POD_NAME, ENV_POD_NAMESPACE, SIDECAR_CONTAINER } from '../../../src/contract';
import { Child } from '../../../src/cli/up/processes/child';
import { CA_FILE_NAME, EndpointApi, TOKEN_FILE_NAME } from '../../../src/cli/up/endpoint-api';
import { imageNodeOptions } from '../../../src/planning/proxy-memory';
import { modelOf } from '../../support/local-mesh';
import { freePort } from '../../support/proxy';
import { until } from '../../support/raw-http';
import { GRPC_SERVICE, isIdempotent, Method, METHODS, Protocol } from '../message';
import { PROGRAMS } from '../programs';
import { CALL_TIMEOUT_MS, commandOf, DNS_NAME, ProxySetting, PublishedPod, RunningProxy, stopProxy, Subject, SubjectDependencies } from './subject';

const HOST = '127.0.0.1';
const NAMESPACE = 'shop';

/** Put before the program: steps the wall clock on each SIGUSR2, forth and back by more each time. */
const CLOCK_STEPS = `
const Real = Date;
let offset = 0;
let step = 0;
globalThis.Date = class extends Real {
  constructor(...args) { args.length === 0 ? super(Real.now() + offset) : super(...args); }
  static now() { return Real.now() + offset; }
};
process.on('SIGUSR2', () => { step += 1; offset = (step % 2 === 0 ? -1 : 1) * step * 3600000; });
`;

export const MESH: Subject = {
  name: 'cdk8s-mesh',
  async start({ folder, reaper, setting, pods }: SubjectDependencies): Promise<RunningProxy> {
    const { config, services, nodeOptions } = synthesized(setting);
    const api = new EndpointApi({ address: HOST, credentialsFolder: folder });
    let current: readonly PublishedPod[] = pods;
    const write = (): void => {
      for (const { service, portName } of services) {
        api.setPods(NAMESPACE, service, current.map(({ name, address, port, zone, ready, terminating }) => ({
          name, uid: name, address, port, zone, ready: ready && !terminating, serving: ready, terminating,
          ...(portName === undefined ? {} : { portName }),
        })));
      }
    };
    write();
    await api.listen();

    const port = await freePort(HOST);
    const admin = await freePort(HOST);
    const document: ProxyConfig = {
      ...config,
      listeners: config.listeners.map((listener) => ({ ...listener, address: HOST, port })),
      admin: { port: admin, loopbackAddress: HOST },
      kubernetes: { server: api.url, tokenFile: join(folder, TOKEN_FILE_NAME), caFile: join(folder, CA_FILE_NAME) },
      ...(setting.log === undefined ? {} : { accessLog: { mode: 'all' } }),
    };
    const file = join(folder, 'proxy.json');
    writeFileSync(file, JSON.stringify(document));
    const preload = join(folder, 'clock-steps.cjs');
    writeFileSync(preload, CLOCK_STEPS);
    const child = new Child({
      ...commandOf(setting, [process.execPath, ...(setting.stepsClock ? ['--require', preload] : []), PROGRAMS.proxy]),
      env: {
        ...process.env, NODE_OPTIONS: nodeOptions, [ENV_CONFIG]: file, [ENV_POD_NAME]: 'web-0', [ENV_POD_NAMESPACE]: NAMESPACE, [ENV_POD_IPS]: HOST,
      },
      reaper,
    });
    const stop = async (): Promise<void> => {
      await stopProxy(child);
      await api.close();
    };
    try {
      let ready = false;
      await until(() => `the proxy is ready: ${child.output.join('\n')}`, () => {
        fetch(`http://${HOST}:${admin}/ready`).then(({ ok }) => { ready ||= ok; }, () => undefined);
        return ready || !child.running;
      }, 20_000);
      if (!child.running) throw new Error(`the proxy ended: ${child.output.join('\n')}`);
    } catch (error) {
      await stop();
      throw error;
    }
    return {
      place: { address: HOST, port },
      child,
      publish: (next) => {
        current = next;
        write();
      },
      loseControlPlane: () => api.stop(),
      returnControlPlane: () => api.start(),
      stop,
    };
  },
};

interface Synthesized {
  /** The caller's document, of which only its outbound side is left. */
  readonly config: ProxyConfig;
  readonly services: readonly { readonly service: string; readonly portName: string | undefined }[];
  /** As in the sidecar's container. */
  readonly nodeOptions: string;
}

const PROTOCOLS: Readonly<Record<Protocol, AppProtocol>> = { http: AppProtocol.HTTP, grpc: AppProtocol.GRPC, tcp: AppProtocol.TCP };

/** What a caller says of its calls: of gRPC, which of its methods may be sent again, as they don't say so by themselves. */
function callOptions(protocol: Protocol, callTimeoutMs: number): CallOptions {
  const timeout = Duration.millis(callTimeoutMs);
  if (protocol === 'tcp') return {};
  if (protocol === 'http') return { timeout };
  const again = (Object.keys(METHODS) as Method[]).filter((method) => isIdempotent(method, protocol));
  return { timeout, routes: again.map((method) => Route.when(Match.grpc({ service: GRPC_SERVICE, method })).retry(Retry.allMethods())) };
}

function synthesized({ protocol = 'http', callTimeoutMs = CALL_TIMEOUT_MS, dns }: ProxySetting): Synthesized {
  const model = modelOf((chart: Chart) => {
    const container = { image: 'example/app:1', portNumber: 8080 };
    const catalog = new MeshService(chart, 'catalog', {
      containers: [container], port: 80, scaling: Scaling.replicas(3), protocol: PROTOCOLS[protocol],
      // What was sent into a silent loss is noticed by that alone.
      ...(protocol === 'tcp' ? { tcp: { idleTimeout: Duration.seconds(5) } } : {}),
    });
    new MeshService(chart, 'web', { containers: [container] }).calls(catalog, callOptions(protocol, callTimeoutMs));
  });
  const { config, containers } = model.workloads.find(({ service }) => service === 'web')!;
  const clusters = config.clusters.filter(({ name }) => name !== APP_CLUSTER);
  const option = containers.find(({ name }) => name === SIDECAR_CONTAINER)?.env.find(({ name }) => name === 'NODE_OPTIONS');
  return {
    config: {
      ...config,
      listeners: config.listeners.filter(({ direction }) => direction === 'outbound'),
      clusters: dns === undefined ? clusters : clusters.map((cluster): ClusterConfig => ({
        ...cluster, discovery: { type: 'dns', record: 'address', hostname: DNS_NAME, port: dns.port, servers: [dns.server] },
      })),
    },
    services: clusters.flatMap(({ discovery }) => (discovery.type === 'endpointSlice' ? [{ service: discovery.service, portName: discovery.portName }] : [])),
    nodeOptions: option?.type === 'value' ? option.value : imageNodeOptions(),
  };
}

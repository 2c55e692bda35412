/**
 * The sidecar's process: reads the mounted configuration, runs the proxy, takes over new configurations, drains on
 * SIGTERM. Exits with 0 after a drain, with 1 when nothing can run.
 *
 * Nothing here knows whether it runs in a cluster: addresses, files and names come from the configuration and from the
 * environment.
 */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { KubernetesApiConfig, ResolvedProxyConfig } from '../contract';
import { systemClock } from './clock';
import type { SourceFactory } from './cluster/cluster';
import { ConfigWatcher } from './config/watcher';
import { createSource, KubernetesApi } from './discovery';
import { readEnvironment } from './environment';
import { Proxy } from './proxy';
import type { Exchange } from './serve/exchange';
import { AccessLog } from './telemetry/access-log';
import { AdminServer } from './telemetry/admin';
import { FAMILIES } from './telemetry/catalog';
import { reportCluster } from './telemetry/cluster-view';
import { ConfigMetrics } from './telemetry/config-metrics';
import { expose } from './telemetry/exposition';
import { LineWriter, openStandardOutput } from './telemetry/line-writer';
import { EventLog } from './telemetry/log';
import { EVENT_LOOP_RESOLUTION_MS, observeProcess } from './telemetry/process-metrics';
import { MetricRegistry } from './telemetry/registry';

/** Set by the bundler. */
declare const MESH_VERSION: string;

/** How long the last log lines may take to be written. */
const FLUSH_MS = 500;

const clock = systemClock;
const writer = new LineWriter(openStandardOutput());
const registry = new MetricRegistry();
const log = new EventLog(writer, clock, undefined, () => countLimit('repeatedEvents'));

function countLimit(limit: string): void {
  registry.counter(FAMILIES.limitReached, { limit }).value += 1;
}

async function exit(code: number): Promise<never> {
  await writer.flush(clock, FLUSH_MS);
  process.exit(code);
}

/** Nothing can run: says why, for people on standard error and as an event. */
async function giveUp(problems: readonly string[]): Promise<never> {
  process.stderr.write(`cdk8s-mesh proxy can't start:\n${problems.map((problem) => `  ${problem}\n`).join('')}`);
  log.error('start_failed', { problems });
  return exit(1);
}

function sourcesFor(podIps: readonly string[]): SourceFactory {
  let config: string | undefined;
  let api: KubernetesApi | undefined;
  const apiFor = (kubernetes: KubernetesApiConfig | undefined): KubernetesApi | undefined => {
    const text = JSON.stringify(kubernetes);
    if (text !== config) {
      config = text;
      api = kubernetes && new KubernetesApi(kubernetes, process.env, clock);
    }
    return api;
  };
  return (cluster, document) => createSource(cluster.discovery, {
    clock,
    random: Math.random,
    kubernetes: apiFor(document.kubernetes),
    podIps,
    onEvent: (name, fields) => log.warn(name, { cluster: cluster.name, ...fields }),
  });
}

function accessRecorder(config: ResolvedProxyConfig): ((exchange: Exchange) => void) | undefined {
  if (config.accessLog.mode === 'off') return undefined;
  const accessLog = new AccessLog(writer, clock, config.accessLog.mode);
  return (exchange) => accessLog.record({
    listener: exchange.client.listener.name,
    description: exchange.description,
    status: exchange.status,
    reason: exchange.reason,
    detail: exchange.detail,
    durationMs: exchange.durationMs,
    cluster: exchange.cluster?.name,
    endpoint: exchange.endpoint?.key,
    attempts: exchange.attempts,
    bytesIn: exchange.requestBytes,
    bytesOut: exchange.responseBytes,
  });
}

async function main(): Promise<void> {
  let environment;
  try {
    environment = readEnvironment(process.argv.slice(2), process.env);
  } catch (error) {
    return giveUp([(error as Error).message]);
  }
  const { configPath, pod, podIps, bindAddresses } = environment;
  let text: string;
  try {
    text = readFileSync(configPath, 'utf8');
  } catch (error) {
    return giveUp([`the configuration can't be read: ${(error as Error).message}`]);
  }

  const started = await Proxy.start(text, { clock, random: Math.random, sources: sourcesFor(podIps), registry, podAddresses: bindAddresses });
  if (!('proxy' in started)) return giveUp(started.problems);
  const { proxy } = started;
  log.node = { ...proxy.config.node, ...(pod === undefined ? {} : { pod }) };
  proxy.context.onExchange = accessRecorder(proxy.config);

  const configMetrics = new ConfigMetrics(registry, clock);
  configMetrics.applied(proxy.hash);
  let rejected: { hash: string; problems: readonly string[]; at: string } | undefined;

  const admin = new AdminServer({
    ready: () => proxy.readiness(),
    metrics: () => expose(registry),
    config: () => ({ hash: proxy.hash, document: proxy.config, lastRejected: rejected }),
    endpoints: () => ({ clusters: proxy.clusters.all().map((cluster) => reportCluster(cluster, clock.now())) }),
  }, (event, fields) => log.warn(event, fields));
  const listening = await admin.listen({ ...proxy.config.admin, podAddresses: bindAddresses });
  if (!listening.ok) {
    proxy.close();
    return giveUp([listening.problem]);
  }

  observe(proxy);

  const watcher = new ConfigWatcher(configPath, text, clock, async (next) => {
    const admins = JSON.stringify(proxy.config.admin);
    const applied = await proxy.apply(next);
    if (!applied.ok) {
      configMetrics.rejected();
      rejected = { hash: applied.hash, problems: applied.problems, at: new Date(clock.wallTime()).toISOString() };
      log.error('config_rejected', { hash: applied.hash, problems: applied.problems });
      return;
    }
    configMetrics.applied(applied.hash);
    rejected = undefined;
    proxy.context.onExchange = accessRecorder(applied.config);
    log.info('config_applied', { hash: applied.hash });
    if (admins !== JSON.stringify(applied.config.admin)) log.warn('config_needs_restart', { field: 'admin' });
  }, (error) => log.warn('config_unreadable', { error: error.message }));
  watcher.start();

  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return exit(0);
    stopping = true;
    watcher.close();
    log.info('draining', { signal, connections: proxy.context.connections, drainMs: proxy.config.shutdown.drainMs });
    const { cut } = await proxy.drain();
    log.info('stopped', { cut });
    await admin.close();
    return exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(signal));

  log.info('started', {
    version: MESH_VERSION,
    hash: proxy.hash,
    listeners: proxy.listeners.all().map((listener) => `${listener.name} ${listener.authority}`),
    clusters: proxy.clusters.all().map((cluster) => cluster.name),
  });
}

function observe(proxy: Proxy): void {
  const eventLoopDelay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
  eventLoopDelay.enable();
  observeProcess(registry, clock, {
    cpuUsage: () => process.cpuUsage(),
    rss: () => process.memoryUsage.rss(),
    startedAt: clock.wallTime() - process.uptime() * 1_000,
    eventLoopDelay,
  });
  registry.observe(FAMILIES.logLinesDropped, {}, () => writer.dropped);
  registry.observe(FAMILIES.ready, {}, () => (proxy.readiness().ready ? 1 : 0));
  registry.gauge(FAMILIES.buildInfo, { version: MESH_VERSION, runtime: `node ${process.version}` }).value = 1;
  registry.gauge(FAMILIES.nodeInfo, { ...proxy.config.node }).value = 1;
}

process.on('uncaughtException', (error) => {
  log.error('crashed', { error: error.stack ?? error.message });
  void exit(1);
});

void main();

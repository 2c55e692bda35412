/**
 * The sidecar's process: reads the mounted configuration, runs the proxy, takes over new configurations, drains on
 * SIGTERM. Exits with 0 after a drain, with 1 when nothing can run, with 70 after a defect. With `workers` above 1 this process does everything but
 * serve requests, and the same file runs once more for each worker.
 *
 * Nothing here knows whether it runs in a cluster: addresses, files and names come from the configuration and from the
 * environment.
 */
import { IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { Resolver } from 'node:dns/promises';
import { createInterface } from 'node:readline';
import type { PolicyChoice } from '../../balancing';
import { CONTRACT_MINOR, isOfGateway, KubernetesApiConfig, ResolvedProxyConfig } from '../../contract';
import { LONGEST_WAIT_MS, systemClock } from '../runtime/clock';
import { compileForRequests } from '../runtime/compiler';
import type { SourceFactory } from '../cluster/cluster';
import { decodeConfig, Document } from '../config/decode';
import { Kept, KeptDocument } from '../config/kept';
import type { PodNames } from '../config/succeed';
import { createSource, KubernetesApi } from '../discovery';
import type { Engine } from './engine';
import { Environment, readEnvironment } from './environment';
import { FileWatcher } from '../runtime/file-watcher';
import { ExchangeListeners } from './exchange-listeners';
import { startWithFirst } from './first-document';
import { identitiesOf } from './identities';
import { SocketHandover } from '../net/handover';
import type { AppNames } from '../hosts/app-names';
import { openAliasNames, openAppNames } from '../hosts/open';
import { giveBackAfterStart, processMemory } from '../runtime/process-memory';
import { Pages } from './pages';
import { Proxy, Readiness, Refused } from './proxy';
import { observeSelf } from './self-metrics';
import { SingleProcess } from './single';
import { inodesOf, readLists } from '../sockets/pod-sockets';
import { StraightConnections } from '../sockets/straight-connections';
import { AuditLog } from '../telemetry/audit-log';
import { dump, merge } from '../telemetry/aggregate';
import { FAMILIES } from '../telemetry/catalog';
import { ConfigMetrics } from '../telemetry/config-metrics';
import { Format, pieces } from '../telemetry/exposition';
import { LineWriter, openStandardOutput } from '../telemetry/line-writer';
import { EventLog } from '../telemetry/log';
import { EVENT_LOOP_RESOLUTION_MS } from '../telemetry/process-metrics';
import { MetricRegistry } from '../telemetry/registry';
import { isFromNode, nodeAddresses } from '../termination/node-addresses';
import type { IdentityListener } from '../tls/identity';
import { TerminationNotices } from '../termination/notices';
import { Fleet, WorkerProcess } from './workers/fleet';
import type { ToWorker } from './workers/messages';
import { Worker } from './workers/worker';

/** Set by the bundler. */
declare const MESH_VERSION: string;

/** Exit code after a defect of the proxy, which another start may not meet; 1 says that it can't start. EX_SOFTWARE of sysexits.h. */
const CRASHED = 70;

/** How long the last log lines may take to be written. */
const FLUSH_MS = 500;

const clock = systemClock;
const writer = new LineWriter(openStandardOutput());
const registry = new MetricRegistry();
const handover = new SocketHandover(process.env);
const auditLog = new AuditLog(writer, clock);
const exchanges = new ExchangeListeners(writer, clock, String(process.pid), () => countLimit('recentRequests'));
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

function logCertificate(listener: string, problems: readonly string[]): void {
  if (problems.length > 0) log.error('certificate_rejected', { listener, problems });
  else log.info('certificate_renewed', { listener });
}

function logIdentity(problems: readonly string[], inUse: Parameters<IdentityListener>[1]): void {
  if (problems.length > 0) log.error('identity_rejected', { problems, inUse: inUse?.id });
  else if (inUse!.untrusted !== undefined) log.warn('identity_untrusted', { id: inUse!.id, problem: inUse!.untrusted });
  else log.info('identity_renewed', { id: inUse!.id, expiresAt: new Date(inUse!.expiresAt * 1_000).toISOString() });
}

function logUpstreamTls(cluster: string, problems: readonly string[]): void {
  if (problems.length > 0) log.error('upstream_tls_rejected', { cluster, problems });
  else log.info('upstream_tls_renewed', { cluster });
}

function logChoice(cluster: string, { policy, reason }: PolicyChoice): void {
  log.info('balancing_policy_changed', { cluster, policy, reason });
}

function logTracingProblem(endpoint: string, problem: string): void {
  log.warn('spans_not_delivered', { endpoint, problem, effect: 'spans are dropped; requests are not affected' });
}

function logBypass(address: string): void {
  log.warn('sidecar_passed_by', { from: address, effect: 'retries, limits and metrics of its calls are left out', remedy: 'see docs/decisions/past-the-sidecar.md' });
}

/** Looks for connections of the app that pass this process by. */
function watchSockets(engine: Engine): StraightConnections {
  const workers = (): number[] => Object.values(cluster.workers ?? {}).flatMap((worker) => worker?.process.pid ?? []);
  return new StraightConnections({
    clock, registry, random: Math.random, dns: new Resolver(),
    listeners: () => engine.config.listeners,
    read: () => readLists(() => countLimit('podSockets')),
    own: () => inodesOf([process.pid, ...workers()]),
    onFound: ({ listener, address, connections }) => log.warn('app_passes_by', {
      listener, address, connections, effect: 'no retries, limits or metrics for these', remedy: 'see docs/decisions/past-the-sidecar.md',
    }),
    onUnreadable: (problem) => log.info('sockets_unreadable', { problem }),
  });
}

function logSessionKeys(file: string, problem: string | undefined): void {
  if (problem !== undefined) log.error('session_keys_rejected', { problem });
  else log.info('session_keys_applied', { file });
}

function logJwks(file: string, problem: string | undefined): void {
  if (problem !== undefined) log.error('jwks_rejected', { problem });
  else log.info('jwks_applied', { file });
}

/** What this proxy is too old for. */
function logIgnored({ config, ignored }: Document): void {
  if (ignored.length > 0) log.warn('config_fields_ignored', { minor: config.minor, knownMinor: CONTRACT_MINOR, fields: ignored });
}

/** What is in force changed: what this process logs of requests follows. */
function onCommit(proxy: Proxy): void {
  exchanges.commit(proxy, Math.random);
  proxy.context.onAudit = (record) => auditLog.record(record);
}

/** The primary's channel to a worker; its log lines come through a pipe, for several writers would mix theirs up. */
function forkWorker(): WorkerProcess {
  const worker = cluster.fork();
  const lines = createInterface({ input: worker.process.stdout! });
  lines.on('line', (line) => writer.write(line));
  worker.process.stderr!.pipe(process.stderr, { end: false });
  // A message to a worker that has just died is lost, and its replacement is told everything.
  worker.on('error', () => undefined);
  return {
    send: (message) => { if (worker.isConnected()) worker.send(message); },
    kill: () => worker.process.kill('SIGKILL'),
    onMessage: (listener) => worker.on('message', listener),
    onExit: (listener) => worker.on('exit', listener),
  };
}

async function startEngine(
  text: string, environment: Environment, names: PodNames | undefined, before?: ResolvedProxyConfig,
): Promise<{ engine: Engine } | Refused> {
  const { pod, podIps, bindAddresses, redirectedPorts, memoryLimitBytes } = environment;
  const sources = sourcesFor(podIps);
  const decoded = decodeConfig(text);
  if (decoded.ok && decoded.config.workers > 1) {
    // The workers' sockets are made by Node, which knows of no others.
    handover.closeRest();
    cluster.setupPrimary({ silent: true });
    return Fleet.start(text, {
      clock, sources, size: decoded.config.workers, fork: forkWorker, onEvent: (event, fields) => log.warn(event, fields),
      identities: identitiesOf({ clock, random: Math.random, registry, onChange: logIdentity }),
      ...(before && { before }), ...(names && { names }),
    });
  }
  const started = await Proxy.start(text, {
    clock, random: Math.random, sources, registry, identity: pod ?? '', podAddresses: bindAddresses, redirectedPorts, memory: processMemory(memoryLimitBytes),
    onCertificate: logCertificate, onIdentity: logIdentity, onUpstreamTls: logUpstreamTls, onSessionKeys: logSessionKeys, onJwks: logJwks,
    onChoice: logChoice, onBypass: logBypass,
    onTracingProblem: logTracingProblem, handover, ...(names && { names }),
  }, before);
  return 'proxy' in started ? { engine: new SingleProcess(started.proxy, registry, clock, onCommit, exchanges) } : started;
}

/** The documents that a start may come to. */
function documentsOf(text: string, kept: Kept | undefined): readonly ResolvedProxyConfig[] {
  const mounted = decodeConfig(text);
  return [...mounted.ok ? [mounted.config] : [], ...kept ? [kept.config] : []];
}

async function main(environment: Environment): Promise<void> {
  const { configPath, stateDir, hostsFile, pod, podIps, bindAddresses } = environment;
  let text: string;
  try {
    text = readFileSync(configPath, 'utf8');
  } catch (error) {
    return giveUp([`the configuration can't be read: ${(error as Error).message}`]);
  }
  const kept = new KeptDocument(stateDir, (problem) => log.warn('document_not_kept', { problem }));
  const before = kept.read();
  let names: AppNames | undefined;
  let podNames: PodNames | undefined;
  // The clock's timers keep no process alive, and nothing else does yet.
  const waiting = setInterval(() => undefined, LONGEST_WAIT_MS);
  try {
    names = hostsFile === undefined ? undefined : await openAppNames(hostsFile, podIps, { clock, registry, log });
    podNames = names ?? await openAliasNames(documentsOf(text, before), podIps, { clock, registry, log });
  } catch (error) {
    return giveUp([`the hosts file can't be read: ${(error as Error).message}`]);
  } finally {
    clearInterval(waiting);
  }
  const started = await startWithFirst(text, before, (first, config) => startEngine(first, environment, podNames, config));
  if (!('engine' in started)) return giveUp(started.problems);
  const { engine } = started;
  handover.closeRest();
  try {
    names?.first(engine.config);
  } catch (error) {
    engine.close();
    return giveUp([`the hosts file can't be written, without which the app would pass the proxy by: ${(error as Error).message}`]);
  }
  identify(engine.config, pod);
  const keeping = kept.save({ text: started.text, config: engine.config });
  if (started.lost) log.warn('calls_not_kept', { problems: started.lost.problems });

  const configMetrics = new ConfigMetrics(registry, clock);
  configMetrics.applied(engine);
  let rejected: { hash: string; problems: readonly string[]; at: string } | undefined;
  const reject = ({ hash, problems }: Refused): void => {
    configMetrics.rejected();
    rejected = { hash, problems, at: new Date(clock.wallTime()).toISOString() };
    log.error('config_rejected', { hash, problems });
  };
  if (started.refused) reject(started.refused);
  giveBackAfterStart();
  compileForRequests();

  const straight = watchSockets(engine);
  // Outside of a pod the lists are another's.
  if (podNames) straight.start();
  const nodes = nodeAddresses(environment.nodeIp);
  const notices = new TerminationNotices({ clock, registry, log, engine, isFromNode: (address) => isFromNode(address, nodes) });
  // Health checks of load balancers learn of the end by this alone. Services know from Kubernetes.
  const readiness = async (): Promise<Readiness> => (notices.isBelieved && engine.config.listeners.some(isOfGateway)
    ? { ready: false, why: 'the pod is being terminated' } : engine.readiness());
  const sources = {
    ready: readiness,
    terminating: (from: string) => notices.receive(from),
    propagated: () => notices.propagated(),
    metrics: async (format: Format) => {
      const { ready } = await readiness();
      registry.gauge(FAMILIES.ready, {}).value = ready ? 1 : 0;
      return pieces(engine instanceof Fleet ? merge([dump(registry), ...await engine.metrics()]) : registry.families(), format);
    },
    config: () => ({ hash: engine.hash, document: engine.config, ignored: engine.ignored, lastRejected: rejected }),
    requests: () => engine.recentRequests(),
    endpoints: async () => ({ clusters: await engine.clusters(), pastTheirSidecars: await engine.bypasses(), pastThisSidecar: straight.found }),
  };
  const pages = new Pages({ engine, sources, podAddresses: bindAddresses, log, registry, onLimit: countLimit });
  const taken = await pages.listen();
  if (taken !== undefined) {
    engine.close();
    return giveUp([taken]);
  }
  observeSelf(registry, clock, writer, eventLoopDelay());
  names?.publish(engine);

  // A document that may be had later is looked at again.
  const watcher = new FileWatcher([configPath], started.refused?.mayPass ? [] : [text], clock, async ([next]) => {
    const { workers } = engine.config;
    names?.hold();
    const applied = await engine.apply(next!);
    names?.publish(engine);
    if (!applied.ok) {
      // Tried again every few seconds, it is told and counted once.
      if (rejected?.hash === applied.hash && applied.mayPass) return false;
      reject(applied);
      return applied.mayPass !== true;
    }
    configMetrics.applied(applied);
    await kept.save({ text: next!, config: applied.config });
    rejected = undefined;
    log.info('config_applied', { hash: applied.hash });
    logIgnored(applied);
    pages.follow();
    if (workers !== applied.config.workers) log.warn('config_needs_restart', { field: 'workers' });
    return true;
  }, (error) => log.warn('config_unreadable', { error: error.message }));
  watcher.start();

  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return exit(0);
    stopping = true;
    watcher.close();
    const drainMs = notices.timeToDrainMs;
    notices.close();
    log.info('draining', { signal, connections: engine.connections, drainMs });
    const { cut } = await engine.drain(drainMs);
    log.info('stopped', { cut });
    await pages.close();
    return exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(signal));

  await keeping;
  const { config, hash } = engine;
  const { deaths, lastDeath } = environment;
  registry.counter(FAMILIES.processDeaths, {}).value = deaths;
  log.info('started', {
    version: MESH_VERSION,
    hash,
    listeners: config.listeners.map(({ name, address, port }) => `${name} ${address ?? bindAddresses.join(',')}:${port}`),
    clusters: config.clusters.map(({ name }) => name),
    workers: config.workers,
    ...(deaths > 0 && { deaths, lastDeath }),
  });
  logIgnored(engine);
}

/** A worker does what the primary says until it is told to drain, or the primary is gone. */
function work({ pod, bindAddresses, redirectedPorts, memoryLimitBytes }: Environment): void {
  compileForRequests();
  observeSelf(registry, clock, writer, eventLoopDelay());
  const worker = new Worker({
    clock, random: Math.random, registry, identity: `${pod ?? ''}/${cluster.worker!.id}`, podAddresses: bindAddresses, redirectedPorts,
    memory: processMemory(memoryLimitBytes),
    onCertificate: logCertificate, onIdentity: logIdentity, onUpstreamTls: logUpstreamTls, onSessionKeys: logSessionKeys, onJwks: logJwks,
    onChoice: logChoice, onBypass: logBypass,
    onTracingProblem: logTracingProblem,
    recentRequests: () => exchanges.readRecent(),
    send: (message) => { if (process.connected) process.send!(message); },
    onCommit: (proxy) => {
      identify(proxy.config, pod);
      onCommit(proxy);
    },
    onDrained: () => void exit(0),
  });
  process.on('message', (message) => worker.receive(message as ToWorker));
  process.on('disconnect', () => void exit(0));
  // Kubernetes and terminals signal all processes at once; the primary says when.
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => undefined);
}

function eventLoopDelay(): IntervalHistogram {
  const delay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
  delay.enable();
  return delay;
}

function identify({ node }: ResolvedProxyConfig, pod: string | undefined): void {
  log.node = { ...node, ...(pod === undefined ? {} : { pod }) };
  registry.gauge(FAMILIES.nodeInfo, { ...node }).value = 1;
}

process.on('uncaughtException', (error) => {
  log.error('crashed', { error: error.stack ?? error.message });
  void exit(CRASHED);
});

let environment: Environment | undefined;
try {
  environment = readEnvironment(process.argv.slice(2), process.env);
} catch (error) {
  void giveUp([(error as Error).message]);
}
if (environment && cluster.isWorker) work(environment);
else if (environment) void main(environment);

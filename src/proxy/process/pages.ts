/**
 * The pages that a process serves: those of the admin port, and metrics by mutual TLS where the document asks for that. Ports and addresses are those
 * of the first document; who may read metrics, and whether that takes mutual TLS, are those of the document in force.
 */
import type { ResolvedAdmin } from '../../contract';
import { AdminEvent, AdminServer, AdminSources } from '../telemetry/admin';
import type { EventLog, Fields } from '../telemetry/log';
import type { MetricRegistry } from '../telemetry/registry';
import { TlsInstruments } from '../telemetry/tls-instruments';
import type { Engine } from './engine';
import { METRICS_LISTENER, MetricsServer, MetricsServerEvent } from './metrics-server';

interface Dependencies {
  readonly engine: Pick<Engine, 'config' | 'identity'>;
  readonly sources: Omit<AdminSources, 'metricsTlsPort'>;
  readonly podAddresses: readonly string[];
  readonly log: Pick<EventLog, 'warn'>;
  readonly registry: MetricRegistry;
  onLimit(limit: string): void;
}

export class Pages {
  private readonly admin: AdminServer;
  private readonly metrics: MetricsServer | undefined;
  private readonly first: ResolvedAdmin;

  constructor(private readonly dependencies: Dependencies) {
    const { engine, sources, log, registry, onLimit } = dependencies;
    const { admin, limits: { tlsHandshakeTimeoutMs } } = engine.config;
    const onEvent = (event: AdminEvent | MetricsServerEvent, fields: Fields): void => log.warn(event, fields);
    this.first = admin;
    const metricsTlsPort = (): number | undefined => engine.config.admin.metricsMutualTls?.port;
    this.admin = new AdminServer({ ...sources, metricsTlsPort }, onEvent, () => onLimit('adminConnections'));
    this.metrics = admin.metricsMutualTls && new MetricsServer({
      metrics: sources.metrics, instruments: new TlsInstruments(registry, METRICS_LISTENER), handshakeTimeoutMs: tlsHandshakeTimeoutMs,
      onEvent, onLimit,
    });
  }

  /** Returns what went wrong, if something can't be bound; then nothing is. */
  async listen(): Promise<string | undefined> {
    const { podAddresses } = this.dependencies;
    const listening = await this.admin.listen({ ...this.first, podAddresses });
    if (!listening.ok) return listening.problem;
    const problem = await this.metrics?.listen(this.first.metricsMutualTls!.port, podAddresses);
    if (problem === undefined) this.follow();
    else await this.admin.close();
    return problem;
  }

  /** Another document is in force. */
  follow(): void {
    const { engine, log } = this.dependencies;
    this.metrics?.follow(engine.identity, engine.config.admin.metricsMutualTls);
    if (bindingsOf(engine.config.admin) !== bindingsOf(this.first)) log.warn('config_needs_restart', { field: 'admin' });
  }

  async close(): Promise<void> {
    await Promise.all([this.admin.close(), this.metrics?.close()]);
  }
}

/** What a restart is needed for. */
function bindingsOf({ port, loopbackAddress, metricsMutualTls }: ResolvedAdmin): string {
  return JSON.stringify([port, loopbackAddress, metricsMutualTls?.port]);
}

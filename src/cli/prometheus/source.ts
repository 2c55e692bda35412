/** The mesh as a Prometheus has it, chosen by flags. */
import { systemClock } from '../../proxy/runtime/clock';
import type { Arguments } from '../command-line/command';
import { readDurationMs } from '../command-line/duration';
import { UserError } from '../command-line/errors';
import type { MeshEvent, Snapshot, SnapshotSource } from '../live';
import { PrometheusClient } from './client';
import { changesBetween, pictureOf } from './picture';
import { Answers, queriesFor, requestsOf } from './queries';

/** New samples come with each scrape, which are far apart. */
export const PROMETHEUS_PERIOD_MS = 5_000;

/** Rates need two samples: of the usual 15 or 30 s, a minute has them. */
const WINDOW_MS = { min: 1_000, max: 86_400_000, default: 60_000 };

export class PrometheusSource implements SnapshotSource {
  private last: Snapshot | undefined;

  constructor(private readonly client: PrometheusClient, private readonly namespace: string | undefined, private readonly seconds: number) {}

  async look(): Promise<{ readonly snapshot: Snapshot; readonly events: readonly MeshEvent[] }> {
    const answers: Record<string, Answers[keyof Answers]> = {};
    // One after another: the picture is of a moment more or less, and a busy Prometheus gets one query at a time.
    for (const [name, expr] of Object.entries(queriesFor(this.namespace, this.seconds))) answers[name] = await this.client.query(expr);
    const all = answers as Answers;
    if (all.ready.length === 0 && all.requests.length === 0) throw await this.emptiness();
    if (all.requests.length === 0) await this.refuseShortWindow();
    const snapshot = pictureOf(all, systemClock.wallTime(), this.seconds);
    if (snapshot.services.length === 0) throw unlabelled();
    const events = this.last ? changesBetween(this.last, snapshot) : [];
    this.last = snapshot;
    return { snapshot, events };
  }

  /** Without two samples there is no rate, and all would look as if it stood still. */
  private async refuseShortWindow(): Promise<void> {
    if ((await this.client.query(requestsOf(this.namespace))).length === 0) return;
    throw new UserError(`Prometheus at ${this.client.title} has fewer than two samples of each series within ${this.seconds} s, so there are no rates; `
      + 'use a longer --window, such as four times its scrape interval, or wait for its next scrape');
  }

  /** Why there is nothing to see. */
  private async emptiness(): Promise<UserError> {
    const where = this.namespace === undefined ? '' : ` of namespace '${this.namespace}'`;
    const anywhere = (await this.client.query('count(mesh_ready)')).length > 0;
    if (anywhere) return new UserError(`Prometheus at ${this.client.title} has no series of sidecars${where}; choose another with --namespace, or leave it out`);
    return new UserError(`Prometheus at ${this.client.title} has no series mesh_ready and mesh_requests_total: it scrapes no sidecar; say Monitoring.prometheus() of the Mesh`);
  }
}

function unlabelled(): UserError {
  return new UserError("the series have no labels 'namespace' and 'cdk8s_mesh_service', by which services are told apart; scrape sidecars by their PodMonitors (Monitoring.prometheus())");
}

/** The source that the flags mean; undefined without `--prometheus`. */
export function openPrometheus(args: Arguments): { readonly source: PrometheusSource; readonly title: string } | undefined {
  const url = args.text('prometheus');
  const tokenFile = args.text('prometheus-token-file');
  if (url === undefined) {
    if (tokenFile !== undefined) throw new UserError('--prometheus-token-file is of use with --prometheus only');
    return undefined;
  }
  const other = ['all-namespaces', 'context', 'kubeconfig', 'pid'].find((flag) => args.has(flag));
  if (other === 'all-namespaces') throw new UserError('--prometheus shows all namespaces unless --namespace names one; leave --all-namespaces out');
  if (other !== undefined) throw new UserError(`--prometheus and --${other} exclude each other: the first looks at a Prometheus, the other at sidecars`);
  const window = args.text('window');
  const seconds = (window === undefined ? WINDOW_MS.default : readDurationMs('window', window, WINDOW_MS)) / 1_000;
  const namespace = args.text('namespace');
  const client = new PrometheusClient({ url, tokenFile });
  return { source: new PrometheusSource(client, namespace, Math.max(1, Math.round(seconds))), title: [`Prometheus ${client.title}`, ...(namespace === undefined ? [] : [namespace])].join(' · ') };
}

/** The mesh that these commands look at, here or in a cluster, and the flags that all of them have. */
import { clusterFlag } from '../cluster/flags';
import type { Arguments } from '../command-line/command';
import { readDurationMs } from '../command-line/duration';
import { UserError } from '../command-line/errors';
import { didYouMean } from '../../contract/nearest';
import { systemClock } from '../../proxy/runtime/clock';
import { ProxySource, ScrapedMesh, ServiceId, SnapshotSource } from '../live';
import { openPrometheus, PROMETHEUS_PERIOD_MS } from '../prometheus/source';
import { proxyAt } from '../up/live-proxies';
import { readRunRecords, RunRecord } from '../up/run-record';

/** What `--window` may be, and what it is by default. */
const WINDOW_MS = { min: 500, max: 600_000, default: 3_000 };

/** From one look to the next, on this machine. */
const PERIOD_MS = 1_000;

/** What is looked at, and how often. */
export interface LookedAt {
  readonly periodMs: number;
  /** Pictures of it with rates over so long, where it has no window of its own. */
  pictures(windowMs: number): SnapshotSource;
}

/** A mesh whose proxies answer. */
export interface RunningMesh extends LookedAt {
  readonly source: ProxySource;
}

/** Looks at a Prometheus when flags say so, else at the mesh that is meant. */
export async function withPicture<T>(args: Arguments, work: (mesh: LookedAt) => Promise<T>): Promise<T> {
  const prometheus = openPrometheus(args);
  return prometheus ? work({ periodMs: PROMETHEUS_PERIOD_MS, pictures: () => prometheus.source }) : withMesh(args, work);
}

/** Looks at the mesh that is meant: in a cluster when a flag names one, else of a run of `up`. Then lets go of it. */
export async function withMesh<T>(args: Arguments, work: (mesh: RunningMesh) => Promise<T>): Promise<T> {
  const flag = clusterFlag(args);
  if (flag === undefined) return work(running(runningHere(args), PERIOD_MS));
  if (args.has('pid')) throw new UserError(`--pid is a mesh on this machine, and --${flag} one in a cluster; give one of them`);
  const { CLUSTER_PERIOD_MS, openCluster } = await import('../cluster/chosen-cluster');
  const { source } = await openCluster(args);
  return work(running(source, CLUSTER_PERIOD_MS)).finally(() => source.close());
}

function running(source: ProxySource, periodMs: number): RunningMesh {
  return { source, periodMs, pictures: (windowMs) => new ScrapedMesh(source, { clock: systemClock, windowMs }) };
}

/** The proxies of the run of `up` that is meant. Pods that come later are found, too. */
function runningHere(args: Arguments): ProxySource {
  const { pid } = chosenRun(args.number('pid', { min: 1, max: 2 ** 31 }), readRunRecords());
  return {
    proxies: () => {
      const record = readRunRecords().find((run) => run.pid === pid);
      return record ? Promise.resolve(record.proxies.map(proxyAt)) : Promise.reject(new UserError(`'cdk8s-mesh up' with process id ${pid} has ended`));
    },
  };
}

export function chosenRun(pid: number | undefined, runs: readonly RunRecord[]): RunRecord {
  const list = runs.map((run) => `\n  --pid ${run.pid}  in ${run.cwd}, ${run.proxies.length} ${run.proxies.length === 1 ? 'pod' : 'pods'}`).join('');
  if (runs.length === 0) throw new UserError("no 'cdk8s-mesh up' of yours runs on this machine; start one: cdk8s-mesh up dist/. For a cluster, say which namespace: --namespace NAME");
  if (pid === undefined) {
    if (runs.length > 1) throw new UserError(`several 'cdk8s-mesh up' run on this machine; say which:${list}`);
    return runs[0]!;
  }
  const run = runs.find((candidate) => candidate.pid === pid);
  if (!run) throw new UserError(`--pid ${pid} is no 'cdk8s-mesh up' that runs on this machine; there are:${list}`);
  return run;
}

export function windowOf(args: Arguments): number {
  const text = args.text('window');
  return text === undefined ? WINDOW_MS.default : readDurationMs('window', text, WINDOW_MS);
}

/** The value of `--output`; the first of `formats` is the default. */
export function formatOf<F extends string>(args: Arguments, formats: readonly F[]): F {
  const text = args.text('output') ?? formats[0]!;
  const format = formats.find((candidate) => candidate === text);
  if (format === undefined) throw new UserError(`--output must be ${formats.slice(0, -1).join(', ')} or ${formats.at(-1)}, got '${text}'.${didYouMean(text, formats)}`);
  return format;
}

let interruption: Promise<void> | undefined;

/** Settles when the user presses Ctrl-C, or somebody ends the process otherwise. From the first call on, that alone ends nothing. */
export function interrupted(): Promise<void> {
  return interruption ??= new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

/** Which services are meant by `catalog`, `catalog.shop` or `shop/catalog`; no name means all. */
export function chosenServices(names: readonly string[], known: readonly ServiceId[]): (id: ServiceId) => boolean {
  if (names.length === 0) return () => true;
  const chosen = new Set(names.flatMap((name) => {
    const found = known.filter((id) => spellings(id).includes(name));
    if (found.length === 0) throw new UserError(`the mesh has no service '${name}'.${didYouMean(name, known.flatMap(spellings))} There are ${known.join(', ') || 'none'}`);
    return found;
  }));
  return (id) => chosen.has(id);
}

function spellings(id: ServiceId): string[] {
  const [namespace, name] = id.split('/');
  return name === undefined ? [id] : [name, `${name}.${namespace}`, id];
}

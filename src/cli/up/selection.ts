/** Which workloads run, and with how many pods: what `--only` and `--replicas` make of the YAML. */
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';
import { isNamed, namedWorkloads } from '../model/named-workloads';
import type { MeshModel, Workload } from '../model/model';
import { readAssignments } from './assignments';

/** Flags that name services, which must be among those that run. */
const NAMING = ['to', 'from', 'run', 'latency', 'fail', 'replicas', 'expose'] as const;

/** The part of the mesh that is to run. */
export interface Selection {
  readonly model: MeshModel;
  /** Services none of whose versions run; empty without `--only`. */
  readonly leftOut: readonly string[];
}

/** @throws UserError when a flag names what is not there, or what does not run */
export function selectFrom(whole: MeshModel, args: Arguments): Selection {
  const workloads = chosen(whole, args.text('only'));
  const running = new Set(workloads.map(({ service }) => service));
  const leftOut = [...new Set(whole.workloads.map(({ service }) => service))].filter((service) => !running.has(service));
  refuseLeftOut(args, leftOut);
  return { model: withReplicas({ ...whole, workloads }, args), leftOut };
}

function chosen({ workloads }: MeshModel, only: string | undefined): readonly Workload[] {
  if (only === undefined) return workloads;
  const names = only.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new UserError(`--only must be services with commas between, as in --only web,catalog, got '${only}'`);
  const found = new Set(names.flatMap((name) => {
    const [service, version] = name.split('@') as [string, string?];
    const named = namedWorkloads({ workloads }, service, '--only');
    const ofVersion = named.filter((workload) => version === undefined || workload.version === version);
    if (ofVersion.length > 0) return ofVersion;
    throw new UserError(`--only names version '${version}' of '${service}', which has ${named.map((workload) => workload.version).join(', ')}`);
  }));
  return workloads.filter((workload) => found.has(workload));
}

/** Told in words of its own: of services that do not run, other messages would say that they are not in the mesh. */
function refuseLeftOut(args: Arguments, leftOut: readonly string[]): void {
  for (const flag of NAMING) {
    for (const text of args.all(flag)) {
      const [subject] = text.split(/[=@:]/) as [string];
      if (leftOut.some((service) => isNamed({ service, namespace: subject.slice(service.length + 1) }, subject))) {
        throw new UserError(`--${flag} names the service '${subject}', which --only leaves out; add it there`);
      }
    }
  }
}

function withReplicas(model: MeshModel, args: Arguments): MeshModel {
  const replicas = readAssignments('replicas', args.all('replicas'), model, (text) => {
    if (!/^\d{1,3}$/.test(text)) throw new UserError(`must be a whole number up to 999, got '${text}'`);
    return Number(text);
  });
  // What the YAML has no pods of, such as a suspended CronJob, is started by its name alone.
  const replicasOf = (workload: Workload): number | undefined => (workload.replicas === 0 ? replicas.named(workload) : replicas(workload));
  return { ...model, workloads: model.workloads.map((workload) => ({ ...workload, replicas: replicasOf(workload) ?? workload.replicas })) };
}

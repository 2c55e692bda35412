/**
 * Flags of the form `SERVICE=VALUE` or `SERVICE@VERSION=VALUE`: a value for the workloads of a service, or of one of its
 * versions; `*=VALUE` is for all others. The more particular one holds, whatever the order. A Job or worker that only bears
 * the name of a service takes no value for the service, unless nobody else bears it.
 */
import { UserError } from '../command-line/errors';
import { SERVICE_LABEL } from '../../contract';
import { didYouMean } from '../../contract/nearest';
import type { MeshModel, Workload } from '../model/model';

/** All workloads that no other use of the flag names. */
const ALL = '*';

/** Looks a workload's value up. */
export interface Assignments<T> {
  (workload: Workload): T | undefined;
  /** Only what names its service or version, and not all. */
  named(workload: Workload): T | undefined;
}

/** Reads every use of one flag. */
export function readAssignments<T>(flag: string, texts: readonly string[], model: MeshModel, parse: (text: string) => T): Assignments<T> {
  const values = new Map<string, T>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals <= 0 || equals === text.length - 1) throw new UserError(`--${flag} must name a service and a value, as in --${flag} catalog=..., got '${text}'`);
    const subject = text.slice(0, equals);
    if (subject !== ALL) checkSubject(flag, subject, model);
    if (values.has(subject)) throw new UserError(`--${flag} is given twice for '${subject}'`);
    try {
      values.set(subject, parse(text.slice(equals + 1)));
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`--${flag} ${subject}: ${error.message}`);
      throw error;
    }
  }
  const served = new Set(model.workloads.filter(serves).map(({ service }) => service));
  const named = (workload: Workload): T | undefined => {
    const { service, version } = workload;
    const beside = served.has(service) && !serves(workload);
    return values.get(`${service}@${version}`) ?? (beside ? undefined : values.get(service));
  };
  return Object.assign((workload: Workload) => named(workload) ?? values.get(ALL), { named });
}

/** Whether requests to its service may reach it. */
const serves = ({ labels }: Workload): boolean => labels[SERVICE_LABEL] !== undefined;

function checkSubject(flag: string, subject: string, model: MeshModel): void {
  const [service, version] = subject.split('@');
  const services = [...new Set(model.workloads.map((workload) => workload.service))];
  if (!services.includes(service!)) {
    throw new UserError(`--${flag} names the service '${service}', which is not in the mesh.${didYouMean(service!, services)} There are ${services.join(', ')}`);
  }
  const versions = model.workloads.filter((workload) => workload.service === service).map((workload) => workload.version);
  if (version !== undefined && !versions.includes(version)) {
    throw new UserError(`--${flag} names version '${version}' of '${service}', which has ${versions.join(', ')}`);
  }
}

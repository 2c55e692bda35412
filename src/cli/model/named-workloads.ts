/** The workloads that are named by their service, as on the command line. */
import { didYouMean } from '../../contract/nearest';
import { UserError } from '../command-line/errors';
import type { MeshModel, Workload } from './model';

/** The workloads of a service, or an error that names the services there are. @param subject what names it, for messages: `--from` */
export function namedWorkloads(model: Pick<MeshModel, 'workloads'>, service: string, subject: string): Workload[] {
  const found = model.workloads.filter((workload) => isNamed(workload, service));
  if (found.length === 0) {
    const names = [...new Set(model.workloads.map((workload) => workload.service))];
    throw new UserError(`${subject} names the service '${service}', which is not in the mesh.${didYouMean(service, names)} There are ${names.join(', ')}`);
  }
  return found;
}

/** `catalog`, or `catalog.shop` when two namespaces have one. */
export function isNamed({ service, namespace }: { readonly service: string; readonly namespace: string | undefined }, name: string): boolean {
  return name === service || name === `${service}.${namespace}`;
}

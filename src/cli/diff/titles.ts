/** What services are called in changes: by their name, and with their namespace where several have one of that name. */
import type { Workload } from '../model/model';
import type { Stack } from '../stack/stack';

type Named = Pick<Workload, 'service' | 'namespace'>;

export class Titles {
  private readonly namespaces = new Map<string, Set<string>>();

  constructor(...stacks: readonly Stack[]) {
    for (const { service, namespace } of stacks.flatMap(({ model }) => model.workloads)) {
      this.namespaces.set(service, (this.namespaces.get(service) ?? new Set()).add(namespace));
    }
  }

  of({ service, namespace }: Named): string {
    return this.namespaces.get(service)!.size > 1 ? `${service}.${namespace}` : service;
  }
}

/**
 * Who may read the EndpointSlices of a namespace. All callers in a chart share one Role and one RoleBinding for each namespace that they call: the
 * rights are the same for each of them, and Kubernetes can't limit reading of a list to single Services. The accounts are named one by one, so
 * nothing else in their namespaces gets the right.
 *
 * Both are called by the first caller that was declared. Names of callers are unique in their namespace, and ids of charts are not: a name by
 * the chart would let two apps overwrite each other's RoleBinding. What it costs: when the first caller leaves the chart, both get another name.
 */
import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import * as kplus from '../kubernetes/kplus';
import { writeLean } from '../kubernetes/lean-manifest';

/** An account that reads. */
export interface EndpointReader {
  /** Name of the caller. */
  readonly name: string;
  readonly namespace: string;
  readonly account: string;
}

/**
 * Lets a caller read.
 *
 * @param construct of the caller
 * @param target namespace that it reads in; undefined where its chart leaves that to `kubectl apply`
 */
export function letReadEndpoints(construct: Construct, target: string | undefined, { name, namespace, account }: EndpointReader): void {
  const chart = Chart.of(construct);
  const id = `cdk8s-mesh.reads-endpoints.${target ?? ''}`;
  const scope = (chart.node.tryFindChild(id) as Construct | undefined) ?? makeRole(chart, id, { name: `cdk8s-mesh.${namespace}.${name}`, namespace: target });
  const subject = `${namespace}.${account}`;
  // Versions share the account of their service, and workloads made elsewhere may share any.
  if (scope.node.tryFindChild(subject) === undefined) {
    const binding = scope.node.findChild('Binding') as kplus.RoleBinding;
    binding.addSubjects(kplus.ServiceAccount.fromServiceAccountName(scope, subject, account, { namespaceName: namespace }));
  }
}

function makeRole(chart: Chart, id: string, metadata: { readonly name: string; readonly namespace?: string }): Construct {
  const scope = new Construct(chart, id);
  const role = new kplus.Role(scope, 'Role', { metadata });
  role.allowRead(kplus.ApiResource.ENDPOINT_SLICES);
  const binding = new kplus.RoleBinding(scope, 'Binding', { metadata, role });
  [role, binding].forEach(writeLean);
  return scope;
}

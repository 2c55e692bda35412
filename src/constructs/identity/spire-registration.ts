/**
 * Registration of a workload with SPIRE by spire-controller-manager (spiffe/spire-controller-manager, docs/clusterspiffeid-crd.md). The id follows
 * from the account of each pod by the controller's own template, so an object can give no pod the id of another one. The entry is for the sidecar's
 * container only: the app beside it gets no certificate, even when it mounts the socket.
 */
import { ApiObject, Chart, JsonPatch, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { SIDECAR_CONTAINER } from '../../contract';
import { WorkloadIdentity } from './workload-identity';

const ID_TEMPLATE = 'spiffe://{{ .TrustDomain }}/ns/{{ .PodMeta.Namespace }}/sa/{{ .PodSpec.ServiceAccountName }}';

/** Label that Kubernetes gives every namespace. */
const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

/** What is registered. */
interface Registered {
  /** Of the workload, in its namespace. */
  readonly name: string;
  readonly identity: WorkloadIdentity | undefined;
  /** Selects its pods, when the app is complete. */
  podLabels(): Readonly<Record<string, string>>;
}

/** Has a workload registered, where its identity asks for that. */
export function registerWorkload(scope: Construct, { name, identity, podLabels }: Registered): void {
  const registration = identity?.identity._registration;
  if (!identity || !registration) {
    return;
  }
  const { className } = registration;
  const object = new ApiObject(scope, 'ClusterSPIFFEID', {
    apiVersion: 'spire.spiffe.io/v1alpha1',
    kind: 'ClusterSPIFFEID',
    // There are no two of a name in a cluster.
    metadata: { name: `${identity.namespace}.${name}` },
    spec: {
      ...(className !== undefined && { className }),
      spiffeIDTemplate: ID_TEMPLATE,
      namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: identity.namespace } },
      podSelector: Lazy.any({ produce: () => ({ matchLabels: podLabels() }) }),
      workloadSelectorTemplates: [`k8s:container-name:${SIDECAR_CONTAINER}`],
    },
  });
  if (Chart.of(scope).namespace !== undefined) {
    // A chart gives its namespace to all objects, those of the cluster included.
    object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  }
}

/** What the sidecar of a workload that was made elsewhere tells the service that the workload is exposed as. */
import { WorkloadIdentity } from '../identity/workload-identity';
import { MeshSettings } from '../mesh/mesh-settings';

/** What its sidecar knows of a workload. */
export interface WorkloadInfo {
  readonly serviceName: string;
  readonly version: string;
  /** Port of the app. */
  readonly appPort?: number;
  /** Name that a container gives that port. */
  readonly appPortName?: string;
  readonly namespace: string;
  /** Namespace that the workload's objects name; absent when they name none. */
  readonly chartNamespace?: string;
  /** Namespace to write into objects beside the sidecar. */
  readonly objectNamespace?: string;
  readonly settings: MeshSettings;
  readonly identity?: WorkloadIdentity;
}

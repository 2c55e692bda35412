/**
 * The pods of a version as `PodOptions` say: what cdk8s-plus has props for goes to it, the rest into the pod's spec. Users' own patches come
 * after these, so theirs win.
 */
import * as kplus from '../kubernetes/kplus';
import { setInPodSpec } from '../kubernetes/patches';
import { withContainerDefaults } from './app-container';
import { PodOptions } from './pod-options';

/** Props of the Deployment. */
export function podProps(pod: PodOptions): Partial<kplus.DeploymentProps> {
  return {
    volumes: pod.volumes,
    securityContext: pod.securityContext,
    automountServiceAccountToken: pod.automountServiceAccountToken,
    dns: pod.dns,
    hostAliases: pod.hostAliases,
    initContainers: pod.initContainers?.map(initContainer),
  };
}

/** Fields that the props of cdk8s-plus don't have. */
export function completePod(deployment: kplus.Deployment, pod: PodOptions): void {
  const { imagePullSecrets, securityContext: { supplementalGroups, seccompProfile } = {}, podMetadata } = pod;
  Object.entries(podMetadata?.labels ?? {}).forEach(([label, value]) => deployment.podMetadata.addLabel(label, value));
  Object.entries(podMetadata?.annotations ?? {}).forEach(([name, value]) => deployment.podMetadata.addAnnotation(name, value));
  pod.tolerations?.forEach((taint) => deployment.scheduling.tolerate(kplus.Node.tainted(taint)));
  const fields = {
    '/imagePullSecrets': imagePullSecrets?.map(({ name }) => ({ name })),
    '/nodeSelector': pod.nodeSelector,
    '/affinity': pod.affinity,
    '/priorityClassName': pod.priorityClassName,
    '/runtimeClassName': pod.runtimeClassName,
    '/securityContext/supplementalGroups': supplementalGroups,
    '/securityContext/seccompProfile': seccompProfile,
  };
  for (const [path, value] of Object.entries(fields).filter(([, each]) => each !== undefined)) {
    setInPodSpec(deployment, path, value);
  }
}

/** Only init containers that go on running may have probes. */
function initContainer(container: kplus.ContainerProps): kplus.ContainerProps {
  const { startup, ...withDefaults } = withContainerDefaults(container);
  return container.restartPolicy === kplus.ContainerRestartPolicy.ALWAYS ? { ...withDefaults, startup } : withDefaults;
}

/**
 * The container of the sidecar: what it runs, mounts and may do. What depends on the calls of its workload is added to the manifest
 * when it is written (mesh-sidecar.ts).
 */
import { Size } from 'cdk8s';
import { Construct } from 'constructs';
import {
  CONFIG_DIR, CONFIG_VOLUME, ENV_NODE_IP, ENV_POD_IPS, ENV_POD_NAME,
  INBOUND_PORT_NAME, SIDECAR_CONTAINER, STATE_DIR, STATE_VOLUME,
} from '../../contract';
import * as kplus from '../kubernetes/kplus';
import { ContainerManifest, PodSpecManifest } from '../kubernetes/patches';
import { pullPolicy } from '../kubernetes/pull-policy';
import { MeshSettings } from '../mesh/mesh-settings';
import { pagePorts } from '../mesh/metrics-port';
import { sidecarProbes } from './probes';
import { sidecarResources } from './sidecar-resources';

/** The proxy's own files: at most twice its largest document, which is written beside the file that it replaces, and as much again. */
const STATE_SIZE = Size.mebibytes(32);

/**
 * The props of the sidecar's init container.
 *
 * @param scope what its volumes are created in
 * @param takesRequests whether its app is called
 */
export function sidecarContainer(
  scope: Construct, settings: MeshSettings, configMap: kplus.ConfigMap, takesRequests: boolean,
): kplus.ContainerProps & { restartPolicy: kplus.ContainerRestartPolicy } {
  return { ...proxyContainer(scope, settings, configMap, takesRequests), restartPolicy: kplus.ContainerRestartPolicy.ALWAYS };
}

/** The same for a container of any kind. */
export function proxyContainer(scope: Construct, settings: MeshSettings, configMap: kplus.ConfigMap, takesRequests: boolean): kplus.ContainerProps {
  const image = settings.proxyImage.reference;
  return {
    name: SIDECAR_CONTAINER,
    image,
    imagePullPolicy: pullPolicy(image),
    ports: [
      ...(takesRequests ? [{ number: settings.proxyPorts.inbound, name: INBOUND_PORT_NAME }] : []),
      ...pagePorts(settings),
    ],
    envVariables: {
      [ENV_POD_NAME]: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_NAME),
      [ENV_POD_IPS]: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_IPS),
      [ENV_NODE_IP]: kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.NODE_IP),
    },
    // The whole directory: Kubernetes updates it by swapping a symbolic link, which a subPath mount never sees.
    volumeMounts: [{
      path: CONFIG_DIR,
      volume: kplus.Volume.fromConfigMap(scope, 'ConfigVolume', configMap, { name: CONFIG_VOLUME }),
    }, {
      path: STATE_DIR,
      volume: kplus.Volume.fromEmptyDir(scope, 'StateVolume', STATE_VOLUME, { sizeLimit: STATE_SIZE, medium: kplus.EmptyDirMedium.MEMORY }),
    }],
    ...sidecarProbes(settings.proxyPorts.admin),
    resources: sidecarResources(settings),
    securityContext: {
      user: settings.proxyUser.user,
      group: settings.proxyUser.group,
      ensureNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: [kplus.Capability.ALL] },
      seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT },
    },
  };
}

/** The sidecar in a pod's manifest; undefined when a patch of the user has removed it. */
export function sidecarOf({ initContainers = [] }: PodSpecManifest): ContainerManifest | undefined {
  return initContainers.find(({ name }) => name === SIDECAR_CONTAINER);
}

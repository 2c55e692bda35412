/**
 * How the names of services lead an app to its sidecar: by the hosts file that the sidecar keeps, mounted over the containers' own, or by
 * the pod's `hostAliases`, which kubelet writes into its file.
 */
import { posix } from 'node:path';
import { ENV_HOSTS_FILE, HOSTS_FILE, HOSTS_FILE_NAME, HOSTS_MOUNT, SIDECAR_CONTAINER, STATE_VOLUME } from '../../contract';
import { NamedCallee } from '../destinations/destination-facts';
import { addVariable, ContainerManifest, PodSpecManifest } from '../kubernetes/patches';
import { Mistakes } from '../props/mistakes';
import { mark } from '../synthesis/copies';

/** The safe sysctl that lets a non-root process listen on any port of its own network namespace. */
const UNPRIVILEGED_PORTS = { name: 'net.ipv4.ip_unprivileged_port_start', value: '0' };
const FIRST_UNPRIVILEGED_PORT = 1_024;

/**
 * How the names of the services that a pod calls lead to its sidecar.
 */
export class Interception {
  /**
   * By a hosts file that the sidecar keeps on an `emptyDir`, and that all other containers of the pod mount at `/etc/hosts`. Names are
   * found at any moment, also while containers restart; by look-ups for IPv4 and for IPv6; with and without a final dot; and those of a
   * service that is called later reach pods that run. The containers can't change the file.
   */
  public static hostsFile(): Interception {
    return new Interception('hostsFile');
  }

  /**
   * By the pod's `hostAliases`, for containers that must have kubelet's own `/etc/hosts`.
   *
   * Requests can pass the sidecar by: kubelet's file is empty for some milliseconds whenever a container of the pod starts; look-ups
   * for IPv6, and all in pods without an IPv4 address, don't find the names; nor do those of a name with a final dot. A service that is called later
   * is intercepted in new pods only.
   */
  public static hostAliases(): Interception {
    return new Interception('hostAliases');
  }

  private constructor(private readonly way: 'hostsFile' | 'hostAliases') {}

  /**
   * Completes a pod that calls something.
   *
   * @internal
   */
  public _complete(spec: PodSpecManifest, sidecar: ContainerManifest, callees: NamedCallee[]): void {
    if (callees.length === 0) {
      return;
    }
    if (this.way === 'hostsFile') {
      mountHostsFile(spec, sidecar);
    } else {
      spec.hostAliases = [...(spec.hostAliases ?? []), ...callees.map(({ address, hostnames }) => ({ ip: address, hostnames }))];
    }
    // A pod that runs can't get a sysctl: with the hosts file, the next call may be at a low port and reach it all the same.
    if (this.way === 'hostsFile' || callees.some(({ ports }) => ports.some((port) => port < FIRST_UNPRIVILEGED_PORT))) {
      allowLowPorts(spec);
    }
  }

  /**
   * What keeps names from leading to the sidecar, either way.
   *
   * @param spec of the pod as it will be written, completed
   * @internal
   */
  public _check(mistakes: Mistakes, spec: PodSpecManifest, callees: NamedCallee[]): void {
    if (callees.length === 0) {
      return;
    }
    const others = [...spec.containers, ...spec.initContainers ?? []].filter(({ name }) => name !== SIDECAR_CONTAINER);
    for (const { name: container, volumeMounts = [] } of others) {
      for (const { mountPath } of volumeMounts.filter((mount) => isHostsMount(mount.mountPath) && mount.name !== STATE_VOLUME)) {
        mistakes.add(`containers['${container}'].volumeMounts`, mountPath, 'by this file the names of the services that the pod calls lead to the sidecar; '
          + 'remove the mount, and give the pod hostAliases for names of its own');
      }
    }
    const called = new Map(callees.flatMap((callee) => callee.hostnames.map((hostname) => [hostname, callee] as const)));
    const aliases = (spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }) => hostnames.map((hostname) => ({ hostname, ip })));
    for (const { hostname, ip } of aliases) {
      const callee = called.get(hostname.toLowerCase());
      // What has the callee's own address leads to the sidecar all the same.
      if (callee !== undefined && callee.address !== ip) {
        mistakes.add('hostAliases', hostname, `calls(${callee.name}) leads this name to the sidecar; remove one of the two`);
      }
    }
  }
}

mark(Interception);

/** The containers that are started when the file is there: all behind the sidecar. */
function mountHostsFile(spec: PodSpecManifest, sidecar: ContainerManifest): void {
  addVariable(sidecar, ENV_HOSTS_FILE, HOSTS_FILE);
  const initContainers = spec.initContainers ?? [];
  for (const container of [...initContainers.slice(initContainers.indexOf(sidecar) + 1), ...spec.containers]) {
    if (!container.volumeMounts?.some(({ mountPath }) => isHostsMount(mountPath))) {
      // The file and not its folder: what else the sidecar keeps there is its own.
      const mount = { name: STATE_VOLUME, mountPath: HOSTS_MOUNT, subPath: HOSTS_FILE_NAME, readOnly: true };
      container.volumeMounts = [...(container.volumeMounts ?? []), mount];
    }
  }
}

function allowLowPorts(spec: PodSpecManifest): void {
  const sysctls = spec.securityContext?.sysctls ?? [];
  if (!sysctls.some(({ name }) => name === UNPRIVILEGED_PORTS.name)) {
    spec.securityContext = { ...spec.securityContext, sysctls: [...sysctls, UNPRIVILEGED_PORTS] };
  }
}

function isHostsMount(path: string): boolean {
  return posix.normalize(path).replace(/\/+$/, '') === HOSTS_MOUNT;
}

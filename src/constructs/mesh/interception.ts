/**
 * How the names of services lead an app to its sidecar: by the hosts file that the sidecar keeps, mounted over the containers' own, or by
 * the pod's `hostAliases`, which kubelet writes into its file. The packets of an app whose own port is in the sidecar's way can be redirected.
 */
import { posix } from 'node:path';
import { ENV_HOSTS_FILE, HOSTS_FILE, HOSTS_FILE_NAME, HOSTS_MOUNT, SIDECAR_CONTAINER, STATE_VOLUME } from '../../contract';
import { NamedCallee } from '../destinations/destination-info';
import { addVariable, ContainerManifest, PodSpecManifest } from '../kubernetes/patches';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { checkRedirectedPorts, redirectedPorts, redirectPorts } from './port-redirect';

/** The safe sysctl that lets a non-root process listen on any port of its own network namespace. */
const UNPRIVILEGED_PORTS = { name: 'net.ipv4.ip_unprivileged_port_start', value: '0' };
const FIRST_UNPRIVILEGED_PORT = 1_024;

/** What is known of a pod whose ports may be redirected. */
interface RedirectingPod {
  /** The proxy's image. */
  readonly image: string;
  /** Ports of the app that no container has to name. */
  readonly appPorts: readonly number[];
}

/**
 * How the names of the services that a pod calls resolve to its sidecar.
 */
export class Interception {
  /**
   * With a hosts file that the sidecar writes to an `emptyDir` and that all other containers of the pod mount at `/etc/hosts`. Names
   * resolve at any time, also while containers restart, for IPv4 and IPv6 lookups, with and without a trailing dot. A running pod also gets
   * the names of a service that it calls later. The containers cannot change the file.
   */
  public static hostsFile(): Interception {
    return new Interception('hostsFile');
  }

  /**
   * With the pod's `hostAliases`, for containers that need kubelet's own `/etc/hosts`. Some requests bypass the sidecar: kubelet's file is
   * empty for some milliseconds whenever a container of the pod starts. IPv6 lookups, names with a trailing dot, and all lookups in pods
   * without an IPv4 address don't find the names. Only new pods get the names of a service that is called later.
   */
  public static hostAliases(): Interception {
    return new Interception('hostAliases');
  }

  /**
   * With the hosts file, and with rules of nftables for apps that listen at a port at which they also call a service, on all addresses, and can't
   * be told otherwise. The sidecar listens at other ports then, from 15200 up, and the rules lead there what the pod sends to
   * 127.64.0.0/10 at the ports of its containers. All other packets stay as they are.
   *
   * It costs a privilege. An init container of the pod runs as root with the capability NET_ADMIN, which namespaces that enforce the Pod Security
   * Standard `baseline` or `restricted` refuse. Use it for single services, and only where neither a port nor an address of the app can be
   * changed. Nodes need a kernel with nf_tables, 4.18 or newer. A pod that calls nothing has no such container.
   */
  public static redirect(): Interception {
    return new Interception('hostsFile', true);
  }

  private constructor(private readonly way: 'hostsFile' | 'hostAliases', private readonly isRedirecting: boolean = false) {}

  /**
   * The ports of a pod that calls something whose packets go elsewhere, each with where to.
   *
   * @internal
   */
  public _redirected(spec: PodSpecManifest, appPorts: readonly number[]): ReadonlyMap<number, number> {
    return this.isRedirecting ? redirectedPorts(spec, appPorts) : new Map();
  }

  /**
   * Completes a pod that calls something.
   *
   * @internal
   */
  public _complete(spec: PodSpecManifest, sidecar: ContainerManifest, callees: NamedCallee[], { image, appPorts }: RedirectingPod): void {
    if (callees.length === 0) {
      return;
    }
    redirectPorts(spec, sidecar, image, this._redirected(spec, appPorts));
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
  public _check(errors: ValidationErrors, spec: PodSpecManifest, callees: NamedCallee[]): void {
    if (callees.length === 0) {
      return;
    }
    checkRedirectedPorts(errors, this._redirected(spec, []));
    const others = [...spec.containers, ...spec.initContainers ?? []].filter(({ name }) => name !== SIDECAR_CONTAINER);
    for (const { name: container, volumeMounts = [] } of others) {
      for (const { mountPath } of volumeMounts.filter((mount) => isHostsMount(mount.mountPath) && mount.name !== STATE_VOLUME)) {
        errors.add(`containers['${container}'].volumeMounts`, mountPath, 'by this file the names of the services that the pod calls lead to the sidecar; '
          + 'remove the mount, and give the pod hostAliases for names of its own');
      }
    }
    const lowest = Math.min(...callees.flatMap(({ ports }) => ports));
    for (const { name, value } of spec.securityContext?.sysctls ?? []) {
      if (name === UNPRIVILEGED_PORTS.name && Number(value) > lowest) {
        errors.add(`securityContext.sysctls['${name}']`, value, `the sidecar listens at port ${lowest} for a service that the pod calls, without a privilege; leave it out, or use at most ${lowest}`);
      }
    }
    const called = new Map(callees.flatMap((callee) => callee.hostnames.map((hostname) => [hostname, callee] as const)));
    const aliases = (spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }) => hostnames.map((hostname) => ({ hostname, ip })));
    for (const { hostname, ip } of aliases) {
      const callee = called.get(hostname.toLowerCase());
      // What has the callee's own address leads to the sidecar all the same.
      if (callee !== undefined && callee.address !== ip) {
        errors.add('hostAliases', hostname, `calls(${callee.name}) leads this name to the sidecar; remove one of the two`);
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

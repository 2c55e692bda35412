/**
 * The `restricted` Pod Security Standard as a check of a pod spec.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/ (baseline and restricted, v1.30).
 */
import type { Manifest } from './manifests';

const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];
const SYSCTLS = [
  'kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start', 'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range', 'net.ipv4.ip_local_reserved_ports', 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes',
];
const SECCOMP = ['RuntimeDefault', 'Localhost'];

/** Every rule that a pod breaks. */
export function restrictedMistakes(spec: Manifest): string[] {
  const mistakes: string[] = [];
  const pod = spec.securityContext ?? {};
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) {
    if (spec[field]) mistakes.push(`${field} is on`);
  }
  for (const volume of spec.volumes ?? []) {
    const kinds = Object.keys(volume).filter((key) => key !== 'name');
    if (!kinds.every((kind) => VOLUMES.includes(kind))) mistakes.push(`volume ${volume.name} is a ${kinds.join()}`);
  }
  for (const { name } of pod.sysctls ?? []) {
    if (!SYSCTLS.includes(name)) mistakes.push(`sysctl ${name} is not safe`);
  }
  if (pod.runAsUser === 0) mistakes.push('the pod runs as root');
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const own = container.securityContext ?? {};
    const say = (rule: string) => mistakes.push(`${container.name}: ${rule}`);
    if (own.privileged) say('is privileged');
    if (own.allowPrivilegeEscalation !== false) say('allowPrivilegeEscalation is not false');
    if ((own.runAsNonRoot ?? pod.runAsNonRoot) !== true) say('runAsNonRoot is not true');
    if (own.runAsUser === 0) say('runs as root');
    if (!SECCOMP.includes((own.seccompProfile ?? pod.seccompProfile)?.type)) say('has no seccomp profile');
    if (!own.capabilities?.drop?.includes('ALL')) say('does not drop all capabilities');
    if ((own.capabilities?.add ?? []).some((capability: string) => capability !== 'NET_BIND_SERVICE')) say('adds capabilities');
    if ((container.ports ?? []).some((port: Manifest) => port.hostPort)) say('has a host port');
    if (own.procMount && own.procMount !== 'Default') say('mounts /proc otherwise');
  }
  return mistakes;
}

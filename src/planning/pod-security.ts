/**
 * The Pod Security Standards, `baseline` and `restricted`, as Kubernetes' own admission plugin checks them, up to Kubernetes 1.37.
 *
 * Rules came and changed with releases, and a namespace can pin one. Without a pin the newest rules count, which are those of a cluster
 * that is kept current: what an older cluster accepts and a newer one refuses is refused here (hosts of probes), and what only a newer one
 * accepts is let pass.
 *
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/, and the checks in k8s.io/pod-security-admission/policy
 */

const ENFORCE_LABEL = 'pod-security.kubernetes.io/enforce';
/** Label of namespaces that pin the standards of a release. */
const VERSION_LABEL = 'pod-security.kubernetes.io/enforce-version';

/** From no rule at all to the strictest ones. */
export const POD_SECURITY_LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type PodSecurity = typeof POD_SECURITY_LEVELS[number];

/** What a pod or a container may say of its privileges. Fields of one that the other doesn't have are absent there. */
interface SecurityContext {
  readonly allowPrivilegeEscalation?: boolean;
  readonly appArmorProfile?: { readonly type?: string };
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly privileged?: boolean;
  readonly procMount?: string;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string };
  readonly seccompProfile?: { readonly type?: string };
  readonly sysctls?: readonly { readonly name: string }[];
  readonly windowsOptions?: { readonly hostProcess?: boolean };
}

/** What is asked in a probe, or done at a start or stop. */
interface Action {
  readonly httpGet?: { readonly host?: string };
  readonly tcpSocket?: { readonly host?: string };
}

interface SecuredContainer {
  readonly name: string;
  readonly securityContext?: SecurityContext;
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly livenessProbe?: Action;
  readonly readinessProbe?: Action;
  readonly startupProbe?: Action;
  readonly lifecycle?: { readonly postStart?: Action; readonly preStop?: Action };
}

/** The parts of a pod that the standards are about. */
export interface SecuredPod {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly securityContext?: SecurityContext;
    readonly containers: readonly SecuredContainer[];
    readonly initContainers?: readonly SecuredContainer[];
    readonly ephemeralContainers?: readonly SecuredContainer[];
    readonly volumes?: readonly { readonly name: string }[];
    readonly hostNetwork?: boolean;
    readonly hostPID?: boolean;
    readonly hostIPC?: boolean;
    readonly hostUsers?: boolean;
    readonly os?: { readonly name?: string };
  };
}

/** What a namespace enforces. */
export interface Enforced {
  readonly level: PodSecurity;
  readonly version?: string | undefined;
}

/** What the labels of a Namespace say, if anything. Kubernetes takes a level that it doesn't know for the strictest. */
export function enforcedBy(labels: Readonly<Record<string, string>>): Enforced | undefined {
  const text = labels[ENFORCE_LABEL];
  return text === undefined ? undefined : { level: POD_SECURITY_LEVELS.find((level) => level === text) ?? 'restricted', version: labels[VERSION_LABEL] };
}

/** A field that a standard refuses. */
export interface Refusal {
  /** Where it is in the pod's spec; of annotations, in its metadata. */
  readonly field: string;
  readonly value: unknown;
  /** The least strict standard that refuses it. */
  readonly level: 'baseline' | 'restricted';
  readonly remedy: string;
}

/** What is said of a field, as it is found. */
type Refuse = (field: string, value: unknown, remedy: string, level?: Refusal['level']) => void;

const CAPABILITIES = [
  'AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT',
];
const RESTRICTED_CAPABILITIES = ['NET_BIND_SERVICE'];
const RESTRICTED_VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret'];
const PROFILES = ['RuntimeDefault', 'Localhost'];
const APP_ARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

/** Values that are let pass, each with the minor release from which on. */
const SELINUX_TYPES: Readonly<Record<string, number>> = { container_t: 0, container_init_t: 0, container_kvm_t: 0, container_engine_t: 31 };
const SYSCTLS: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
  'net.ipv4.tcp_notsent_lowat': 37,
  'net.ipv4.tcp_slow_start_after_idle': 37,
};
/** Releases from which on rules hold: hosts of probes and hooks are refused, and a user namespace makes root harmless. */
const PROBE_HOSTS = 34;
const USER_NAMESPACES = 35;

/** The stricter one of two. */
export function stricter(one: PodSecurity, other: PodSecurity): PodSecurity {
  return POD_SECURITY_LEVELS[Math.max(POD_SECURITY_LEVELS.indexOf(one), POD_SECURITY_LEVELS.indexOf(other))]!;
}

/**
 * What a level refuses of a pod.
 *
 * @param version the release whose rules count, such as `v1.30`; anything else are the newest
 */
export function refusedByPodSecurity({ metadata, spec }: SecuredPod, level: PodSecurity, version?: string): Refusal[] {
  if (level === 'privileged') return [];
  const refusals: Refusal[] = [];
  const refuse: Refuse = (field, value, remedy, by = 'baseline') => {
    if (by === 'baseline' || level === 'restricted') refusals.push({ field, value, remedy, level: by });
  };
  const minor = Number(/^v1\.(\d+)$/.exec(version ?? '')?.[1] ?? Infinity);
  const inUserNamespace = minor >= USER_NAMESPACES && spec.hostUsers === false;

  checkPod(spec, refuse, minor);
  for (const [name, profile] of Object.entries(metadata?.annotations ?? {})) {
    if (name.startsWith(APP_ARMOR_ANNOTATION) && profile !== '' && profile !== 'runtime/default' && !profile.startsWith('localhost/')) {
      refuse(`metadata.annotations['${name}']`, profile, 'use runtime/default, or leave it out');
    }
  }
  const pod = spec.securityContext ?? {};
  checkContext(pod, 'securityContext', refuse, minor);
  if (pod.runAsNonRoot === false && !inUserNamespace) refuse('securityContext.runAsNonRoot', false, 'use true', 'restricted');
  if (pod.runAsUser === 0 && !inUserNamespace) refuse('securityContext.runAsUser', 0, 'name another user', 'restricted');
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const container of spec[list] ?? []) {
      const where = `${list}['${container.name}']`;
      const own = container.securityContext ?? {};
      checkContext(own, `${where}.securityContext`, refuse, minor);
      checkContainer(container, where, refuse, { minor, mayMountProc: inUserNamespace && level === 'baseline' });
      if (own.runAsUser === 0 && !inUserNamespace) refuse(`${where}.securityContext.runAsUser`, 0, 'name another user', 'restricted');
      const missing = missingOf(own, pod, { isWindows: spec.os?.name === 'windows', inUserNamespace });
      if (missing.length > 0) refuse(`${where}.securityContext`, own, `add ${missing.join(', ')}`, 'restricted');
    }
  }
  return refusals;
}

function checkPod(spec: SecuredPod['spec'], refuse: Refuse, minor: number): void {
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'] as const) {
    if (spec[field]) refuse(field, true, 'leave it out');
  }
  for (const volume of spec.volumes ?? []) {
    for (const [kind, value] of Object.entries(volume).filter(([key]) => key !== 'name')) {
      const where = `volumes['${volume.name}'].${kind}`;
      if (kind === 'hostPath') refuse(where, value, 'use an emptyDir, or a persistentVolumeClaim');
      else if (!RESTRICTED_VOLUMES.includes(kind)) refuse(where, value, `use a persistentVolumeClaim, or another of ${RESTRICTED_VOLUMES.join(', ')}`, 'restricted');
    }
  }
  for (const { name } of spec.securityContext?.sysctls ?? []) {
    if (!(Object.hasOwn(SYSCTLS, name) && minor >= SYSCTLS[name]!)) refuse('securityContext.sysctls', name, 'remove it: it is not one of the safe sysctls');
  }
}

/** What pods and containers have in common. */
function checkContext(context: SecurityContext, where: string, refuse: Refuse, minor: number): void {
  const { seccompProfile, appArmorProfile, seLinuxOptions: { type, user, role } = {}, windowsOptions } = context;
  if (windowsOptions?.hostProcess) refuse(`${where}.windowsOptions.hostProcess`, true, 'leave it out');
  for (const [name, profile] of [['seccompProfile', seccompProfile], ['appArmorProfile', appArmorProfile]] as const) {
    if (profile?.type !== undefined && !PROFILES.includes(profile.type)) refuse(`${where}.${name}.type`, profile.type, `use ${PROFILES.join(' or ')}`);
  }
  if (type && !(Object.hasOwn(SELINUX_TYPES, type) && minor >= SELINUX_TYPES[type]!)) {
    refuse(`${where}.seLinuxOptions.type`, type, `use one of ${Object.keys(SELINUX_TYPES).join(', ')}, or leave it out`);
  }
  for (const [name, value] of [['user', user], ['role', role]] as const) {
    if (value) refuse(`${where}.seLinuxOptions.${name}`, value, 'leave it out');
  }
}

/** What depends on the release and on the pod. */
interface Rules {
  readonly minor: number;
  readonly mayMountProc: boolean;
}

function checkContainer(container: SecuredContainer, where: string, refuse: Refuse, rules: Rules): void {
  const { securityContext: own = {}, ports = [], livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  if (own.privileged) refuse(`${where}.securityContext.privileged`, true, 'leave it out');
  if (own.procMount !== undefined && own.procMount !== 'Default' && !rules.mayMountProc) {
    refuse(`${where}.securityContext.procMount`, own.procMount, 'leave it out');
  }
  for (const capability of own.capabilities?.add ?? []) {
    if (!RESTRICTED_CAPABILITIES.includes(capability)) {
      const isBaseline = CAPABILITIES.includes(capability);
      refuse(`${where}.securityContext.capabilities.add`, capability, 'remove it', isBaseline ? 'restricted' : 'baseline');
    }
  }
  for (const { hostPort } of ports) {
    if (hostPort) refuse(`${where}.ports.hostPort`, hostPort, 'leave it out, and let a Service lead to the port');
  }
  const actions = { livenessProbe, readinessProbe, startupProbe, 'lifecycle.postStart': lifecycle?.postStart, 'lifecycle.preStop': lifecycle?.preStop };
  for (const [action, asked] of Object.entries(actions)) {
    for (const kind of ['httpGet', 'tcpSocket'] as const) {
      const host = asked?.[kind]?.host;
      if (host && rules.minor >= PROBE_HOSTS) refuse(`${where}.${action}.${kind}.host`, host, 'leave it out, which asks the pod itself');
    }
  }
}

/** What `restricted` wants said of a container, in the props of cdk8s-plus. */
function missingOf(own: SecurityContext, pod: SecurityContext, where: { readonly isWindows: boolean; readonly inUserNamespace: boolean }): string[] {
  const { isWindows, inUserNamespace } = where;
  const isNonRoot = inUserNamespace || (own.runAsNonRoot ?? pod.runAsNonRoot) === true;
  return [
    ...(isWindows || own.allowPrivilegeEscalation === false ? [] : ['allowPrivilegeEscalation: false']),
    ...(isNonRoot ? [] : ['ensureNonRoot: true']),
    ...(isWindows || own.capabilities?.drop?.includes('ALL') ? [] : ['capabilities: { drop: [Capability.ALL] }']),
    ...(isWindows || own.seccompProfile?.type !== undefined || pod.seccompProfile?.type !== undefined
      ? [] : ['seccompProfile: { type: SeccompProfileType.RUNTIME_DEFAULT }']),
  ];
}

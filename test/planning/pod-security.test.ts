/**
 * What the Pod Security Standards refuse of a pod.
 * Source of the cases: https://kubernetes.io/docs/concepts/security/pod-security-standards/, one for each field of its tables, and
 * the checks of k8s.io/pod-security-admission/policy for what changed between releases.
 */
import { PodSecurity, refusedByPodSecurity, SecuredPod, stricter } from '../../src/planning/pod-security';

const secure = {
  allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' },
};
type Fields = Record<string, unknown>;

/** Pods that all levels let in but for some fields. */
const podWith = (spec: Fields, annotations?: Record<string, string>): SecuredPod =>
  ({ metadata: { annotations }, spec: { containers: [{ name: 'app', securityContext: secure }], ...spec } }) as SecuredPod;
const containerWith = (fields: Fields, list = 'containers'): SecuredPod =>
  podWith({ [list]: [{ name: 'app', securityContext: secure, ...fields }] });
const contextWith = (fields: Fields, list = 'containers'): SecuredPod => containerWith({ securityContext: { ...secure, ...fields } }, list);

const fieldsOf = (pod: SecuredPod, level: PodSecurity, version?: string): string[] =>
  refusedByPodSecurity(pod, level, version).map(({ field }) => field);

/** Each is refused by its level and by what is stricter, and let in by the level below. */
const REFUSED: readonly (readonly [level: 'baseline' | 'restricted', field: string, pod: SecuredPod])[] = [
  ...['hostNetwork', 'hostPID', 'hostIPC'].map((field) => ['baseline', field, podWith({ [field]: true })] as const),
  ['baseline', "volumes['data'].hostPath", podWith({ volumes: [{ name: 'data', hostPath: { path: '/' } }] })],
  ...['nfs', 'iscsi', 'gitRepo', 'fc', 'glusterfs', 'rbd', 'flexVolume', 'azureFile', 'portworxVolume', 'ofTomorrow']
    .map((kind) => ['restricted', `volumes['data'].${kind}`, podWith({ volumes: [{ name: 'data', [kind]: {} }] })] as const),
  ['baseline', 'securityContext.sysctls', podWith({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } })],
  ['baseline', 'securityContext.sysctls', podWith({ securityContext: { sysctls: [{ name: 'toString', value: '1' }] } })],
  ['baseline', 'securityContext.windowsOptions.hostProcess', podWith({ securityContext: { windowsOptions: { hostProcess: true } } })],
  ['baseline', 'securityContext.seccompProfile.type', podWith({ securityContext: { seccompProfile: { type: 'Unconfined' } } })],
  ['baseline', 'securityContext.appArmorProfile.type', podWith({ securityContext: { appArmorProfile: { type: 'Unconfined' } } })],
  ['baseline', "metadata.annotations['container.apparmor.security.beta.kubernetes.io/app']",
    podWith({}, { 'container.apparmor.security.beta.kubernetes.io/app': 'unconfined' })],
  ['baseline', 'securityContext.seLinuxOptions.type', podWith({ securityContext: { seLinuxOptions: { type: 'spc_t' } } })],
  ['baseline', 'securityContext.seLinuxOptions.user', podWith({ securityContext: { seLinuxOptions: { user: 'system_u' } } })],
  ['baseline', 'securityContext.seLinuxOptions.role', podWith({ securityContext: { seLinuxOptions: { role: 'system_r' } } })],
  ['restricted', 'securityContext.runAsNonRoot', podWith({ securityContext: { runAsNonRoot: false } })],
  ['restricted', 'securityContext.runAsUser', podWith({ securityContext: { runAsUser: 0 } })],
  ...['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => ([
    ['baseline', 'securityContext.privileged', contextWith({ privileged: true }, list)],
    ['baseline', 'securityContext.procMount', contextWith({ procMount: 'Unmasked' }, list)],
    ['baseline', 'securityContext.capabilities.add', contextWith({ capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }, list)],
    ['restricted', 'securityContext.capabilities.add', contextWith({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } }, list)],
    ['baseline', 'securityContext.windowsOptions.hostProcess', contextWith({ windowsOptions: { hostProcess: true } }, list)],
    ['baseline', 'securityContext.seccompProfile.type', contextWith({ seccompProfile: { type: 'Unconfined' } }, list)],
    ['baseline', 'securityContext.appArmorProfile.type', contextWith({ appArmorProfile: { type: 'Unconfined' } }, list)],
    ['baseline', 'securityContext.seLinuxOptions.type', contextWith({ seLinuxOptions: { type: 'spc_t' } }, list)],
    ['baseline', 'ports.hostPort', containerWith({ ports: [{ containerPort: 80, hostPort: 80 }] }, list)],
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((probe) => ['httpGet', 'tcpSocket']
      .map((kind) => ['baseline', `${probe}.${kind}.host`, containerWith({ [probe]: { [kind]: { host: '10.0.0.1' } } }, list)])),
    ...['postStart', 'preStop'].map((hook) => ['baseline', `lifecycle.${hook}.httpGet.host`, containerWith({ lifecycle: { [hook]: { httpGet: { host: 'x' } } } }, list)]),
    ['restricted', 'securityContext.runAsUser', contextWith({ runAsUser: 0 }, list)],
    ['restricted', 'securityContext', contextWith({ allowPrivilegeEscalation: undefined }, list)],
    ['restricted', 'securityContext', contextWith({ allowPrivilegeEscalation: true }, list)],
    ['restricted', 'securityContext', contextWith({ runAsNonRoot: undefined }, list)],
    ['restricted', 'securityContext', contextWith({ runAsNonRoot: false }, list)],
    ['restricted', 'securityContext', contextWith({ capabilities: { drop: ['NET_RAW'] } }, list)],
    ['restricted', 'securityContext', contextWith({ seccompProfile: undefined }, list)],
    ['restricted', 'securityContext', containerWith({ securityContext: undefined }, list)],
  ] as [level: 'baseline' | 'restricted', field: string, pod: SecuredPod][]).map(([level, field, pod]) => [level, `${list}['app'].${field}`, pod] as const)),
];

test.each(REFUSED)('%s refuses %s', (level, field, pod) => {
  expect(fieldsOf(pod, level)).toEqual([field]);
  expect(fieldsOf(pod, 'restricted')).toEqual([field]);
  if (level === 'restricted') expect(fieldsOf(pod, 'baseline')).toEqual([]);
  expect(fieldsOf(pod, 'privileged')).toEqual([]);
});

test.each<readonly [string, SecuredPod]>([
  ['nothing but what restricted wants', podWith({})],
  ['what the pod says for its containers', podWith({
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Localhost' } },
    containers: [{ name: 'app', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
  })],
  ['a container that says more than its pod', podWith({ securityContext: { runAsUser: 1000 } })],
  ['the one capability that is harmless', contextWith({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })],
  ['volumes of all harmless kinds, and one without a kind', podWith({ volumes: [
    ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret'].map((kind) => ({ name: kind, [kind]: {} })),
    { name: 'plain' },
  ] })],
  ['safe sysctls', podWith({ securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] } })],
  ['types of SELinux that containers have', podWith({ securityContext: { seLinuxOptions: { type: 'container_t', level: 's0' } } })],
  ['profiles of AppArmor', podWith({ securityContext: { appArmorProfile: { type: 'Localhost' } } }, {
    'container.apparmor.security.beta.kubernetes.io/app': 'localhost/own', 'container.apparmor.security.beta.kubernetes.io/b': 'runtime/default', other: 'unconfined',
  })],
  ['what is off', podWith({ hostNetwork: false, hostPID: false, hostIPC: false, containers: [{
    name: 'app', ports: [{ containerPort: 80, hostPort: 0 }], livenessProbe: { httpGet: { host: '' } },
    securityContext: { ...secure, privileged: false, procMount: 'Default', windowsOptions: { hostProcess: false } },
  }] })],
  ['Windows, which has none of what Linux must give up', podWith({ os: { name: 'windows' }, containers: [{ name: 'app', securityContext: { runAsNonRoot: true } }] })],
])('restricted lets in %s', (_, pod) => {
  expect(refusedByPodSecurity(pod, 'restricted')).toEqual([]);
});

test('of a container all that is missing is said at once, in the props of cdk8s-plus', () => {
  expect(refusedByPodSecurity(podWith({ containers: [{ name: 'app' }] }), 'restricted')).toEqual([{
    field: "containers['app'].securityContext", value: {}, level: 'restricted',
    remedy: 'add allowPrivilegeEscalation: false, ensureNonRoot: true, capabilities: { drop: [Capability.ALL] }, seccompProfile: { type: SeccompProfileType.RUNTIME_DEFAULT }',
  }]);
});

describe('a namespace may pin the rules of a release', () => {
  const probe = containerWith({ livenessProbe: { httpGet: { host: 'x' } } });
  const sysctl = (name: string) => podWith({ securityContext: { sysctls: [{ name, value: '1' }] } });
  const root = podWith({ hostUsers: false, containers: [{ name: 'app', securityContext: { ...secure, runAsNonRoot: false, runAsUser: 0 } }] });

  test.each<readonly [string, SecuredPod, string, string]>([
    ['hosts of probes', probe, 'v1.34', 'v1.33'],
    ['root in a user namespace', root, 'v1.34', 'v1.35'],
    ['net.ipv4.ip_local_reserved_ports', sysctl('net.ipv4.ip_local_reserved_ports'), 'v1.26', 'v1.27'],
    ['net.ipv4.tcp_fin_timeout', sysctl('net.ipv4.tcp_fin_timeout'), 'v1.28', 'v1.29'],
    ['net.ipv4.tcp_rmem', sysctl('net.ipv4.tcp_rmem'), 'v1.31', 'v1.32'],
    ['container_engine_t', podWith({ securityContext: { seLinuxOptions: { type: 'container_engine_t' } } }), 'v1.30', 'v1.31'],
  ])('%s', (_, pod, refusing, accepting) => {
    expect(fieldsOf(pod, 'restricted', refusing)).not.toEqual([]);
    expect(fieldsOf(pod, 'restricted', accepting)).toEqual([]);
  });

  test.each([undefined, 'latest', 'nonsense'])('%s are the newest', (version) => {
    expect(fieldsOf(probe, 'baseline', version)).toHaveLength(1);
    expect(fieldsOf(root, 'restricted', version)).toEqual([]);
  });

  test('/proc may be unmasked in a user namespace by baseline only', () => {
    const pod = podWith({ hostUsers: false, containers: [{ name: 'app', securityContext: { ...secure, procMount: 'Unmasked' } }] });
    expect(fieldsOf(pod, 'baseline')).toEqual([]);
    expect(fieldsOf(pod, 'baseline', 'v1.34')).toHaveLength(1);
    expect(fieldsOf(pod, 'restricted')).toHaveLength(1);
  });
});

test('of two levels the stricter counts', () => {
  expect(stricter('baseline', 'restricted')).toBe('restricted');
  expect(stricter('baseline', 'privileged')).toBe('baseline');
});

/**
 * Names that the constructs write into YAML and that the proxy, `cdk8s-mesh up` and people's own tools find again.
 */

/** Name of the sidecar container in a pod. */
export const SIDECAR_CONTAINER = 'mesh-proxy';

/** Label: the mesh service that a pod belongs to. Services select pods by it, so only pods that take the service's requests have it. */
export const SERVICE_LABEL = 'cdk8s-mesh/service';

/** Label: the version of that service. */
export const VERSION_LABEL = 'cdk8s-mesh/version';

/** Label: the mesh service of a pod that takes no requests, such as that of a job. Nothing selects by it. */
export const PART_OF_LABEL = 'cdk8s-mesh/part-of';

/** Annotation of the headless Service of a version that is one of several: its weight, for apps that call it from elsewhere. */
export const WEIGHT_ANNOTATION = 'cdk8s-mesh/weight';

/** Key of the document in the ConfigMap. */
export const CONFIG_KEY = 'proxy.json';

/** Volume and mount point of the ConfigMap. */
export const CONFIG_VOLUME = 'mesh-config';
export const CONFIG_DIR = '/etc/cdk8s-mesh';

/** Full path of the document in the sidecar. */
export const CONFIG_PATH = `${CONFIG_DIR}/${CONFIG_KEY}`;

/** Volume and mount point of the projected token and the cluster's certificate authority. */
export const TOKEN_VOLUME = 'mesh-token';
export const TOKEN_DIR = '/var/run/secrets/cdk8s-mesh';
export const TOKEN_FILE = `${TOKEN_DIR}/token`;
export const CA_FILE = `${TOKEN_DIR}/ca.crt`;

/** Volume and mount point of the Secret with the certificate shown to clients from outside; its keys are those of type kubernetes.io/tls. */
export const TLS_VOLUME = 'mesh-tls';
export const TLS_DIR = '/etc/cdk8s-mesh-tls';
export const TLS_CERTIFICATE_FILE = `${TLS_DIR}/tls.crt`;
export const TLS_KEY_FILE = `${TLS_DIR}/tls.key`;

/** Volume and mount point of the certificate by which a sidecar proves who it is, and of its key. No other container mounts it. */
export const IDENTITY_VOLUME = 'mesh-identity';
export const IDENTITY_DIR = '/var/run/secrets/cdk8s-mesh-identity';

/** Volume and mount point of the root certificates that it trusts, where they don't come with the certificate. */
export const TRUST_BUNDLE_VOLUME = 'mesh-trust-bundle';
export const TRUST_BUNDLE_DIR = '/var/run/secrets/cdk8s-mesh-trust-bundle';
export const TRUST_BUNDLE_FILE = `${TRUST_BUNDLE_DIR}/ca.crt`;

/** Volume and mount point of the files of TLS to what is outside of the mesh. */
export const UPSTREAM_TLS_VOLUME = 'mesh-upstream-tls';
export const UPSTREAM_TLS_DIR = '/var/run/secrets/cdk8s-mesh-upstream-tls';

/** Where the proxy finds what a ConfigMap or Secret holds under a key, for such TLS. */
export function upstreamTlsFile(kind: 'configmap' | 'secret', name: string, key: string): string {
  return `${UPSTREAM_TLS_DIR}/${kind}s/${name}/${key}`;
}

/** Volume and mount point of the keys of session cookies. */
export const SESSION_KEYS_VOLUME = 'mesh-session-keys';
export const SESSION_KEYS_DIR = '/var/run/secrets/cdk8s-mesh-sessions';

/** Where the sidecar finds the keys that a Secret holds under a name of its data. */
export function sessionKeyFile(secret: string, key: string): string {
  return `${SESSION_KEYS_DIR}/${secret}/${key}`;
}

/** Volume and mount point of the public keys that tokens are verified with. */
export const JWKS_VOLUME = 'mesh-jwks';
export const JWKS_DIR = '/etc/cdk8s-mesh-jwks';

/** What holds such keys. */
export type JwksPlace = 'configMap' | 'secret';

/** Where the sidecar finds the keys that a ConfigMap or Secret holds under a name of its data. */
export function jwksFile(place: JwksPlace, object: string, key: string): string {
  return `${JWKS_DIR}/${place === 'secret' ? 'secrets' : 'config-maps'}/${object}/${key}`;
}

/**
 * Volume and mount point of what the sidecar writes: an emptyDir, so that it is there after a restart of the container and gone with
 * the pod. No other container mounts the folder itself, since anyone who can write there says where requests go.
 */
export const STATE_VOLUME = 'mesh-state';
export const STATE_DIR = '/var/lib/cdk8s-mesh';

/** Environment: the folder that the sidecar may write to. Absent: {@link STATE_DIR}, if it is there. Without one, nothing outlives the process. */
export const ENV_STATE_DIR = 'MESH_STATE_DIR';

/** The hosts file that the sidecar keeps there, and where the containers of its app mount it. */
export const HOSTS_FILE_NAME = 'hosts';
export const HOSTS_FILE = `${STATE_DIR}/${HOSTS_FILE_NAME}`;
export const HOSTS_MOUNT = '/etc/hosts';

/** Environment: the hosts file that the sidecar keeps. Absent: none, since the names of listeners reach the app in another way, or not at all. */
export const ENV_HOSTS_FILE = 'MESH_HOSTS_FILE';

/**
 * Environment: ports that the pod's own connections to callees are redirected from and to, `9080:15200,9090:15201`. The init container
 * of that name does it. The sidecar binds the second port in place of the first. Absent: none is redirected.
 */
export const ENV_REDIRECTED_PORTS = 'MESH_REDIRECTED_PORTS';
export const REDIRECT_CONTAINER = 'mesh-redirect';

/** Addresses of callees in a pod. */
export const CALLEE_NETWORK = '127.64.0.0/10';

/** Environment of the sidecar, filled by the downward API. */
export const ENV_POD_NAME = 'POD_NAME';
export const ENV_POD_NAMESPACE = 'POD_NAMESPACE';
export const ENV_POD_IPS = 'POD_IPS';
export const ENV_NODE_IP = 'NODE_IP';

/** Environment: memory limit of the proxy's container, in bytes; 0 for none. Absent: the proxy asks the control group. */
export const ENV_MEMORY_LIMIT = 'MESH_MEMORY_LIMIT';

/** Environment: path of the configuration document. */
export const ENV_CONFIG = 'MESH_CONFIG';

/** Page of the admin port by which the kubelet says that the pod is being terminated. */
export const TERMINATING_PATH = '/terminating';

/**
 * The same for a pod that is a proxy alone. Answered when `shutdown.endpointPropagationMs` is over: the kubelet sends SIGTERM as soon as a
 * container's hook has ended, and a container has one hook only.
 */
export const TERMINATING_WAIT_PATH = `${TERMINATING_PATH}/wait`;

/** Name of the cluster, in every inbound configuration, that is the app beside the proxy. */
export const APP_CLUSTER = 'app';

/** Whether a cluster is the app beside the proxy, at its first port or another one (`app:admin`). */
export function isAppCluster(name: string): boolean {
  return name === APP_CLUSTER || name.startsWith(`${APP_CLUSTER}:`);
}

/** Name of the inbound listener. */
export const INBOUND_LISTENER = 'inbound';

/** Name of the inbound listener with TLS. */
export const INBOUND_TLS_LISTENER = 'inbound-tls';

/** Names of a gateway's listeners. */
export const GATEWAY_LISTENER = 'http';
export const GATEWAY_TLS_LISTENER = 'https';
/** Of one where clients' TLS passes through. */
export const GATEWAY_PASSING_LISTENER = 'tls';

/** The databases of the Sock Shop, and its queue: plain Deployments of cdk8s-plus without a sidecar, which apps call past their own. */
import { Chart } from 'cdk8s';
import { Capability, ContainerProps, Deployment, EnvValue, ServiceType, Volume } from 'cdk8s-plus-28';

interface Store {
  readonly image: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Where it keeps its data, which ends with the pod. */
  readonly data: string;
}

const MONGO: Store = { image: 'mongo:3.4', port: 27017, data: '/data/db' };

const STORES: Readonly<Record<string, Store>> = {
  'carts-db': MONGO,
  'orders-db': MONGO,
  'user-db': { ...MONGO, image: 'weaveworksdemos/user-db:0.4.0' },
  'catalogue-db': {
    image: 'weaveworksdemos/catalogue-db:0.3.0', port: 3306, data: '/var/lib/mysql', env: { MYSQL_ROOT_PASSWORD: 'fake_password', MYSQL_DATABASE: 'socksdb' },
  },
  'session-db': { image: 'redis:7-alpine', port: 6379, data: '/data' },
  rabbitmq: { image: 'rabbitmq:3.6.8-management', port: 5672, data: '/var/lib/rabbitmq' },
};

/** Adds a Deployment and a Service for each. */
export function addDatabases(chart: Chart): void {
  for (const [name, store] of Object.entries(STORES)) {
    const deployment = new Deployment(chart, name, { metadata: { name }, replicas: 1, containers: [containerOf(store)] });
    deployment.containers[0]!.mount(store.data, Volume.fromEmptyDir(deployment, 'data', 'data'));
    deployment.exposeViaService({ name, serviceType: ServiceType.CLUSTER_IP });
  }
}

function containerOf({ image, port, env = {} }: Store): ContainerProps {
  return {
    image,
    portNumber: port,
    envVariables: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, EnvValue.fromValue(value)])),
    // They start as root, give their data to a user of their own, and go on as that.
    securityContext: {
      ensureNonRoot: false,
      readOnlyRootFilesystem: false,
      capabilities: { drop: [Capability.ALL], add: [Capability.CHOWN, Capability.SETGID, Capability.SETUID, Capability.DAC_OVERRIDE] },
    },
  };
}

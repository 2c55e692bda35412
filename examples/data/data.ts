/**
 * A web app and its Redis, in one mesh. `web` connects to `cache:6379` as it always has; the sidecars find a pod, prove to each other who they
 * are, and pass bytes on. Only `web` may connect. The database outside of the cluster is reached by TLS, which the sidecar adds.
 */
import { Chart, Duration } from 'cdk8s';
import {
  AppProtocol, Authorization, ExternalEndpoints, ExternalService, ExternalTls, HealthCheck, Identity, LoadBalancing, Mesh, MeshService,
  NetworkPolicies, Scaling,
} from 'cdk8s-mesh';
import { Construct } from 'constructs';

export class DataStack extends Chart {
  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'data', disableResourceNameHashes: true });
    new Mesh(this, 'mesh', {
      identity: Identity.certManagerSpiffe(),
      authorization: Authorization.enforce(),
      networkPolicies: NetworkPolicies.fromCalls(),
    });

    const cache = new MeshService(this, 'cache', {
      containers: [{ image: 'docker.io/library/redis:7.4', portNumber: 6379 }],
      port: 6379,
      protocol: AppProtocol.TCP,
      scaling: Scaling.replicas(3),
      // Connections last long, so a new one goes to the pod that has the fewest.
      loadBalancing: LoadBalancing.leastRequest(),
      // By mutual TLS a check asks the sidecar whether its Redis takes connections.
      healthCheck: HealthCheck.tcp(),
      connections: { maxConnectionsPerEndpoint: 500, connectTimeout: Duration.millis(250) },
      tcp: { idleTimeout: Duration.hours(2), maxDuration: Duration.hours(12) },
    });

    const orders = new ExternalService(this, 'orders', {
      endpoints: ExternalEndpoints.dns('orders.db.example.com', { port: 6380 }),
      port: 6379,
      protocol: AppProtocol.TCP,
      tls: ExternalTls.systemRoots(),
    });

    const web = new MeshService(this, 'web', { containers: [{ image: 'ghcr.io/acme/web:9.0.1', portNumber: 3000 }] });
    web.calls(cache);
    web.calls(orders);
  }
}

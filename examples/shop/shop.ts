/**
 * A small shop: a gateway at the edge, behind a load balancer, `web` behind that, and the three services that it calls. `catalog` tries
 * out a new version with a tenth of its requests, and with all of those that ask for it.
 *
 * `web` and `catalog` say what load they get and how available they are to be. Numbers of pods, autoscalers, budgets and alerts follow.
 */
import { Chart, Duration } from 'cdk8s';
import { Availability, Capacity, Gateway, LoadBalancing, Match, Mesh, MeshService, Monitoring, Route, Scaling, Slo } from 'cdk8s-mesh';
import { Construct } from 'constructs';

export class Shop extends Chart {
  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'shop', disableResourceNameHashes: true });
    new Mesh(this, 'mesh', { monitoring: Monitoring.prometheus() });

    const payments = new MeshService(this, 'payments', {
      containers: [{ image: 'ghcr.io/acme/payments:2.4.0', portNumber: 8080 }],
    });

    const cart = new MeshService(this, 'cart', {
      containers: [{ image: 'ghcr.io/acme/cart:3.1.0', portNumber: 8080 }],
    });
    cart.calls(payments, { timeout: Duration.seconds(2) });

    const catalog = new MeshService(this, 'catalog', {
      containers: [{ image: 'ghcr.io/acme/catalog:1.8.2', portNumber: 8080 }],
      loadBalancing: LoadBalancing.leastRequest(),
      capacity: Capacity.of({
        peakRps: 900, usualRps: 400, serviceTime: Duration.millis(20), concurrency: 8, cpuPerRequest: Duration.millis(4),
      }).latency('p99', Duration.millis(150)),
      availability: Availability.target('99.99%', { zones: 3 }),
      scaling: Scaling.derived(),
      slo: Slo.availability('99.9%').latency('p99', Duration.millis(250)),
    });
    const next = catalog.addVersion('v2', {
      containers: [{ image: 'ghcr.io/acme/catalog:2.0.0', portNumber: 8080 }],
      scaling: Scaling.replicas(2),
      weight: 10,
    });
    // Testers ask for the new version, and always get it.
    catalog.addRoute(Route.when(Match.header('x-beta', 'true')).to(next));
    // Carts were a part of the catalog once, and old clients look for them there.
    catalog.addRoute(Route.when(Match.pathPrefix('/carts')).to(cart).timeout(Duration.seconds(5)));

    const web = new MeshService(this, 'web', {
      containers: [{ image: 'ghcr.io/acme/web:9.0.1', portNumber: 3000 }],
      port: 80,
      capacity: Capacity.of({ peakRps: 700, rpsPerPod: 400 }),
      availability: Availability.target('99.9%', { zones: 3 }),
      slo: Slo.availability('99.9%').latency('p95', Duration.millis(500)),
    });
    web.calls(catalog, { timeout: Duration.millis(500) });
    web.calls(cart);

    const edge = new Gateway(this, 'edge', {
      scaling: Scaling.replicas(2),
      // The cloud's load balancer has the certificate, and says who the client is.
      forwarded: { trustedHops: 1 },
    });
    edge.route('shop.example.com', web);
  }
}

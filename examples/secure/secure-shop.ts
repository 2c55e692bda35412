/**
 * A shop in which nobody is trusted by where they are. Clients prove who they are by a token, services by a certificate; each may send what is
 * declared here, and nothing else: `web` may read the catalog and place orders, and only `orders` may write to the ledger.
 */
import { Chart } from 'cdk8s';
import {
  Allow, AuditLog, Authorization, Gateway, GatewayCertificate, Identity, Jwt, Match, Mesh, MeshService, NetworkPolicies, Route,
} from 'cdk8s-mesh';
import { ConfigMap } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

export class SecureShop extends Chart {
  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'shop', disableResourceNameHashes: true });

    // Every hop is mutual TLS between SPIFFE ids, and strict. Policies of the network shut the ports of apps as well.
    new Mesh(this, 'mesh', {
      identity: Identity.certManagerSpiffe(),
      authorization: Authorization.enforce({ audit: AuditLog.DENIED }),
      networkPolicies: NetworkPolicies.fromCalls(),
    });

    const ledger = new MeshService(this, 'ledger', { containers: [{ image: 'ghcr.io/acme/ledger:4.0.2', portNumber: 8080 }] });
    const catalog = new MeshService(this, 'catalog', { containers: [{ image: 'ghcr.io/acme/catalog:1.8.2', portNumber: 8080 }] });
    const orders = new MeshService(this, 'orders', { containers: [{ image: 'ghcr.io/acme/orders:2.4.0', portNumber: 8080 }] });
    const web = new MeshService(this, 'web', { containers: [{ image: 'ghcr.io/acme/web:9.0.1', portNumber: 3000 }] });

    web.calls(catalog, { allow: [Allow.when(Match.method('GET'))] });
    web.calls(orders);
    orders.calls(ledger, { allow: [Allow.when(Match.method('POST'), Match.pathExact('/entries'))] });

    // The keys of who issues the tokens, which something of yours keeps current.
    const keys = ConfigMap.fromConfigMapName(this, 'LoginKeys', 'login-keys');
    const edge = new Gateway(this, 'edge', {
      tls: [GatewayCertificate.fromSecretName('shop-tls')],
      hsts: {},
      jwt: [Jwt.fromConfigMap(keys, { issuer: 'https://login.example.com/', audiences: ['shop'], claimHeaders: { sub: 'x-user' } })],
    });
    edge.route('shop.example.com', web);
    // Staff may look at orders directly; for everybody else there is no such path.
    edge.addRoute('shop.example.com', Route.when(Match.pathPrefix('/orders'), Match.claim('groups', 'staff')).to(orders));
    edge.addRoute('shop.example.com', Route.when(Match.pathPrefix('/orders')).respond(404));
  }
}

/**
 * The routes of a service for meshes that read the Gateway API (GAMMA, GEP-1294): one HTTPRoute whose parent is the Service. A gateway becomes
 * a Gateway with routes. The sidecars of
 * this mesh do not read it. It is for services that move to or from another mesh, so what it can't say is refused and not left out: a route
 * that lost a condition would take the requests of others.
 */
import { ApiObject, Chart, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { ExternalService } from '../calls/external-service';
import { factsOf } from '../destinations/app-protocol';
import { Destination } from '../destinations/destination';
import { isTcp } from '../destinations/tcp-checks';
import { Gateway } from '../gateway/gateway';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { isA, refusalOfCopy } from '../synthesis/copies';
import { backendTlsSpec, checkBackendTls } from './backend-tls';
import { checkExport } from './export-checks';
import { exportGateway } from './gateway-export';
import { GatewayExportOptions } from './gateway-export-options';
import { httpRouteSpec } from './http-route';

/**
 * The routes and gateways of this mesh in the form of the Gateway API.
 */
export class GatewayApi {
  /**
   * Writes the routes of a service as an HTTPRoute, with a last rule for all other requests. It is of the standard channel. Routes with parts
   * that it has no words for fail the synthesis.
   *
   * @param scope a chart of the namespace of the service
   * @param id id of the HTTPRoute, which has the name of the service
   * @param service a `MeshService`, or what `MeshSidecar.expose` returns
   */
  public static export(scope: Construct, id: string, service: Destination): ApiObject {
    if (!Construct.isConstruct(scope)) {
      throw new Error('\'GatewayApi.export()\' needs a chart, an id and a service, such as GatewayApi.export(this, \'catalog-route\', catalog)');
    }
    const errors = new ValidationErrors();
    if (!isA(Destination, service)) {
      throw new Error(`[${scope.node.path}] 'GatewayApi.export()' got ${service === undefined ? 'undefined' : typeof service}: `
        + `${refusalOfCopy(Destination, service) ?? 'give it a MeshService, or what MeshSidecar.expose() returns'}`);
    }
    const info = service._info();
    if (!info.meshed) {
      errors.add('GatewayApi.export', service.node.path, 'it has no Service that a route could have as its parent; give a MeshService, or what MeshSidecar.expose() returns');
    } else if (isTcp(info.protocol)) {
      errors.add('GatewayApi.export', service.node.path, `it speaks ${factsOf(info.protocol).title}, for which the standard channel of the Gateway API (v1.4) has no route; `
        + 'write a TCPRoute or TLSRoute by hand');
    } else if (Chart.of(scope).namespace !== info.chartNamespace) {
      errors.add('GatewayApi.export', Chart.of(scope).namespace, `routes for all callers are in the namespace of the service, '${info.namespace}'; give a chart of that`);
    }
    errors.throwIfAny(scope);
    const route = new ApiObject(scope, id, {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: info.name },
      spec: Lazy.any({ produce: () => httpRouteSpec(service) }),
    });
    route.node.addValidation({ validate: () => checkExport(service) });
    return route;
  }

  /**
   * Writes the TLS of a service outside of the mesh as a BackendTLSPolicy, for the Service that stands for it where the Gateway API is read.
   * What a policy has no words for fails the synthesis: client certificates, pins, a minimum version, another SNI, addresses, and roots that are
   * not the key `ca.crt` of a ConfigMap.
   *
   * @param scope a chart of the namespace of that Service
   * @param id id of the policy, which has the name of the Service
   * @param external a service with `tls`
   * @param serviceName name of that Service
   */
  public static exportBackendTls(scope: Construct, id: string, external: ExternalService, serviceName: string): ApiObject {
    const tls = isA(ExternalService, external) ? external._info().tls : undefined;
    if (!Construct.isConstruct(scope) || !tls) {
      throw new Error('\'GatewayApi.exportBackendTls()\' needs a chart, an id, an ExternalService with \'tls\', and the name of a Service, such as '
        + 'GatewayApi.exportBackendTls(this, \'ledger-tls\', ledger, \'ledger\')');
    }
    const errors = new ValidationErrors();
    errors.name('GatewayApi.exportBackendTls.serviceName', serviceName, NAME_RULES.service);
    checkBackendTls(errors, tls);
    errors.throwIfAny(scope);
    return new ApiObject(scope, id, {
      apiVersion: 'gateway.networking.k8s.io/v1', kind: 'BackendTLSPolicy', metadata: { name: serviceName }, spec: backendTlsSpec(serviceName, tls),
    });
  }

  /**
   * Writes a gateway and its routes for implementations of the Gateway API: a Gateway with a listener for each host, an HTTPRoute for each host,
   * or a GRPCRoute when all of its routes are of gRPC, one that redirects to HTTPS, and a ReferenceGrant in each other namespace that routes
   * lead to. Call it after the last route was added. Props and parts of routes that can't be expressed there fail the synthesis.
   *
   * @param scope a chart of the namespace of the gateway
   * @param id id of the Gateway, which has the name of `gateway`
   */
  public static exportGateway(scope: Construct, id: string, gateway: Gateway, options: GatewayExportOptions): ApiObject {
    if (!Construct.isConstruct(scope)) {
      throw new Error('\'GatewayApi.exportGateway()\' needs a chart, an id, a gateway and options, such as GatewayApi.exportGateway(this, \'edge-api\', edge, { gatewayClassName: \'istio\' })');
    }
    if (!isA(Gateway, gateway)) {
      throw new Error(`[${scope.node.path}] 'GatewayApi.exportGateway()' got ${gateway === undefined ? 'undefined' : typeof gateway}: `
        + `${refusalOfCopy(Gateway, gateway) ?? 'give it a Gateway'}`);
    }
    return exportGateway(scope, id, gateway, options);
  }

  private constructor() {}
}

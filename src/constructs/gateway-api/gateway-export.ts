/** Writes the objects of the Gateway API for a gateway. They are made at once, as their kinds depend on the routes: later routes are refused. */
import { ApiObject, Chart, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { Destination } from '../destinations/destination';
import { Gateway } from '../gateway/gateway';
import { ANY_HOST } from '../gateway/route-checks';
import { DEFAULT_NAMESPACE } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { CorsOptions } from '../routes/cors-options';
import { Route } from '../routes/route';
import { namesOf } from '../routes/route-names';
import { checkGateway, checkOptions } from './gateway-checks';
import { GatewayExportOptions } from './gateway-export-options';
import { listeners, listenersOf, REDIRECTED, redirects, suffixOf } from './gateway-listeners';
import { grpcRules, isGrpc } from './grpc-route';
import { backendsOf, lastForAll, Part, ruleOf } from './http-route';

const GROUP = 'gateway.networking.k8s.io';
const V1 = `${GROUP}/v1`;
const HTTPS_PORT = 443;

/** The Gateway; the routes are below it in the tree. */
export function exportGateway(scope: Construct, id: string, gateway: Gateway, options: GatewayExportOptions): ApiObject {
  const { namespace: chartNamespace } = Chart.of(gateway);
  const namespace = chartNamespace ?? DEFAULT_NAMESPACE;
  const { props, routes } = gateway._declared();
  const errors = new ValidationErrors();
  checkOptions(errors, options ?? {});
  if (Chart.of(scope).namespace !== chartNamespace) {
    errors.add('GatewayApi.exportGateway', Chart.of(scope).namespace, `Secrets of certificates are in the namespace of the gateway, '${namespace}'; give a chart of that`);
  }
  errors.throwIfAny(scope);

  const { gatewayName: name } = gateway;
  const hosts = [...routes.keys()];
  const written = countOf(routes);
  const root = new ApiObject(scope, id, {
    apiVersion: V1, kind: 'Gateway', metadata: { name },
    spec: { gatewayClassName: options.gatewayClassName, listeners: listeners(hosts, props) },
  });
  root.node.addValidation({
    validate: () => {
      const found = new ValidationErrors();
      checkGateway(found, props, routes, options.ignoreUnsupported);
      if (countOf(routes) !== written) {
        found.add('GatewayApi.exportGateway', gateway.node.path, 'a route was added after the export; export the gateway after its last route');
      }
      return found.messages;
    },
  });
  const parents = (names: readonly string[]): Part[] => names.map((sectionName) => ({ name, sectionName }));
  for (const [host, ofHost] of routes) {
    const isOfGrpc = props.cors === undefined && isGrpc(ofHost);
    new ApiObject(root, `Route${suffixOf(host)}`, {
      apiVersion: V1, kind: isOfGrpc ? 'GRPCRoute' : 'HTTPRoute', metadata: { name: `${name}${suffixOf(host)}` },
      spec: {
        parentRefs: parents(listenersOf(host, props)),
        ...(host !== ANY_HOST && { hostnames: [host] }),
        rules: Lazy.any({ produce: () => (isOfGrpc ? grpcRules(ofHost, namespace) : httpRules(ofHost, namespace, props.cors)) }),
      },
    });
  }
  if (redirects(props)) {
    const { httpsPort = HTTPS_PORT } = props;
    new ApiObject(root, 'HttpsRedirect', {
      apiVersion: V1, kind: 'HTTPRoute', metadata: { name: `${name}-https-redirect` },
      spec: { parentRefs: parents([REDIRECTED]), rules: [{ filters: [redirectTo(httpsPort)] }] },
    });
  }
  grantReferences(root, name, namespace, [...routes.values()].flat());
  return root;
}

function countOf(routes: ReadonlyMap<string, readonly Route[]>): number {
  return [...routes.values()].flat().length;
}

/** @param cors of routes that say nothing of it */
function httpRules(routes: readonly Route[], namespace: string, cors: CorsOptions | undefined): Part[] {
  const names = namesOf(routes);
  return lastForAll(routes).map((route) => ruleOf({ cors, ...route._spec }, names.get(route)!, namespace));
}

/** With 301: v1.4 of the standard channel has no 308. */
function redirectTo(port: number): Part {
  return { type: 'RequestRedirect', requestRedirect: { scheme: 'https', ...(port !== HTTPS_PORT && { port }), statusCode: 301 } };
}

/** Routes of a Gateway may lead to Services of another namespace when that says so. */
function grantReferences(root: ApiObject, name: string, namespace: string, routes: readonly Route[]): void {
  const services = routes.flatMap(({ _spec: { targets, mirrors } }) => [...targets, ...mirrors])
    .filter(({ target }) => (target._destination() as Destination)._info().meshed)
    .flatMap(({ target }) => backendsOf([{ target, weight: 1 }], namespace));
  for (const other of new Set(services.flatMap(({ namespace: its }) => (typeof its === 'string' ? [its] : [])))) {
    const names = new Set(services.filter((service) => service.namespace === other).map((service) => service.name));
    new ApiObject(root, `Grant-${other}`, {
      apiVersion: `${GROUP}/v1beta1`, kind: 'ReferenceGrant', metadata: { name: `${namespace}.${name}`, namespace: other },
      spec: {
        from: ['GRPCRoute', 'HTTPRoute'].map((kind) => ({ group: GROUP, kind, namespace })),
        to: [...names].sort().map((service) => ({ group: '', kind: 'Service', name: service })),
      },
    });
  }
}

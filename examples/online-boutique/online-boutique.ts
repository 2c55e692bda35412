/**
 * The Online Boutique of Google: a shop of ten services in five languages, which call each other by gRPC. Each call is balanced by itself over the
 * pods of its service; a Service alone would keep all calls of a connection at one pod.
 */
import { ApiObject, Chart, Duration, JsonPatch, Size } from 'cdk8s';
import { AppProtocol, Gateway, GatewayCertificate, MeshService, Retry, Scaling } from 'cdk8s-mesh';
import { ContainerProps, Cpu, Deployment, EnvValue, Probe, ServiceType, Volume } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

const REGISTRY = 'us-central1-docker.pkg.dev/google-samples/microservices-demo';
const RELEASE = 'v0.10.3';
const USER = 1000;

/** A page has 15 s at the gateway. What it is made of has less, or apps would work for clients that are gone. */
const OF_A_PAGE = { timeout: Duration.seconds(10) };
const BELOW = { timeout: Duration.seconds(5) };

/** A service that speaks gRPC. */
interface GrpcService {
  /** At which it is called. */
  readonly port: number;
  /** At which it listens, if at another. */
  readonly appPort?: number;
  readonly memoryMiB?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Only reads, so that calls can be sent again. */
  readonly isReadOnly?: boolean;
}

export class OnlineBoutique extends Chart {
  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'boutique', disableResourceNameHashes: true });
    this.redis();

    const ads = this.grpc('adservice', { port: 9555, memoryMiB: 300 });
    const cart = this.grpc('cartservice', { port: 7070, env: { REDIS_ADDR: 'redis-cart:6379' } });
    const catalog = this.grpc('productcatalogservice', { port: 3550, isReadOnly: true });
    const currency = this.grpc('currencyservice', { port: 7000, isReadOnly: true });
    const email = this.grpc('emailservice', { port: 5000, appPort: 8080 });
    const payment = this.grpc('paymentservice', { port: 50051 });
    const shipping = this.grpc('shippingservice', { port: 50051 });

    const recommendations = this.grpc('recommendationservice', { port: 8080, memoryMiB: 450, env: { PRODUCT_CATALOG_SERVICE_ADDR: 'productcatalogservice:3550' } });
    recommendations.calls(catalog, BELOW);

    const checkout = this.grpc('checkoutservice', {
      port: 5050,
      env: {
        PRODUCT_CATALOG_SERVICE_ADDR: 'productcatalogservice:3550', SHIPPING_SERVICE_ADDR: 'shippingservice:50051', PAYMENT_SERVICE_ADDR: 'paymentservice:50051',
        EMAIL_SERVICE_ADDR: 'emailservice:5000', CURRENCY_SERVICE_ADDR: 'currencyservice:7000', CART_SERVICE_ADDR: 'cartservice:7070',
      },
    });
    for (const callee of [catalog, shipping, payment, email, currency, cart]) checkout.calls(callee, BELOW);

    const frontend = new MeshService(this, 'frontend', {
      scaling: Scaling.replicas(1),
      containers: [{
        ...container('frontend', 128, {
          // It listened at 8080, where it calls the recommendations.
          PORT: '8000',
          PRODUCT_CATALOG_SERVICE_ADDR: 'productcatalogservice:3550', CURRENCY_SERVICE_ADDR: 'currencyservice:7000', CART_SERVICE_ADDR: 'cartservice:7070',
          RECOMMENDATION_SERVICE_ADDR: 'recommendationservice:8080', SHIPPING_SERVICE_ADDR: 'shippingservice:50051', CHECKOUT_SERVICE_ADDR: 'checkoutservice:5050',
          AD_SERVICE_ADDR: 'adservice:9555', SHOPPING_ASSISTANT_SERVICE_ADDR: 'shoppingassistantservice:80', ENABLE_PROFILER: '0',
        }),
        portNumber: 8000,
        readiness: Probe.fromHttpGet('/_healthz'),
      }],
    });
    for (const callee of [catalog, currency, cart, recommendations, shipping, checkout, ads]) frontend.calls(callee, OF_A_PAGE);

    const edge = new Gateway(this, 'edge', { tls: [GatewayCertificate.fromSecretName('boutique-tls')], scaling: Scaling.replicas(2) });
    edge.route('boutique.example.com', frontend);
  }

  private grpc(name: string, { port, appPort = port, memoryMiB = 128, env = {}, isReadOnly = false }: GrpcService): MeshService {
    const service = new MeshService(this, name, {
      protocol: AppProtocol.GRPC,
      port,
      scaling: Scaling.replicas(1),
      containers: [{ ...container(name, memoryMiB, { PORT: String(appPort), DISABLE_PROFILER: '1', ...env }), portNumber: appPort }],
      ...(isReadOnly && { retry: Retry.allMethods() }),
    });
    // cdk8s-plus-28 has no probe by gRPC.
    ApiObject.of(service.deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/readinessProbe', { grpc: { port: appPort } }));
    return service;
  }

  /** The carts, which end with the pod. Redis is outside of the mesh here. */
  private redis(): void {
    const deployment = new Deployment(this, 'redis-cart', {
      metadata: { name: 'redis-cart' },
      replicas: 1,
      containers: [{ image: 'redis:7-alpine', portNumber: 6379, securityContext: { user: USER } }],
    });
    deployment.containers[0]!.mount('/data', Volume.fromEmptyDir(deployment, 'data', 'data'));
    deployment.exposeViaService({ name: 'redis-cart', serviceType: ServiceType.CLUSTER_IP });
  }
}

function container(name: string, memoryMiB: number, env: Readonly<Record<string, string>>): ContainerProps {
  return {
    image: `${REGISTRY}/${name}:${RELEASE}`,
    envVariables: Object.fromEntries(Object.entries(env).map(([variable, value]) => [variable, EnvValue.fromValue(value)])),
    resources: { cpu: { request: Cpu.millis(100) }, memory: { request: Size.mebibytes(memoryMiB / 2), limit: Size.mebibytes(memoryMiB) } },
    securityContext: { user: USER, group: USER },
  };
}

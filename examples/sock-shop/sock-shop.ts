/**
 * The Sock Shop of Weaveworks: eight services in Go, Java and Node. Its images listen at port 80, at which `orders` also calls the others. Here
 * each app is told by its command to listen at 8080, so that none needs a capability for port 80. Callers go on calling port 80.
 */
import { Chart, Duration } from 'cdk8s';
import { Gateway, GatewayCertificate, MeshService, Scaling } from 'cdk8s-mesh';
import { ContainerProps, EnvValue, Probe, Volume } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { addDatabases } from './databases';

const APP_PORT = 8080;
const JAVA_OPTS = '-Xms64m -Xmx128m -XX:+UseG1GC -Djava.security.egd=file:/dev/urandom -Dspring.zipkin.enabled=false';

export class SockShop extends Chart {
  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'sock-shop', disableResourceNameHashes: true });
    addDatabases(this);

    const catalogue = this.service('catalogue', goApp('catalogue:0.3.5', '/app'));
    const payment = this.service('payment', goApp('payment:0.4.3', '/app'));
    const user = this.service('user', { ...goApp('user:0.4.7', '/user'), envVariables: { MONGO_HOST: EnvValue.fromValue('user-db:27017') } });
    const carts = this.service('carts', this.javaApp('carts:0.4.8'));
    const shipping = this.service('shipping', this.javaApp('shipping:0.4.8'));
    this.service('queue-master', this.javaApp('queue-master:0.3.1'));

    const orders = this.service('orders', this.javaApp('orders:0.4.7'));
    // The app itself gives up after 5 s, so the mesh need not go on for longer.
    for (const callee of [user, carts, payment, shipping]) orders.calls(callee, { timeout: Duration.seconds(5) });

    const frontEnd = this.service('front-end', {
      image: 'weaveworksdemos/front-end:0.3.12',
      portNumber: 8079,
      envVariables: { SESSION_REDIS: EnvValue.fromValue('true') },
      readiness: Probe.fromHttpGet('/'),
      securityContext: { user: 10_001 },
    });
    for (const callee of [catalogue, carts, orders, user]) frontEnd.calls(callee);

    const edge = new Gateway(this, 'edge', { tls: [GatewayCertificate.fromSecretName('sock-shop-tls')], scaling: Scaling.replicas(2) });
    edge.route('socks.example.com', frontEnd);
  }

  private service(name: string, container: ContainerProps): MeshService {
    return new MeshService(this, name, { containers: [container], scaling: Scaling.replicas(1) });
  }

  /** Spring Boot, which unpacks itself below /tmp. */
  private javaApp(image: string): ContainerProps {
    const [name] = image.split(':') as [string];
    return {
      image: `weaveworksdemos/${image}`,
      command: ['/usr/local/bin/java.sh'],
      args: ['-jar', './app.jar', `--port=${APP_PORT}`],
      workingDir: '/usr/src/app',
      portNumber: APP_PORT,
      envVariables: { JAVA_OPTS: EnvValue.fromValue(JAVA_OPTS) },
      volumeMounts: [{ path: '/tmp', volume: Volume.fromEmptyDir(this, `${name}-tmp`, 'tmp') }],
      securityContext: { user: 10_001 },
    };
  }
}

function goApp(image: string, command: string): ContainerProps {
  return {
    image: `weaveworksdemos/${image}`,
    command: [command],
    args: [`-port=${APP_PORT}`],
    portNumber: APP_PORT,
    readiness: Probe.fromHttpGet('/health'),
    securityContext: { user: 10_001 },
  };
}

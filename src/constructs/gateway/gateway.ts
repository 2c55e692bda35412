/**
 * The mesh's proxy at the edge: a Deployment of proxies without an app, behind a Service that clients reach, with routes by host.
 *
 * It is a caller like any other, so weights of versions, retries and ejections apply to what comes from outside, too. What a load balancer
 * doesn't know of Kubernetes is the end of a pod: see `deregistrationDelay`.
 */
import { Chart, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { EndpointSliceDiscovery, ProxyConfig, SERVICE_LABEL } from '../../contract';
import { MAX_GRACE_SECONDS, ShutdownBudget, shutdownBudget } from '../../planning/shutdown-budget';
import { besides } from '../calls/call-routes';
import { Call, Dependencies } from '../calls/dependencies';
import { publishObjectives } from '../calls/published-objectives';
import { lintWith } from '../checks/lints';
import { checkPodSecurity } from '../checks/pod-security';
import { checkReserved } from '../destinations/reserved-names';
import { pathConfig } from '../destinations/destination-options';
import { registerWorkload } from '../identity/spire-registration';
import { workloadIdentity, WorkloadIdentity } from '../identity/workload-identity';
import { DisruptionBudget } from '../kubernetes/disruption-budget';
import * as kplus from '../kubernetes/kplus';
import { writtenTemplateOf } from '../kubernetes/patches';
import { Scaling } from '../kubernetes/scaling';
import { servingLabels } from '../inbound/services';
import { checkProxyOptions, clusterOf, MeshSettings, meshSettings } from '../mesh/mesh-settings';
import { checkMetrics, metricsPort } from '../mesh/metrics-port';
import { requireChart } from '../mesh/chart-namespace';
import { claimName } from '../mesh/names';
import { checkKinds } from '../mesh/prop-kinds';
import { checkPortsDiffer } from '../mesh/proxy-ports';
import { minorOf } from '../mesh/kubernetes-release';
import { ProxyOptions } from '../mesh/mesh-props';
import { Slo } from '../monitoring/slo';
import { checkSlo, seriesOf } from '../monitoring/subjects';
import { addNetworkPolicy } from '../network/policy-object';
import { PolicyFacts, SelectedPods } from '../network/policy-spec';
import { ProxyLimits } from '../policies/proxy-limits';
import { checkLimitsTogether, limitsConfig } from '../policies/proxy-quantities';
import { DEFAULT_NAMESPACE, NAME_RULES } from '../props/name-rules';
import { millisecondsOf } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { Route } from '../routes/route';
import { RouteTarget } from '../routes/route-target';
import { DocumentConfigMap } from '../sidecar/config-map';
import { readsEndpointSlices } from '../sidecar/document';
import { checkCallees, checkIdentityPod, establishIdentity } from '../sidecar/identity-pod';
import { sessionsOf } from '../sidecar/outbound-routes';
import { reachedBy } from '../sidecar/reached';
import { checkProxyMemory, NODE_OPTIONS } from '../sidecar/sidecar-resources';
import { checkUpstreamTls } from '../sidecar/upstream-tls-pod';
import { isA, mark } from '../synthesis/copies';
import { untilAddition } from '../synthesis/unchanged';
import { checkCertificates, isCertified } from './certificate-checks';
import { checkEdge } from './edge-checks';
import { checkAccess, checkTokensPass } from './gateway-access';
import { gatewayDocument } from './gateway-document';
import { gatewayDeployment, gatewayResources, proxyOf } from './gateway-pods';
import { GATEWAY_PROPS, GatewayProps } from './gateway-props';
import { GatewayRoutes } from './gateway-routes';
import { GatewayFront } from './redirect-circles';
import { checkProtocol, checkService, GATEWAY_VERSION, gatewayService, plainPortName } from './gateway-service';

const DEFAULT_DELAY = Duration.seconds(15);
const DEFAULT_DRAIN = Duration.seconds(30);

/**
 * Where clients from outside reach the services of the mesh: a Deployment of proxies behind a load balancer, with routes by host.
 *
 * Its objects are in the namespace of its chart. Requests for a host that it has no route for get 404.
 */
export class Gateway extends Construct {
  /**
   * Name of the gateway.
   */
  public readonly gatewayName: string;

  /**
   * The Service that clients reach it by.
   */
  public readonly service: kplus.Service;

  /**
   * The pods.
   */
  public readonly deployment: kplus.Deployment;

  /**
   * The proxy's container, for settings without a prop.
   */
  public readonly container: kplus.Container;

  /**
   * The ConfigMap with the proxy's configuration. Its name never changes; the proxy reloads changes.
   */
  public readonly configMap: kplus.ConfigMap;

  /**
   * The account of its pods. It may read the EndpointSlices in the namespaces of what its routes lead to.
   */
  public readonly serviceAccount: kplus.ServiceAccount;

  /**
   * The autoscaler; none when the number of replicas is fixed.
   */
  public readonly autoscaler?: kplus.HorizontalPodAutoscaler;

  /**
   * The budget for voluntary disruptions; none with `DisruptionBudget.none()`.
   */
  public readonly disruptionBudget?: kplus.k8s.KubePodDisruptionBudget;

  private readonly namespace: string;
  private readonly settings: MeshSettings;
  private readonly identity?: WorkloadIdentity;
  private readonly scaling: Scaling;
  private readonly budget: ShutdownBudget;
  private readonly dependencies: Dependencies;
  private readonly routes: GatewayRoutes;
  private readonly document = untilAddition(() => this.buildDocument());

  constructor(scope: Construct, id: string, private readonly props: GatewayProps = {}) {
    super(scope, id);
    requireChart(this, 'Gateway');
    const { tls, resources, deregistrationDelay = DEFAULT_DELAY, drain = DEFAULT_DRAIN } = props;
    checkKinds(this, withoutTls(props));
    this.gatewayName = props.name ?? id.toLowerCase();
    this.namespace = Chart.of(this).namespace ?? DEFAULT_NAMESPACE;
    this.scaling = props.scaling ?? Scaling.between(2, 10);
    const disruptions = props.disruptionBudget ?? DisruptionBudget.maxUnavailable(1);
    const options = proxyOptionsOf(props);
    const settings = meshSettings(this, options);
    this.settings = { ...settings, proxyResources: resources ?? gatewayResources(settings.workers) };

    const errors = new ValidationErrors();
    errors.unknownProps(props, GATEWAY_PROPS);
    errors.name('namespace', this.namespace, NAME_RULES.label);
    errors.name(props.name === undefined ? 'id' : 'name', this.gatewayName, NAME_RULES.service);
    checkReserved(errors, props.name === undefined ? 'id' : 'name', this.gatewayName, this.namespace);
    checkProxyOptions(errors, options);
    checkLimitsTogether(errors, 'limits', this.settings.limits);
    checkPortsDiffer(errors, 'proxyPorts', this.settings.proxyPorts, this.settings.monitoring._mutualTls !== undefined);
    checkMetrics(errors, this.settings);
    checkProtocol(errors, props);
    checkService(errors, props, tls !== undefined);
    checkCertificates(errors, props, this.namespace);
    checkEdge(errors, props);
    checkAccess(errors, props, this.namespace, this.path ?? {});
    checkTimes(errors, { deregistrationDelay, drain });
    checkSlo(errors, props.slo, this.settings.monitoring);
    this.scaling._check(errors, 'scaling', { minor: minorOf(this.settings.kubernetes)!, ofGateway: true });
    disruptions._check(errors, 'disruptionBudget', this.scaling.min);
    errors.throwIfAny(this);

    const name = this.gatewayName;
    claimName(this, this.namespace, name, 'name');
    this.budget = shutdownBudget({
      endpointPropagationMs: deregistrationDelay.toMilliseconds(), appDrainMs: 0, proxyDrainMs: drain.toMilliseconds(),
    });
    this.serviceAccount = new kplus.ServiceAccount(this, 'ServiceAccount', { metadata: { name } });
    this.identity = workloadIdentity(settings.identity, this.namespace, name);
    establishIdentity(this, this.identity, { service: `${this.namespace}/${name}`, objectNamespace: Chart.of(this).namespace });
    registerWorkload(this, { name, identity: this.identity, podLabels: () => this.pods.labels });
    this.dependencies = new Dependencies({
      construct: this, name, namespace: this.namespace, account: () => this.serviceAccount,
      pods: () => this.pods, identity: this.identity, self: () => undefined,
    });
    const { externalAuthorization } = props;
    if (externalAuthorization) {
      this.dependencies.ask(externalAuthorization);
    }
    const { namespace, dependencies, path = {} } = this;
    this.routes = new GatewayRoutes({
      construct: this, namespace, path, protocol: props.protocol, hasTokens: props.jwt !== undefined, dependencies,
      authority: externalAuthorization?._service,
    });
    const config = new DocumentConfigMap(this, { name: `${name}-mesh` }, { document: () => this.document(), calls: () => this.routes.calls });
    this.configMap = config.configMap;
    this.deployment = gatewayDeployment(this, 'Deployment', {
      name, settings: this.settings, identity: this.identity, configMap: this.configMap, serviceAccount: this.serviceAccount,
      replicas: this.scaling._replicas, budget: this.budget, tls, jwt: props.jwt,
      readsSlices: () => this.readsSlices,
      calls: () => this.routes.calls,
      sessions: () => {
        const { calls } = this.routes;
        return calls.flatMap((call) => sessionsOf(call, calls));
      },
    });
    [this.container] = this.deployment.containers;
    this.service = gatewayService(this, 'Service', { name, proxyPorts: this.settings.proxyPorts, hasTls: tls !== undefined }, props);
    this.autoscaler = this.scaling._autoscale(this, 'Autoscaler', name, this.deployment, '').autoscaler;
    this.disruptionBudget = disruptions._limit(this, 'DisruptionBudget', name, servingLabels(name, GATEWAY_VERSION));

    addNetworkPolicy(this, this.settings.networkPolicies, { name: `${name}-mesh` }, () => this.policyFacts());
    this.monitor(props.slo);
    publishObjectives(this.deployment.metadata, () => ({ slo: props.slo?._promise }));
    this.node.addValidation({ validate: () => this.mistakes() });
    lintWith(this, {
      workload: this.deployment, service: name, namespace: this.namespace, version: GATEWAY_VERSION, options: this.settings.lints,
      document: this.document, sizes: () => config.sizesWith(this.deployment),
    });
  }

  /**
   * Sends all requests for a host to a service, by the weights of its versions. Routes of the service itself don't apply.
   *
   * @param host a host name, such as `shop.example.com`; `*.example.com` for any name below `example.com`; `*` for every host
   * @param target a `MeshService`, one of its versions, an `ExternalService`, or what `MeshSidecar.expose` returns
   */
  public route(host: string, target: RouteTarget): void {
    this.add('route', host, Route.always().to(target));
  }

  /**
   * Declares a route for requests of a host. Of several that match a request, the most specific one takes it, as `Route` says. Requests that
   * match none get 404.
   *
   * @param host a host name, such as `shop.example.com`; `*.example.com` for any name below `example.com`; `*` for every host
   * @param route which requests, and what becomes of them: it says where they go with `to`, `redirect` or `respond`
   */
  public addRoute(host: string, route: Route): void {
    this.add('addRoute', host, route);
  }

  /**
   * What its author said.
   *
   * @internal
   */
  public _declared(): { readonly props: GatewayProps; readonly routes: ReadonlyMap<string, readonly Route[]> } {
    return { props: this.props, routes: this.routes.perHost };
  }

  /**
   * As clients meet it.
   *
   * @internal
   */
  public _front(): GatewayFront {
    return { ...this._declared(), path: this.path ?? {} };
  }

  private add(method: string, host: string, route: Route): void {
    this.routes.add(method, host, route);
    if (this.zoneAware) {
      this.dependencies.grant({ namespace: this.namespace, chartNamespace: Chart.of(this).namespace });
    }
  }

  private monitor(slo: Slo | undefined): void {
    const { gatewayName: name, namespace, deployment, settings, settings: { monitoring } } = this;
    monitoring._scrape(this, {
      name, namespace: deployment.metadata.namespace, pods: deployment, metricsPort: metricsPort(settings), podLabels: () => this.pods.labels,
    });
    monitoring._alert(this, name, () => ({
      service: name, namespace, slo, hasApp: false, requests: `direction="outbound",${seriesOf(namespace, name)}`, callees: this.routes.callees,
    }));
  }

  private get path() {
    return pathConfig(this.props.encodedSlashes, this.props.mergeSlashes);
  }

  private buildDocument(): ProxyConfig {
    return gatewayDocument({
      node: { service: this.gatewayName, namespace: this.namespace, version: GATEWAY_VERSION },
      settings: this.settings,
      identity: this.identity?.identity._config(this.identity.id),
      props: this.props,
      path: this.path,
      routes: this.routes.all,
      routeConfigs: this.routes.toConfig(),
      ownPods: this.ownPods,
      readsSlices: this.readsSlices,
      limits: limitsConfig(this.settings.limits, this.calledLimits()),
      budget: this.budget,
    });
  }

  private get pods(): SelectedPods {
    return { namespace: this.namespace, labels: { [SERVICE_LABEL]: this.gatewayName } };
  }

  /** Its clients are outside, so all may come to its ports. */
  private policyFacts(): PolicyFacts {
    const { settings, settings: { proxyPorts }, props: { tls }, routes: { calls } } = this;
    return {
      pods: this.pods,
      ports: { outside: [proxyPorts.inbound, ...(tls ? [proxyPorts.inboundTls] : [])], metrics: metricsPort(settings) },
      callers: [],
      morePorts: [],
      plainFrom: [],
      readsApi: this.readsSlices,
      ...reachedBy(calls, settings.tracing),
    };
  }

  private get readsSlices(): boolean {
    return this.ownPods !== undefined || readsEndpointSlices(this.routes.calls);
  }

  /** Where the proxy finds its own pod, and so its zone; undefined when no route needs it. */
  private get ownPods(): EndpointSliceDiscovery | undefined {
    return this.zoneAware ? { type: 'endpointSlice', namespace: this.namespace, service: this.gatewayName, portName: plainPortName(this.props) } : undefined;
  }

  private get zoneAware(): boolean {
    return this.destinations().some((info) => info.loadBalancing._zoneAware);
  }

  private calledLimits(): ProxyLimits[] {
    return this.destinations().flatMap(({ limits }) => (limits ? [limits] : []));
  }

  private destinations(): Call['info'][] {
    return this.routes.calls.flatMap((call) => [call.info, ...besides(call).map((destination) => destination._info())]);
  }

  /** What may still change until synth. */
  private mistakes(): string[] {
    const errors = new ValidationErrors();
    const { props: { tls }, settings } = this;
    const uncertified = tls ? this.routes.hosts.filter((host) => !isCertified(host, tls)) : [];
    for (const host of uncertified) {
      errors.add('route()', host, 'no certificate in \'tls\' is for this host, so clients would refuse the one that they are shown; add one, or name the host in its \'hosts\'');
    }
    if (!this.container.env.variables[NODE_OPTIONS]) {
      checkProxyMemory(errors, 'resources', settings);
    }
    for (const resource of this.scaling._missingRequests(this.container)) {
      errors.add(`resources.${resource}.request`, undefined, 'the autoscaler takes a percentage of what the proxy requests; add the request');
    }
    checkTokensPass(errors, this.props, this.destinations());
    checkUpstreamTls(errors, this.routes.calls, this.namespace);
    checkCallees(errors, this.routes.calls, { identity: this.identity, path: this.node.path });
    const others = this.node.root.node.findAll().filter((each): each is Gateway => each !== this && isA(Gateway, each));
    return [...this.routes.mistakes([this, ...others].map((each) => each._front())), ...errors.messages, ...this.mistakesOfPod()];
  }

  /** What is wrong with the pod as it will be written, or why it can't be. */
  private mistakesOfPod(): string[] {
    const errors = new ValidationErrors();
    try {
      const { spec } = writtenTemplateOf(this.deployment);
      if (!proxyOf(spec)) {
        errors.add('deployment', this.deployment.node.path, 'after its patches, its pod has no container of the proxy; leave that in the list');
        return errors.messages;
      }
      checkIdentityPod(errors, spec, this.identity);
      checkPodSecurity(errors, this.deployment, clusterOf(this), this.settings.podSecurity);
      return errors.messages;
    } catch (error) {
      return [(error as Error).message];
    }
  }
}

mark(Gateway);

/** The props that sidecars have, too. */
function proxyOptionsOf({
  proxyImage, proxyUser, proxyPorts, identity, limits, workers, accessLog, accessLogOptions, monitoring, tracing, via,
}: GatewayProps): ProxyOptions {
  return { proxyImage, proxyUser, proxyPorts, identity, limits, workers, accessLog, accessLogOptions, monitoring, tracing, via };
}

/** `tls` of a gateway is a list, and checked with the certificates. */
function withoutTls({ tls: _, ...props }: GatewayProps): Omit<GatewayProps, 'tls'> {
  return props;
}

function checkTimes(errors: ValidationErrors, times: { readonly deregistrationDelay: Duration; readonly drain: Duration }): void {
  const milliseconds = Object.entries(times).map(([prop, time]) => [prop, millisecondsOf(time)] as const);
  const sound = milliseconds.map(([prop, ms]) => {
    if (ms === undefined) {
      errors.add(prop, times[prop as keyof typeof times], 'use a Duration, such as Duration.seconds(15)');
      return false;
    }
    return errors.wholeNumber(`${prop} (milliseconds)`, ms, 0);
  });
  const seconds = milliseconds.reduce((sum, [, ms = 0]) => sum + Math.ceil(ms / 1_000), 0);
  if (sound.every(Boolean) && seconds > MAX_GRACE_SECONDS) {
    errors.add('deregistrationDelay', `${seconds} s with 'drain'`, `a node is not drained before; stay within a day (${MAX_GRACE_SECONDS} s) in all`);
  }
}

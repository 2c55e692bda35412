/** What the props of a service come to, once all of them are checked; and props in place of wrong ones. */
import { Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { VersionPlan } from '../capacity/version-plan';
import { checkPlainPort, checkPlainPortName, defaultPortName } from '../destinations/app-protocol';
import { checkPolicies, DestinationPolicies, policiesOf } from '../destinations/destination-options';
import { checkReserved } from '../destinations/reserved-names';
import { checkPassThrough, checkTcpProps, isTcp } from '../destinations/tcp-checks';
import { checkJwts } from '../identity/jwt-checks';
import { checkTls } from '../inbound/inbound-tls';
import { checkZones } from '../inbound/meshed-destination';
import { DisruptionBudget } from '../kubernetes/disruption-budget';
import * as kplus from '../kubernetes/kplus';
import { Scaling } from '../kubernetes/scaling';
import { checkProxyOptions, checkSecurity, MeshSettings, meshSettings, proxyOptionsOf } from '../mesh/mesh-settings';
import { checkMetrics } from '../mesh/metrics-port';
import { checkKinds } from '../mesh/prop-kinds';
import { checkPortsDiffer } from '../mesh/proxy-ports';
import { checkTimeToStop } from '../mesh/time-to-stop';
import { checkSlo } from '../monitoring/subjects';
import { checkLimitsTogether, closesIdleAfterMs } from '../policies/proxy-quantities';
import { DEFAULT_NAMESPACE, NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { MESH_SERVICE_PROPS, MeshServiceProps, VersionProps } from './mesh-service-props';
import { checkSaidOnce, checkServiceAccount } from './pod-checks';
import { checkOutsideCallers, checkServiceType } from './service-checks';
import { checkVersion } from './version-checks';

/** Props without mistakes, and what follows from them. */
export interface CheckedService {
  readonly serviceName: string;
  readonly namespace: string;
  readonly port: number;
  readonly portName: string;
  readonly policies: DestinationPolicies;
  readonly settings: MeshSettings;
  readonly scaling: Scaling;
  readonly budget: DisruptionBudget;
  readonly version: string;
  readonly plan: VersionPlan;
}

/** Checks all props of a service; throws their mistakes together. */
export function checkService(service: IConstruct, props: MeshServiceProps): CheckedService {
  checkKinds(service, props);
  const serviceName = props.name ?? service.node.id.toLowerCase();
  const namespace = Chart.of(service).namespace ?? DEFAULT_NAMESPACE;
  const port = props.port ?? 80;
  const portName = props.portName ?? defaultPortName(props.protocol);
  const policies = policiesOf(props);
  const scaling = props.scaling ?? Scaling.replicas(2);
  const budget = props.disruptionBudget ?? DisruptionBudget.maxUnavailable(1);
  const version = props.version ?? 'v1';
  const settings = meshSettings(service, { ...proxyOptionsOf(props), discovery: props.discovery });

  const errors = new ValidationErrors();
  errors.unknownProps(props, MESH_SERVICE_PROPS);
  errors.name('namespace', namespace, NAME_RULES.label);
  errors.name(props.name === undefined ? 'id' : 'name', serviceName, NAME_RULES.service);
  checkReserved(errors, props.name === undefined ? 'id' : 'name', serviceName, namespace);
  if (errors.port('port', port)) {
    checkPlainPort(errors, 'port', port, props.protocol);
  }
  if (errors.name('portName', portName, NAME_RULES.label)) {
    checkPlainPortName(errors, 'portName', props.portName, props.protocol);
  }
  if (props.tls) {
    checkTls(errors, 'tls', props.tls, { port, name: portName }, namespace);
  }
  if (props.jwt) {
    checkJwts(errors, 'jwt', props.jwt, namespace);
  }
  props.externalAuthorization?._check(errors, 'externalAuthorization');
  if (isTcp(props.protocol)) {
    checkTcpProps(errors, '', props);
  }
  checkProxyOptions(errors, props);
  checkLimitsTogether(errors, 'limits', settings.limits);
  checkPortsDiffer(errors, 'proxyPorts', settings.proxyPorts, settings.monitoring._mutualTls !== undefined);
  checkMetrics(errors, settings);
  checkTimeToStop(errors, settings);
  checkServiceType(errors, '', props, props.tls);
  checkServiceAccount(errors, props.serviceAccount, namespace);
  checkSaidOnce(errors, props);
  checkSecurity(errors, props, settings);
  checkOutsideCallers(errors, '', props, props.tls, settings);
  checkPassThrough(errors, 'protocol', props.protocol, settings);
  checkPolicies(errors, '', policies, closesIdleAfterMs(settings.limits));
  props.discovery?._check(errors, 'discovery');
  checkSlo(errors, props.slo, settings.monitoring);
  checkZones(errors, 'loadBalancing', policies.loadBalancing, settings.discovery);
  const plan = checkVersion(errors, version, props, {
    prefix: '', serviceName, namespace, protocol: props.protocol, settings, defaults: { scaling, disruptionBudget: budget },
  });
  errors.throwIfAny(service);
  return { serviceName, namespace, port, portName, policies, settings, scaling, budget, version, plan };
}

/** What others in the app know a service by, or count on. */
const KNOWN_BY = ['name', 'version', 'port', 'portName', 'protocol', 'identity', 'mutualTls', 'weight'] as const;

/** A container in place of a wrong one, at a port at which nothing is called. */
const CONTAINER: kplus.ContainerProps = { image: 'stand-in', portNumber: 65_535, securityContext: { seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT } } };

/** Props in place of wrong ones of a service, those that keep the most first. */
export function serviceStandIns(props: MeshServiceProps): MeshServiceProps[] {
  const known: Partial<MeshServiceProps> = Object.fromEntries(KNOWN_BY.map((name) => [name, (props as MeshServiceProps | undefined)?.[name]]));
  return [
    { ...known, containers: props?.containers },
    { ...known, containers: [CONTAINER] },
    { name: known.name, version: known.version, containers: [CONTAINER] },
    { name: known.name, containers: [CONTAINER] },
    { containers: [CONTAINER] },
  ];
}

/** The same of a version. */
export function versionStandIns(props: VersionProps): VersionProps[] {
  const known = { weight: (props as VersionProps | undefined)?.weight };
  return [{ ...known, containers: props?.containers }, { ...known, containers: [CONTAINER] }, { containers: [CONTAINER] }];
}

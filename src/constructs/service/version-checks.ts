/** Checks what a version says, and plans its pods. */
import { planVersion, VersionPlan } from '../capacity/version-plan';
import { AppProtocol, checkPlainPort, checkPlainPortName } from '../destinations/app-protocol';
import { MAX_WEIGHT } from '../inbound/version-weights';
import { DisruptionBudget } from '../kubernetes/disruption-budget';
import { Scaling } from '../kubernetes/scaling';
import { minorOf } from '../mesh/kubernetes-release';
import { MeshSettings } from '../mesh/mesh-settings';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { checkContainers, firstPort, firstPortName } from './app-container';
import { VersionProps } from './mesh-service-props';
import type { MeshServiceVersion } from './mesh-service-version';
import { checkPodOptions } from './pod-checks';

/** What a version is checked with. */
interface VersionContext {
  /** What stands before the name of a prop. */
  readonly prefix: string;
  readonly serviceName: string;
  readonly namespace: string;
  readonly protocol?: AppProtocol;
  readonly settings: MeshSettings;
  /** What holds for versions that say nothing. */
  readonly defaults: { readonly scaling: Scaling; readonly disruptionBudget: DisruptionBudget };
}

export function checkVersion(errors: ValidationErrors, version: string, props: VersionProps, context: VersionContext): VersionPlan {
  const { prefix, serviceName, namespace, protocol, settings, defaults } = context;
  if (errors.name(`${prefix}version`, version, NAME_RULES.label) && `${serviceName}-${version}`.length > NAME_RULES.service.longest) {
    errors.add(`${prefix}version`, version, `with it, the name '${serviceName}-${version}' has more than ${NAME_RULES.service.longest} characters; shorten one of them`);
  }
  if (version in {}) {
    errors.add(`${prefix}version`, version, 'all objects of JavaScript have a property of this name, so no construct can have it as its id; choose another');
  }
  checkContainers(errors, props.containers, prefix);
  if (props.containers?.[0] !== undefined) {
    checkPlainPort(errors, `${prefix}containers[0].portNumber`, firstPort(props.containers[0]), protocol);
    checkPlainPortName(errors, `${prefix}containers[0].ports[0].name`, firstPortName(props.containers[0]), protocol);
  }
  checkPodOptions(errors, props, { prefix, namespace, settings, hasTarget: props.availability !== undefined });
  if (props.weight !== undefined) {
    errors.weight(`${prefix}weight`, props.weight, MAX_WEIGHT);
  }
  const plan = planVersion(errors, { ...props, containers: props.containers ?? [] }, {
    prefix, defaults, admission: settings.admission,
    warn: (text) => process.stderr.write(`cdk8s-mesh: warning: ${serviceName} ${version}: ${text}\n`),
  });
  plan.scaling._check(errors, `${prefix}scaling`, { minor: minorOf(settings.kubernetes)! });
  plan.disruptionBudget._check(errors, `${prefix}disruptionBudget`, plan.scaling.min);
  return plan;
}

/** Notes what the autoscaler measures and the app does not request. It is checked at synth, when the containers are complete. */
export function checkScaledRequests(errors: ValidationErrors, { version, deployment, _scaling }: MeshServiceVersion): void {
  for (const resource of _scaling._missingRequests(deployment.containers[0])) {
    errors.add(`${version}: containers[0].resources.${resource}.request`, undefined,
      'the autoscaler takes a percentage of what the app requests; add the request');
  }
}

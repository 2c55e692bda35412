/**
 * Settings that many services share. A service takes those of the nearest `Mesh` up the construct tree and, for what that
 * one leaves open, of the next; with none at all there are working defaults.
 *
 * An app is for one cluster, however many Meshes it has: names must be unique in it, and policies are looked at together. Only a
 * Mesh that names its `cluster` says otherwise. One for each Mesh would be wrong more often: teams have one Mesh for each chart, and
 * mistakes between charts are those that nobody sees.
 */
import { Construct } from 'constructs';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';
import { minorOf } from './kubernetes-release';
import { checkLintOptions } from './lint-options';
import { MeshProps } from './mesh-props';
import { checkProxyOptions, PROXY_OPTIONS, registerMesh } from './mesh-settings';
import { checkPodSecurityOptions } from './pod-security-options';
import { checkKinds } from './prop-kinds';
import { checkTimeToStop } from './time-to-stop';

const PROPS = {
  ...PROXY_OPTIONS,
  cluster: true, discovery: true, clusterDomain: true, kubernetes: true, lints: true, mistakes: true, networkPolicies: true, podSecurity: true,
} as const satisfies Record<keyof MeshProps, true>;

/**
 * Settings for all mesh services in and below the construct that it is created in.
 *
 * Create it before the services: they take their settings when they are created.
 */
export class Mesh extends Construct {
  constructor(scope: Construct, id: string, props: MeshProps = {}) {
    super(scope, id);
    checkKinds(this, props);
    const errors = new ValidationErrors();
    errors.unknownProps(props, PROPS);
    if (props.cluster !== undefined && !(typeof props.cluster === 'string' && props.cluster !== '')) {
      errors.add('cluster', props.cluster, 'give it a name, such as production');
    }
    props.discovery?._check(errors, 'discovery');
    checkProxyOptions(errors, props);
    checkTimeToStop(errors, props);
    if (props.clusterDomain !== undefined) {
      checkClusterDomain(errors, 'clusterDomain', props.clusterDomain);
    }
    if (props.kubernetes !== undefined && minorOf(props.kubernetes) === undefined) {
      errors.add('kubernetes', props.kubernetes, 'use a release from \'1.30\' on, such as \'1.33\'');
    }
    if (props.lints !== undefined) {
      checkLintOptions(errors, 'lints', props.lints);
    }
    props.networkPolicies?._check(errors, 'networkPolicies');
    if (props.podSecurity !== undefined) {
      checkPodSecurityOptions(errors, 'podSecurity', props.podSecurity);
    }
    errors.throwIfAny(this);
    registerMesh(scope, this, { ...props });
    props.monitoring?._show(this);
  }
}

/** The full name of a Service has a domain behind its own name and that of its namespace, which may all be as long as can be. */
function checkClusterDomain(errors: ValidationErrors, prop: string, domain: string): void {
  const longest = NAME_RULES.hostname.longest - `${'s'.repeat(NAME_RULES.service.longest)}.${'n'.repeat(NAME_RULES.label.longest)}.svc.`.length;
  if (errors.callableName(prop, domain) && domain.length > longest) {
    errors.add(prop, domain, `it has ${domain.length} characters, and may have ${longest}: names of services go before it, and a host name has ${NAME_RULES.hostname.longest} at most`);
  }
}

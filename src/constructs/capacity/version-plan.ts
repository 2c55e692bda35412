/**
 * From `capacity` and `availability` of a version to its scaling, budget, spread, surge and resources: what nobody said is derived, and what somebody
 * said is kept and checked. The arithmetic is in src/planning/sizing.
 */
import { Duration } from 'cdk8s';
import { derated } from '../../planning/capacity/instances';
import { saturationRate } from '../../planning/capacity/response-time';
import { contradictionsOf, Objection, objectionsTo } from '../../planning/sizing/contradictions';
import { Declared, DeclaredCapacity, instanceOf } from '../../planning/sizing/declared';
import { availabilityInOneZone, evictionsOf, Sizing, sizingOf } from '../../planning/sizing/sizing';
import { DisruptionBudget } from '../kubernetes/disruption-budget';
import * as kplus from '../kubernetes/kplus';
import { Scaling } from '../kubernetes/scaling';
import type { ZoneSpread } from '../kubernetes/serving-deployment';
import type { AdmissionOptions } from '../policies/admission-options';
import { ValidationErrors } from '../props/validation-errors';
import { Availability } from './availability';
import { Capacity } from './capacity';

/** What a version says of itself. */
export interface PlannedProps {
  readonly containers: readonly kplus.ContainerProps[];
  readonly scaling?: Scaling;
  readonly disruptionBudget?: DisruptionBudget;
  readonly capacity?: Capacity;
  readonly availability?: Availability;
}

/** What follows from it. Without `capacity`, what was there before. */
export interface VersionPlan {
  readonly scaling: Scaling;
  readonly disruptionBudget: DisruptionBudget;
  /** CPU that the app's container requests unless it has `resources`. */
  readonly cpuMillis?: number;
  /** CPU that the sidecar's container requests unless it has `proxyResources`. */
  readonly proxyCpuMillis?: number;
  readonly declared?: Declared;
  readonly spread?: ZoneSpread;
  readonly surge?: number;
}

/** What is checked beside a version's own props. */
interface PlanContext {
  readonly prefix: string;
  /** What holds for versions that say nothing. */
  readonly defaults: { readonly scaling: Scaling; readonly disruptionBudget: DisruptionBudget };
  readonly admission: AdmissionOptions;
  /** Takes what is merely unwise. */
  warn(text: string): void;
}

/** Plans a version, and notes what is wrong with what it says. */
export function planVersion(errors: ValidationErrors, props: PlannedProps, context: PlanContext): VersionPlan {
  const { prefix, defaults } = context;
  const { capacity, availability, containers: [app] } = props;
  const unplanned: VersionPlan = {
    scaling: props.scaling ?? defaults.scaling, disruptionBudget: props.disruptionBudget ?? defaults.disruptionBudget,
  };
  const own = new ValidationErrors();
  capacity?._check(own, `${prefix}capacity`);
  availability?._check(own, `${prefix}availability`);
  if (!capacity && availability) {
    own.add(`${prefix}capacity`, undefined, '\'availability\' needs it: how many pods have to be up follows from the peak rate and what one pod does');
  }
  if (!capacity && unplanned.scaling._isDerived) {
    own.add(`${prefix}capacity`, undefined, 'Scaling.derived() needs it: numbers of pods follow from the peak rate and what one pod does');
  }
  const hasOptions = props.scaling?._isDerived && Object.keys(props.scaling._options!).length > 0;
  if (capacity && unplanned.scaling.max === Infinity) {
    own.add(`${prefix}scaling.max`, undefined, '\'capacity\' needs it: whether the pods carry the peak follows from how many there can be; say Scaling.external({ min, max })');
  }
  if (capacity && own.messages.length === 0 && hasOptions && !isVaried(capacity._declared)) {
    own.add(`${prefix}capacity.usualRps`, undefined, 'the load is always that of the peak, so an autoscaler has nothing to do; say what comes at quiet times');
  }
  errors.take(own);
  if (!capacity || own.messages.length > 0) {
    return unplanned;
  }
  const declared: Declared = { capacity: capacity._declared, ...(availability && { availability: availability._declared }) };
  const contradictions = contradictionsOf(declared);
  note(errors, contradictions, context);
  const sizing = contradictions.some(({ severity }) => severity === 'error') ? undefined : sizingOf(declared);
  if (!sizing) {
    return unplanned;
  }
  const plan = derive(props, app, declared, sizing);
  const isSound = plan.scaling.min <= plan.scaling.max && Number.isInteger(plan.scaling.min) && Number.isInteger(plan.scaling.max);
  if (isSound) {
    note(errors, objectionsTo({
      minReplicas: plan.scaling.min, maxReplicas: plan.scaling.max, autoscaled: plan.scaling._isAutoscaled,
      targets: plan.scaling._targets(cpuAtSaturation(declared, plan.cpuMillis)), tolerance: plan.scaling._tolerance,
      disruption: plan.disruptionBudget._rule, cpuMillis: plan.cpuMillis, ...admitted(context.admission),
    }, declared), context);
  }
  return plan;
}

function derive(props: PlannedProps, app: kplus.ContainerProps | undefined, declared: Declared, sizing: Sizing): VersionPlan {
  const { capacity, availability } = declared;
  const cpuMillis = app?.resources === undefined ? sizing.cpuMillis : cpuRequestOf(app);
  const given = props.scaling ?? Scaling.derived();
  const atSaturation = cpuAtSaturation(declared, cpuMillis);
  const { requestsPerSecond } = given._options ?? {};
  const scaling = given._isDerived ? given._with({
    min: sizing.minReplicas,
    max: Math.max(sizing.maxReplicas, requestsPerSecond! > 0 ? Math.ceil(capacity.peakRps / requestsPerSecond!) : 0),
    autoscaled: isVaried(capacity),
    options: {
      startUp: Duration.seconds(capacity.startUpSeconds),
      ...(!given._hasTarget && { cpuPercent: Math.max(1, Math.floor(sizing.targetUtilization * atSaturation * 100 + 1e-6)) }),
    },
  }) : given;
  const isStrict = availability !== undefined && availability.zones > 1
    && availabilityInOneZone(availability, sizing.minReplicas, sizing.neededUsually) < availability.target;
  return {
    scaling,
    disruptionBudget: props.disruptionBudget ?? DisruptionBudget.maxUnavailable(evictionsOf(
      { minReplicas: scaling.min, maxReplicas: scaling.max },
      { needed: sizing.needed, neededUsually: scaling._isAutoscaled ? sizing.neededUsually : sizing.needed },
      availability,
    )),
    cpuMillis,
    proxyCpuMillis: sizing.proxyCpuMillis,
    declared,
    surge: sizing.surge,
    ...(sizing.skew !== undefined && { spread: { maxSkew: sizing.skew, isStrict } }),
  };
}

/** Whether there is anything for an autoscaler to do. */
function isVaried({ usualRps, peakRps }: DeclaredCapacity): boolean {
  return usualRps < peakRps;
}

/** CPU of a pod at saturation as a part of its request. Where nobody knows the CPU of a request, the request is taken for what saturation needs. */
function cpuAtSaturation({ capacity }: Declared, cpuMillis: number | undefined): number {
  return capacity.cpuMs === undefined || cpuMillis === undefined ? 1 : (saturationRate(derated(instanceOf(capacity))) * capacity.cpuMs) / cpuMillis;
}

/** In thousandths of a core. */
function cpuRequestOf(app: kplus.ContainerProps | undefined): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(m?)$/.exec(app?.resources?.cpu?.request?.amount ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit === 'm' ? 1 : 1_000);
}

function admitted({ concurrency, rateLimit }: AdmissionOptions): { admittedAtATime?: number; admittedRps?: number } {
  return { admittedAtATime: concurrency?._toConfig()?.max, admittedRps: rateLimit?._toConfig()?.requestsPerSecond };
}

function note(errors: ValidationErrors, objections: readonly Objection[], { prefix, warn }: PlanContext): void {
  for (const { severity, prop, value, text } of objections) {
    if (severity === 'error') errors.add(prefix + prop, value, text);
    // What is unwise is told once nothing is wrong.
    else if (objections.every((each) => each.severity === 'warning')) warn(`'${prefix}${prop}' is ${value}: ${text}`);
  }
}

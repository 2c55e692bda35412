/** The workloads of a stack with what was declared of them, from the annotation, and what their objects say, autoscalers of both kinds included. */
import { leftWithoutZone, evictionsOf, expectedAvailability, instanceRate, neededFor } from '../../planning/sizing/sizing';
import { Declared, PLAN_ANNOTATION, readDeclared } from '../../planning/sizing/declared';
import { contradictionsOf, Objection, objectionsTo } from '../../planning/sizing/contradictions';
import { allowedEvictions } from '../../planning/disruption';
import type { Autoscaler } from '../../planning/scaling/autoscaler';
import type { ScalingTarget } from '../../planning/scaling/replay';
import type { Schedule } from '../../planning/scaling/schedule';
import { UserError } from '../command-line/errors';
import type { Manifest } from '../model/manifests';
import type { Workload } from '../model/model';
import type { Stack } from '../stack/stack';
import { readAutoscalers } from './autoscalers';

/** A workload as far as planning goes. */
export interface Planned {
  readonly workload: Workload;
  /** `catalog`, or `catalog v2` for another than the first version of its service. */
  readonly title: string;
  readonly declared?: Declared | undefined;
  readonly min: number;
  readonly max: number;
  readonly autoscaler?: Autoscaler | undefined;
  readonly targets: readonly ScalingTarget[];
  readonly external: boolean;
  readonly schedules: readonly Schedule[];
  readonly evictions: number;
  readonly objections: readonly Objection[];
  /** What is computed; absent without a declaration, or when it contradicts itself. */
  readonly figures?: Figures | undefined;
}

export interface Figures {
  readonly needed: number;
  readonly neededUsually: number;
  /** Requests a second that all pods carry. */
  readonly capacityRps: number;
  /** Pods at the peak without one pod, without the fullest zone, and without a zone and what may be evicted. */
  readonly left: { readonly pod: number; readonly zone: number; readonly all: number };
  /** Absent without a target. */
  readonly availability?: number | undefined;
}

export function plannedOf(stack: Stack): Planned[] {
  const objects = new Map(stack.manifests.map((manifest) => [`${manifest.kind}/${manifest.namespace}/${manifest.name}`, manifest]));
  const autoscalers = readAutoscalers(stack.manifests);
  const versions = new Map<string, number>();
  return stack.model.workloads.map((workload): Planned => {
    const { kind, namespace, name, service, version } = workload;
    const key = `${namespace}/${service}`;
    versions.set(key, (versions.get(key) ?? 0) + 1);
    const title = versions.get(key) === 1 ? service : `${service} ${version}`;
    const declared = declaredOf(objects.get(`${kind}/${namespace}/${name}`)!);
    const scaled = autoscalers.get(`${kind}/${namespace}/${name}`);
    const { disruption, replicas } = stack.infoOf(workload);
    const min = scaled?.autoscaler.minReplicas ?? replicas?.min ?? 1;
    const max = scaled?.autoscaler.maxReplicas ?? replicas?.max ?? 1;
    const evictions = disruption ? allowedEvictions(disruption, min) : min;
    const common = {
      workload, title, declared, min, max, evictions,
      autoscaler: scaled?.autoscaler, targets: scaled?.targets ?? [], external: scaled?.external ?? false,
      schedules: scaled?.schedules ?? [],
    };
    if (!declared) return { ...common, objections: [] };
    const contradictions = contradictionsOf(declared);
    if (contradictions.some(({ severity }) => severity === 'error')) return { ...common, objections: contradictions };
    const settings = {
      minReplicas: min, maxReplicas: max, autoscaled: scaled !== undefined, targets: common.targets,
      tolerance: scaled?.autoscaler.scaleUp.tolerance ?? 0, disruption,
    };
    return { ...common, objections: [...contradictions, ...objectionsTo(settings, declared)], figures: figuresOf(common, declared) };
  });
}

function declaredOf({ body, where }: Manifest): Declared | undefined {
  const text = body.get('metadata').get('annotations').get(PLAN_ANNOTATION).optionalText();
  if (text === undefined) return undefined;
  const declared = readDeclared(text);
  if (declared) return declared;
  throw new UserError(`${where}: the annotation ${PLAN_ANNOTATION} is not what cdk8s-mesh writes; synthesize again`);
}

function figuresOf({ min, max, evictions, autoscaler }: Pick<Planned, 'min' | 'max' | 'evictions' | 'autoscaler'>, { capacity, availability }: Declared): Figures {
  const needed = neededFor(capacity, capacity.peakRps)!;
  const neededUsually = autoscaler ? neededFor(capacity, Math.min(capacity.peakRps, capacity.usualRps * capacity.burst))! : needed;
  const zones = availability?.zones ?? 1;
  const zone = zones > 1 ? leftWithoutZone(max, zones) : 0;
  const away = Math.min(evictions, evictionsOf({ minReplicas: min, maxReplicas: max }, { needed, neededUsually }, availability));
  return {
    needed,
    neededUsually,
    capacityRps: max * instanceRate(capacity),
    left: { pod: max - 1, zone, all: Math.max(0, zone - away) },
    availability: availability && Math.min(
      expectedAvailability(availability, min, neededUsually, evictions), expectedAvailability(availability, max, needed, evictions),
    ),
  };
}

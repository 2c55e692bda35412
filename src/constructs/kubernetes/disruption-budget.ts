/**
 * How many pods of a version may be away by will (a node drained, a cluster upgraded) at once. A budget that never lets a
 * pod go is refused: it protects nothing from failures and blocks every drain of every node that such a pod is on.
 */
import { Construct } from 'constructs';
import { allowedEvictions, DisruptionRule, PodCount } from '../../planning/disruption';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import * as kplus from './kplus';

/**
 * Limits voluntary evictions of a version's pods.
 */
export class DisruptionBudget {
  /**
   * At most this many pods are unavailable at once.
   */
  public static maxUnavailable(pods: number): DisruptionBudget {
    return new DisruptionBudget({ rule: 'maxUnavailable', count: { unit: 'pods', value: pods } });
  }

  /**
   * At most this percentage of the pods is unavailable at once, rounded up.
   */
  public static maxUnavailablePercent(percent: number): DisruptionBudget {
    return new DisruptionBudget({ rule: 'maxUnavailable', count: { unit: 'percent', value: percent } });
  }

  /**
   * At least this many pods stay available.
   */
  public static minAvailable(pods: number): DisruptionBudget {
    return new DisruptionBudget({ rule: 'minAvailable', count: { unit: 'pods', value: pods } });
  }

  /**
   * At least this percentage of the pods stays available, rounded up.
   */
  public static minAvailablePercent(percent: number): DisruptionBudget {
    return new DisruptionBudget({ rule: 'minAvailable', count: { unit: 'percent', value: percent } });
  }

  /**
   * No budget: all pods may be evicted at once.
   */
  public static none(): DisruptionBudget {
    return new DisruptionBudget();
  }

  private constructor(private readonly rule?: DisruptionRule) {}

  /** @internal */
  public get _rule(): DisruptionRule | undefined {
    return this.rule;
  }

  /**
   * @param replicas fewest replicas that there will be
   * @internal
   */
  public _check(errors: ValidationErrors, prop: string, replicas: number): void {
    if (!this.rule) {
      return;
    }
    const { rule, count } = this.rule;
    const name = `${prop}.${rule}${count.unit === 'percent' ? 'Percent' : ''}`;
    const whole = errors.wholeNumber(name, count.value, 0, count.unit === 'percent' ? 100 : undefined);
    // With no replicas there is nothing to evict, and no budget could block it.
    if (whole && replicas > 0 && allowedEvictions(this.rule, replicas) === 0) {
      errors.add(name, count.value, `with ${replicas} ${replicas === 1 ? 'replica' : 'replicas'} it never lets a pod be evicted and blocks every node drain; `
        + 'use maxUnavailable(1), or more replicas');
    }
  }

  /**
   * The object, if there is to be one.
   *
   * @internal
   */
  public _limit(scope: Construct, id: string, name: string, podLabels: Record<string, string>): kplus.k8s.KubePodDisruptionBudget | undefined {
    if (!this.rule) {
      return undefined;
    }
    return new kplus.k8s.KubePodDisruptionBudget(scope, id, {
      metadata: { name },
      spec: {
        [this.rule.rule]: toIntOrString(this.rule.count),
        selector: { matchLabels: podLabels },
        // A pod that isn't ready serves nobody; without this it would count as missing and block the drain that replaces it.
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  }
}

mark(DisruptionBudget);

function toIntOrString(count: PodCount): kplus.k8s.IntOrString {
  return count.unit === 'percent' ? kplus.k8s.IntOrString.fromString(`${count.value}%`) : kplus.k8s.IntOrString.fromNumber(count.value);
}

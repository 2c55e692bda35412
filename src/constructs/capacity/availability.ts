/** How available a service is to be, and what it has to be so with. */
import type { DeclaredAvailability } from '../../planning/sizing/declared';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { partOf } from './part';

/**
 * Options of `Availability.target`.
 */
export interface AvailabilityOptions {
  /**
   * Zones that the pods are spread over. A zone fails as a whole.
   *
   * @default 1
   */
  readonly zones?: number;

  /**
   * How often a pod is up while its zone is.
   *
   * @default '99.9%'
   */
  readonly podAvailability?: string;

  /**
   * How often a zone is up.
   *
   * @default '99.95%'
   */
  readonly zoneAvailability?: string;
}

const OPTIONS = { zones: true, podAvailability: true, zoneAvailability: true } as const satisfies Record<keyof AvailabilityOptions, true>;
const ALWAYS = /^100(\.0*)?\s?%$/;
const PERCENT = /^(\d{1,2}(?:\.\d{1,7})?)\s?%$/;

/**
 * How often enough pods of a service are to be up. What all pods have in common, such as a bug or a dependency, is not in it.
 */
export class Availability {
  /**
   * A part of the time in which enough pods for the load are up. It needs `capacity`, which says how many these are.
   *
   * @param percent the part, such as '99.99%', which is 52.6 minutes a year; five minutes a year is '99.999%'
   */
  public static target(percent: string, options: AvailabilityOptions = {}): Availability {
    return new Availability(percent, options);
  }

  private constructor(private readonly percent: string, private readonly options: AvailabilityOptions) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { percent, options } = this;
    errors.unknownProps(options, OPTIONS, `${prop}.`);
    if (partOf(percent, PERCENT) === undefined) {
      const always = 'nothing is always up; use a part that leaves room for failures, such as \'99.99%\'';
      errors.add(`${prop}.target`, percent, ALWAYS.test(String(percent)) ? always : 'use a part of the time, such as \'99.99%\'');
    }
    if (options.zones !== undefined) {
      errors.wholeNumber(`${prop}.zones`, options.zones, 1, 16);
    }
    for (const name of ['podAvailability', 'zoneAvailability'] as const) {
      if (options[name] !== undefined && partOf(options[name], PERCENT) === undefined) {
        errors.add(`${prop}.${name}`, options[name], 'use a part of the time below 100 %, such as \'99.9%\'');
      }
    }
  }

  /** @internal */
  public get _declared(): DeclaredAvailability {
    const { zones = 1, podAvailability = '99.9%', zoneAvailability = '99.95%' } = this.options;
    const part = (text: string): number => partOf(text, PERCENT)!;
    return { target: part(this.percent), zones, instanceUp: part(podAvailability), zoneUp: part(zoneAvailability) };
  }
}

mark(Availability);

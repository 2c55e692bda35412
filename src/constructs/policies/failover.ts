/**
 * When requests leave endpoints that don't work, on its way into the document: for the addresses of a service, and for a service and
 * its fallbacks. People say below which part of the endpoints requests leave; the document says for how much an available endpoint
 * counts, as Envoy does.
 */
import { DEFAULT_FAILOVER, FailoverConfig } from '../../contract';
import { checkQuantity, Quantity, withoutDefaults } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { FailoverOptions } from './load-balancing-options';

const OPTIONS = { panicPercent: true, belowPercent: true } as const satisfies Record<keyof FailoverOptions, true>;

const QUANTITIES = {
  // #region generated quantities of FailoverConfig
  overprovisioningPercent: { field: 'overprovisioningPercent', unit: 'number', min: 100, max: 10_000 },
  panicPercent: { field: 'panicPercent', unit: 'number', min: 0, max: 100 },
  // #endregion
} as const satisfies Record<string, Quantity>;

/** From `belowPercent` to `overprovisioningPercent`, and back. */
const reciprocal = (percent: number): number => 10_000 / percent;

const BELOW_PERCENT = {
  unit: 'fraction', min: reciprocal(QUANTITIES.overprovisioningPercent.max), max: reciprocal(QUANTITIES.overprovisioningPercent.min),
} as const;

/** What the default of `overprovisioningPercent` is to people. */
const DEFAULT_BELOW_PERCENT = Math.round(10 * reciprocal(DEFAULT_FAILOVER.overprovisioningPercent)) / 10;

/** Checks the options, and that the panic can come. */
export function checkFailover(errors: ValidationErrors, prop: string, options: FailoverOptions): void {
  if (typeof options !== 'object' || options === null) {
    errors.add(prop, options, `use an object with any of ${Object.keys(OPTIONS).sort().join(', ')}`);
    return;
  }
  errors.unknownProps(options, OPTIONS, `${prop}.`);
  const { panicPercent, belowPercent } = options;
  const belowIsSound = checkBelowPercent(errors, `${prop}.belowPercent`, belowPercent);
  if (panicPercent === undefined || !checkQuantity(errors, `${prop}.panicPercent`, panicPercent, QUANTITIES.panicPercent) || !belowIsSound) {
    return;
  }
  if (panicPercent > (belowPercent ?? DEFAULT_BELOW_PERCENT)) {
    errors.add(`${prop}.panicPercent`, panicPercent, `down to belowPercent, which is ${belowPercent ?? `${DEFAULT_BELOW_PERCENT} unless you say it`}, `
      + 'nothing is missing that panic could be about; lower panicPercent, or raise belowPercent');
  }
}

/** Checks below which part of the endpoints requests leave them; nothing said is sound, too. */
export function checkBelowPercent(errors: ValidationErrors, prop: string, belowPercent: unknown): boolean {
  return belowPercent === undefined || checkQuantity(errors, prop, belowPercent, BELOW_PERCENT);
}

/** How much an available endpoint counts for, so that exactly as many as said can still take everything. */
export function overprovisioningPercent(belowPercent: number): number {
  return Math.ceil(reciprocal(belowPercent));
}

/**
 * The document's field; nothing when all is the default.
 *
 * @param fallsBack whether others take over: that most endpoints fail is then to be believed unless somebody says otherwise, since a
 *   cluster in panic would send requests to them
 */
export function failoverConfig({ panicPercent, belowPercent }: FailoverOptions = {}, fallsBack: boolean): FailoverConfig | undefined {
  const config = withoutDefaults<FailoverConfig>({
    panicPercent: panicPercent ?? (fallsBack ? 0 : DEFAULT_FAILOVER.panicPercent),
    overprovisioningPercent: belowPercent === undefined ? DEFAULT_FAILOVER.overprovisioningPercent : overprovisioningPercent(belowPercent),
  }, DEFAULT_FAILOVER);
  return Object.keys(config).length > 0 ? config : undefined;
}

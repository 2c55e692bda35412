/**
 * Who takes over when a service that is called can't take all requests. A fallback is a destination like any other, so a
 * caller needs the permission to find its endpoints, but no name in /etc/hosts: the app still calls the original service.
 */
import { Duration } from 'cdk8s';
import { DEFAULT_FALLBACK, FallbackConfig } from '../../contract';
import { checkBelowPercent, overprovisioningPercent } from '../policies/failover';
import { checkValues, namesOf, Quantities } from '../props/quantities';
import { isList } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { isA, mark, refusalOfCopy } from '../synthesis/copies';
import { Destination } from './destination';

/**
 * Options of `Fallback.to` and of `orElse`.
 */
export interface FallbackOptions {
  /**
   * The fallback takes over what is missing once fewer than this percentage of the endpoints before it are available, 1 to 100. An
   * endpoint counts as missing when it was ready and is not any more, or when the proxy has found out that it does not work; one that
   * starts, or that is shut down, does not.
   *
   * @default - 71.4, as in Envoy: 1 / 1.4
   */
  readonly belowPercent?: number;

  // #region generated props of FallbackConfig: recoveryMs
  /**
   * How long it takes until all requests are back when those before are available again, so that a service which has just recovered is not
   * flooded. 0: at once. Requests leave for the fallback at once in any case.
   *
   * @default Duration.seconds(30)
   */
  readonly recovery?: Duration;
  // #endregion
}

const QUANTITIES: Quantities<Pick<FallbackOptions, 'recovery'>, FallbackConfig> = {
  // #region generated quantities of FallbackConfig: recoveryMs
  recovery: { field: 'recoveryMs', unit: 'time', min: 0 },
  // #endregion
};
const LEVELS = {
  // #region generated lists of RouteConfig: fallback
  fallback: { least: 0, most: 8 },
  // #endregion
};
const OPTIONS = { belowPercent: true, ...namesOf(QUANTITIES) } as const satisfies Record<keyof FallbackOptions, true>;

/** One level. */
interface Level {
  readonly destination: Destination;
  readonly options: FallbackOptions;
}

/**
 * Where requests go when the called service can't take all of them. Requests are sent unchanged, with their path and Host, so the fallback
 * must understand the requests of the service that it replaces.
 */
export class Fallback {
  /**
   * To another service, in the mesh or outside of it.
   *
   * @param destination a `MeshService`, an `ExternalService`, or what `MeshSidecar.expose` returns
   * @param options when requests go there, and how they return
   */
  public static to(destination: Destination, options: FallbackOptions = {}): Fallback {
    return new Fallback([{ destination, options }]);
  }

  private constructor(private readonly levels: readonly Level[]) {}

  /**
   * Adds another fallback, for when this one can't take everything either.
   *
   * @param destination a `MeshService`, an `ExternalService`, or what `MeshSidecar.expose` returns
   * @param options when requests go there, and how they return
   */
  public orElse(destination: Destination, options: FallbackOptions = {}): Fallback {
    return new Fallback([...this.levels, { destination, options }]);
  }

  /**
   * Those that take over, in order.
   *
   * @internal
   */
  public get _destinations(): readonly Destination[] {
    return this.levels.map(({ destination }) => destination);
  }

  /**
   * As the routes of the call say it.
   *
   * @internal
   */
  public _toConfig(): FallbackConfig[] {
    return this.levels.map(({ destination, options: { belowPercent, recovery } }) => {
      const counts = belowPercent === undefined ? DEFAULT_FALLBACK.overprovisioningPercent : overprovisioningPercent(belowPercent);
      const recoveryMs = recovery?.toMilliseconds() ?? DEFAULT_FALLBACK.recoveryMs;
      return {
        split: destination._info().shares().map(({ cluster, weight }) => ({ cluster, weight })),
        ...(counts !== DEFAULT_FALLBACK.overprovisioningPercent && { overprovisioningPercent: counts }),
        ...(recoveryMs !== DEFAULT_FALLBACK.recoveryMs && { recoveryMs }),
      };
    });
  }

  /**
   * @param call the destination that is called
   * @param self the destination that the caller is
   *
   * @internal
   */
  public _check(errors: ValidationErrors, prop: string, call: Destination, self: Destination | undefined): void {
    const seen = new Map([[call._info().id, call]]);
    this.levels.forEach(({ destination, options }, index) => {
      const at = index === 0 ? `${prop}.to` : `${prop}.orElse[${index - 1}]`;
      if (!isA(Destination, destination)) {
        errors.add(at, destination, refusalOfCopy(Destination, destination) ?? 'give a MeshService, an ExternalService, or what MeshSidecar.expose() returns');
        return;
      }
      const { id, name } = destination._info();
      const before = seen.get(id);
      if (destination === self) {
        errors.add(at, name, 'a service can\'t call itself through the mesh; name another one');
      } else if (before === destination) {
        errors.add(at, name, 'it has its turn before already, so it can\'t take over; name another one');
      } else if (before) {
        errors.add(at, destination.node.path, `its host name and port are those of '${before.node.path}', which has its turn before; give one of them another host name`);
      }
      seen.set(id, destination);
      errors.unknownProps(options, OPTIONS, `${at}.`);
      checkBelowPercent(errors, `${at}.belowPercent`, options.belowPercent);
      checkValues(errors, at, options, QUANTITIES);
    });
    if (!isList(LEVELS.fallback, this.levels)) {
      errors.add(prop, this.levels.length, `use at most ${LEVELS.fallback.most} fallbacks`);
    }
  }
}

mark(Fallback);

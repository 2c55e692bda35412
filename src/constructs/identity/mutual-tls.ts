/**
 * How strictly a service asks its callers who they are. Three steps, because neither all callers nor all pods change at one moment: while
 * pods are replaced, a caller that spoke TLS would meet pods that don't know it, and one that didn't would meet pods that insist on it.
 */
import { ListenerMutualTlsConfig } from '../../contract';
import { parseCidr } from '../../contract';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

const PLAIN_FROM = {
  // #region generated lists of ListenerMutualTlsConfig: plainFrom
  plainFrom: { least: 1, most: 64 },
  // #endregion
};

/**
 * Whether the callers of a service have to prove who they are.
 *
 * Services that run already change over in three rollouts: `PREPARE`, `PERMISSIVE`, `STRICT`. Wait for each to complete.
 */
export class MutualTls {
  /**
   * Connections without mutual TLS are refused.
   */
  public static readonly STRICT = new MutualTls('strict', []);

  /**
   * Callers of the mesh use mutual TLS. Others are let in without it, and nobody knows who they are. For the time in which callers change over.
   */
  public static readonly PERMISSIVE = new MutualTls('permissive', []);

  /**
   * Pods get their certificates and accept both, and callers still use no TLS. The first step for services that run already.
   */
  public static readonly PREPARE = new MutualTls('prepare', []);

  private constructor(
    private readonly mode: 'strict' | 'permissive' | 'prepare', private readonly plainFrom: readonly string[], private readonly forwards = false,
  ) {}

  /**
   * Also lets in connections without mutual TLS from these networks, such as those of a load balancer. They have no identity, so all that is
   * known of them is their address. The rule `plain` counts and logs their requests.
   *
   * @param networks such as `10.2.0.0/16`, or an address alone
   */
  public allowPlain(...networks: string[]): MutualTls {
    return new MutualTls(this.mode, [...this.plainFrom, ...networks], this.forwards);
  }

  /**
   * Also tells the app who calls in the header field `x-forwarded-client-cert`, as Envoy writes it (`By=...;Hash=...;URI=spiffe://...`), for apps and
   * libraries that read that one. It is beside `x-mesh-caller`, which apps get in any case. Clients can't forge either.
   */
  public forwardClientCert(): MutualTls {
    return new MutualTls(this.mode, this.plainFrom, true);
  }

  /**
   * Whether callers of the mesh use it.
   *
   * @internal
   */
  public get _isUsed(): boolean {
    return this.mode !== 'prepare';
  }

  /**
   * Whether somebody is let in without it.
   *
   * @internal
   */
  public get _takesPlain(): boolean {
    return this.mode !== 'strict' || this.plainFrom.length > 0;
  }

  /**
   * Networks that are let in without it; undefined for all.
   *
   * @internal
   */
  public get _plainFrom(): readonly string[] | undefined {
    return this.mode === 'strict' ? this.plainFrom : undefined;
  }

  /** @internal */
  public _config(): ListenerMutualTlsConfig {
    return {
      ...(this._takesPlain && { mode: 'permissive' as const, ...(this._plainFrom && { plainFrom: [...this._plainFrom] }) }),
      ...(this.forwards && { forwardClientCert: true }),
    };
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { most } = PLAIN_FROM.plainFrom;
    if (this.mode !== 'strict' && this.plainFrom.length > 0) {
      errors.add(`${prop}.allowPlain`, this.plainFrom, `MutualTls.${this.mode.toUpperCase()} lets everybody in without TLS already; leave it out, or use MutualTls.STRICT`);
    }
    if (this.plainFrom.length > most) {
      errors.add(`${prop}.allowPlain`, this.plainFrom.length, `use at most ${most} networks`);
    }
    for (const network of this.plainFrom) {
      if (typeof network !== 'string' || !parseCidr(network)) {
        errors.add(`${prop}.allowPlain`, network, 'use a network, such as 10.2.0.0/16 or 2001:db8::/32, or an IP address');
      }
    }
  }
}

mark(MutualTls);

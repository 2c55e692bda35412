/** What a caller may ask for, in the words of routes. */
import { mark } from '../synthesis/copies';
import { Match } from '../routes/match';

/**
 * Requests that a caller may send to a service, for `allow` of a call; or that clients may send, for `allow` of a gateway.
 */
export class Allow {
  /**
   * Requests that meet all of these conditions.
   *
   * @param matches such as `Match.method('GET')` and `Match.pathPrefix('/items')`
   */
  public static when(...matches: Match[]): Allow {
    return new Allow(matches);
  }

  private constructor(
    /** @internal */
    public readonly _matches: readonly Match[],
  ) {}
}

mark(Allow);

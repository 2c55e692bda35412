/**
 * What a route can send requests to. A class of its own below `Destination`, because a single version of a service is a target of routes
 * and nothing that an app could call by name.
 */
import { Construct } from 'constructs';
import { mark } from '../synthesis/copies';

/**
 * Something that a route can send requests to: a `MeshService`, one of its versions, an `ExternalService`, or what `MeshSidecar.expose`
 * returns.
 */
export abstract class RouteTarget extends Construct {
  /**
   * The destination that it is, or is a part of. Its policies apply.
   *
   * @internal
   */
  public abstract _destination(): RouteTarget;

  /**
   * The cluster that it is; undefined for all of the destination's.
   *
   * @internal
   */
  public abstract _cluster(): string | undefined;
}

mark(RouteTarget);

/**
 * What `calls()` takes. A class and not an interface, so that everything that the proxy's document needs stays out of the
 * public API.
 */
import { Construct } from 'constructs';
import { mark } from '../synthesis/copies';
import { DestinationInfo } from './destination-info';

/**
 * Something that can be called: a `MeshService`, an `ExternalService`, or what `MeshSidecar.expose` returns.
 */
export abstract class Destination extends Construct {
  /**
   * What a caller's sidecar needs to know.
   *
   * @internal
   */
  public abstract _info(): DestinationInfo;
}

mark(Destination);

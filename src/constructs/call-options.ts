/** What a caller can say of a call. */
import { Duration } from 'cdk8s';
import { LoadBalancing } from './load-balancing';

/**
 * Options of `calls`.
 */
export interface CallOptions {
  /**
   * Time from the request's head to the response's last byte. Zero switches it off.
   *
   * @default Duration.seconds(15)
   */
  readonly timeout?: Duration;

  /**
   * How this caller chooses among the endpoints.
   *
   * @default - the destination's own choice
   */
  readonly loadBalancing?: LoadBalancing;
}

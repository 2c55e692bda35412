/** Which requests are logged. */

/**
 * Which requests the proxy logs.
 */
export enum AccessLog {
  /**
   * No requests.
   */
  OFF = 'off',
  /**
   * Requests whose response has status 500 or above, and requests whose response broke off.
   */
  ERRORS = 'errors',
  /**
   * All requests.
   */
  ALL = 'all',
}

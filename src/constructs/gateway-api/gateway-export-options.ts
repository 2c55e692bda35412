/** Options of `GatewayApi.exportGateway`. */

/**
 * Options of `GatewayApi.exportGateway`.
 */
export interface GatewayExportOptions {
  /**
   * The GatewayClass, which says what implements the Gateway, such as `istio` or `eg`.
   */
  readonly gatewayClassName: string;

  /**
   * Props of the gateway that are left out although they are set, such as `clients`, because the implementation is told in another way. Props
   * that are set, can't be expressed in the Gateway API and are not named here fail the synthesis.
   *
   * @default - none
   */
  readonly ignoreUnsupported?: string[];
}

/** What is said of connections of TCP, on its way into the document. */
import { ClusterConfig, DEFAULT_TCP, ListenerConfig, TcpConfig } from '../../contract';
import { checkValues, namesOf, Quantities, toConfig, withoutDefaults } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { TcpOptions } from './tcp-options';

type Times = Omit<TcpOptions, 'proxyProtocol'>;
const TIMES: Quantities<Times, TcpConfig> = {
  // #region generated quantities of TcpConfig
  idleTimeout: { field: 'idleTimeoutMs', unit: 'time', min: 0 },
  maxDuration: { field: 'maxDurationMs', unit: 'time', min: 0 },
  // #endregion
};
const OPTIONS = { ...namesOf(TIMES), proxyProtocol: true } as const satisfies Record<keyof TcpOptions, true>;

export function checkTcpOptions(errors: ValidationErrors, prop: string, options: TcpOptions): void {
  errors.unknownProps(options, OPTIONS, `${prop}.`);
  checkValues<Times, TcpConfig>(errors, prop, options, TIMES);
  if (options.proxyProtocol !== undefined && typeof options.proxyProtocol !== 'boolean') {
    errors.add(`${prop}.proxyProtocol`, options.proxyProtocol, 'use true or false');
  }
}

/** What the listeners on both sides of a service have of it. @param readServerName on the side of callers */
export function tcpSettings(options: TcpOptions = {}, readServerName = false): Pick<ListenerConfig, 'tcp'> {
  const tcp = withoutDefaults<TcpConfig>({ ...toConfig<Times, TcpConfig>(options, TIMES), readServerName }, DEFAULT_TCP);
  return Object.keys(tcp).length > 0 ? { tcp } : {};
}

/** What the cluster has of it that leads to the server itself. */
export function tcpHeader({ proxyProtocol = false }: TcpOptions = {}): Pick<ClusterConfig, 'proxyProtocol'> {
  return proxyProtocol ? { proxyProtocol: 'v2' } : {};
}

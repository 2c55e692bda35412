/** The numbers, texts and lists of the edge, with their bounds in the contract. */
import { ClientsConfig, ForwardedConfig } from '../../contract';
import { Quantities } from '../props/quantities';
import { ClientOptions, ForwardedOptions } from './client-options';

export const FORWARDED_QUANTITIES: Quantities<Pick<ForwardedOptions, 'trustedHops'>, ForwardedConfig> = {
  // #region generated quantities of ForwardedConfig: trustedHops
  trustedHops: { field: 'trustedHops', unit: 'number', min: 0, max: 16 },
  // #endregion
};

export const CLIENT_QUANTITIES: Quantities<Pick<ClientOptions, 'maxConnections' | 'maxAddresses'>, ClientsConfig> = {
  // #region generated quantities of ClientsConfig: maxConnections, maxAddresses
  maxConnections: { field: 'maxConnections', unit: 'number', min: 1 },
  maxAddresses: { field: 'maxAddresses', unit: 'number', min: 2, max: 1_000_000 },
  // #endregion
};

export const CLIENT_LISTS = {
  // #region generated lists of ClientsConfig
  allow: { least: 1, most: 256 },
  deny: { least: 1, most: 256 },
  // #endregion
};

export const PROXY_PROTOCOL_LISTS = {
  // #region generated lists of ProxyProtocolConfig
  from: { least: 1, most: 64 },
  // #endregion
};

export const BROWSER_LISTS = {
  // #region generated lists of ListenerConfig: errorPages
  errorPages: { least: 1, most: 16 },
  // #endregion
};

export const ERROR_PAGE_LISTS = {
  // #region generated lists of ErrorPageConfig
  statuses: { least: 1, most: 32 },
  // #endregion
};

export const ERROR_PAGE_TEXTS = {
  // #region generated texts of ErrorPageConfig
  contentType: { form: /^[!-~][ -~]*$/, longest: 256 },
  // #endregion
};

export const TLS_LISTS = {
  // #region generated lists of TlsConfig
  certificates: { least: 1, most: 64 },
  // #endregion
};

export const CERTIFICATE_LISTS = {
  // #region generated lists of CertificateConfig
  hosts: { least: 1, most: 256 },
  // #endregion
};

export const HOST = {
  // #region generated text of HostPattern
  form: /^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$/,
  longest: 253,
  // #endregion
};

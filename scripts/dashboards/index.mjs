/** The dashboards, by their files. */
import { call } from './call.mjs';
import { gateway } from './gateway.mjs';
import { overview } from './overview.mjs';
import { proxy } from './proxy.mjs';
import { service } from './service.mjs';
import { slo } from './slo.mjs';

export const DASHBOARDS = {
  'dashboards/overview.json': overview,
  'dashboards/service.json': service,
  'dashboards/call.json': call,
  'dashboards/gateway.json': gateway,
  'dashboards/proxy.json': proxy,
  'dashboards/slo.json': slo,
};

/** Every page of docs/ and every dashboard that is made from sources: its file, and how it is made. */
import { DASHBOARDS } from '../dashboards/index.mjs';
import { configurationPage } from './configuration.mjs';
import { lintsPage } from './lints.mjs';
import { metricsPage, reasonsPage } from './telemetry.mjs';

/** The modules below src/ whose exports the pages are made from. */
export const SOURCES = [
  'contract', 'planning/lints', 'proxy/telemetry/catalog', 'proxy/telemetry/reasons', 'proxy/telemetry/reason-metrics', 'proxy/telemetry/registry',
  'proxy/telemetry/bounded-label', 'constructs/monitoring/failures',
];

export const PAGES = {
  'docs/check.md': (sources) => lintsPage(sources),
  'docs/configuration.md': (sources, schema) => configurationPage(schema, sources),
  'docs/metrics.md': (sources) => metricsPage(sources),
  'docs/reason-codes.md': (sources) => reasonsPage(sources),
  ...DASHBOARDS,
};

/** Written by jsii-docgen from the compiled constructs. */
export const API_REFERENCE = 'API.md';

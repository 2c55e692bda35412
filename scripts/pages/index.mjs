/** Every page of docs/ that is made from sources: its file, and how it is made. */
import { configurationPage } from './configuration.mjs';
import { lintsPage } from './lints.mjs';
import { metricsPage, reasonsPage } from './telemetry.mjs';

/** The modules below src/ whose exports the pages are made from. */
export const SOURCES = [
  'contract', 'planning/lints', 'proxy/telemetry/catalog', 'proxy/telemetry/reasons', 'proxy/telemetry/reason-metrics', 'proxy/telemetry/registry',
  'proxy/telemetry/bounded-label',
];

export const PAGES = {
  'docs/check.md': (sources) => lintsPage(sources),
  'docs/configuration.md': (sources, schema) => configurationPage(schema, sources),
  'docs/metrics.md': (sources) => metricsPage(sources),
  'docs/reason-codes.md': (sources) => reasonsPage(sources),
};

/** Written by jsii-docgen from the compiled constructs. */
export const API_REFERENCE = 'API.md';

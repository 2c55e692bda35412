/** Panels as all dashboards have them. They read the Prometheus that is chosen at the top of the dashboard. */
import { TableFooterOptionsBuilder, VizLegendOptionsBuilder, VizTooltipOptionsBuilder, LegendDisplayMode, LegendPlacement, TooltipDisplayMode, SortOrder } from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder as Heatmap } from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';

/** Units, by Grafana's names. */
export const UNIT = {
  perSecond: 'reqps', events: 'cps', ratio: 'percentunit', seconds: 's', bytes: 'bytes', bytesPerSecond: 'Bps', count: 'short', cores: 'short',
};

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
const REFS = 'ABCDEFGHIJKLMNOP';

const query = (expr, index) => new DataqueryBuilder().expr(expr).refId(REFS[index]);

/** Values over time, one line for each of the labels in a legend such as `{{route}}`. */
export function lines(title, description, unit, queries) {
  const panel = new TimeSeries().title(title).description(description).datasource(DATASOURCE).unit(unit).height(8).span(8)
    .fillOpacity(8).lineWidth(1).axisSoftMin(0)
    .legend(new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  Object.entries(queries).forEach(([legend, expr], index) => panel.withTarget(query(expr, index).legendFormat(legend)));
  return panel;
}

/** The percentiles of a latency, with traces of examples. `of` gives the query of one. */
export function percentiles(title, description, of) {
  const panel = lines(title, description, UNIT.seconds, {});
  [0.5, 0.95, 0.99].forEach((quantile, index) => panel.withTarget(query(of(quantile), index).legendFormat(`p${quantile * 100}`).exemplar(true)));
  return panel;
}

/** One number, of now. */
export function number(title, description, unit, expr) {
  return new Stat().title(title).description(description).datasource(DATASOURCE).unit(unit).height(4).span(4)
    .withTarget(query(expr, 0).instant());
}

/** How many requests took how long, over time. */
export function heatmap(title, description, expr) {
  return new Heatmap().title(title).description(description).datasource(DATASOURCE).height(8).span(8)
    .withTarget(query(expr, 0).legendFormat('{{le}}').format(PromQueryFormat.Heatmap));
}

/**
 * Numbers of now, a row for each set of labels.
 *
 * @param {{ labels: object, columns: string[][], link?: { column: string, title: string, url: string } }} content titles of labels; title, unit
 * and query of each column; and where a column's cells link to
 */
export function table(title, description, content) {
  const { labels, columns, link } = content;
  const panel = new Table().title(title).description(description).datasource(DATASOURCE).height(9).span(12)
    .footer(new TableFooterOptionsBuilder().show(false));
  columns.forEach(([, , expr], index) => panel.withTarget(query(expr, index).instant().format(PromQueryFormat.Table)));
  const titles = columns.map(([name], index) => [columns.length > 1 ? `Value #${REFS[index]}` : 'Value', name]);
  panel.withTransformation({ id: 'merge', options: {} }).withTransformation({
    id: 'organize', options: { excludeByName: { Time: true }, renameByName: { ...labels, ...Object.fromEntries(titles) } },
  });
  for (const [name, unit] of columns) panel.overrideByName(name, [{ id: 'unit', value: unit }]);
  if (link) panel.overrideByName(link.column, [{ id: 'links', value: [{ title: link.title, url: link.url }] }]);
  return panel;
}

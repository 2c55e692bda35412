/**
 * The namespace that a construct is in: that of its chart. What makes no objects of its own may stand above charts, so that several of them share
 * it; it then counts as one of the namespace `default`. All else needs a chart, and is told so in place of the error of cdk8s, which names no
 * construct of the mesh.
 */
import { Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { DEFAULT_NAMESPACE } from '../props/name-rules';

/** The namespace of the chart that a construct is in, if it is in one and that names one. */
export function chartNamespace(construct: IConstruct): string | undefined {
  const chart = chartOf(construct);
  return chart && chart.namespace;
}

/** The same, as documents and host names have it. */
export function namespaceOf(construct: IConstruct): string {
  return chartNamespace(construct) ?? DEFAULT_NAMESPACE;
}

/** Refuses a construct that makes objects and is in no chart. */
export function requireChart(construct: IConstruct, what: string): void {
  if (!chartOf(construct)) {
    throw new Error(`[${construct.node.path}] a ${what} makes Kubernetes objects, which have to be in a chart: create it in a Chart, or below one`);
  }
}

function chartOf(construct: IConstruct): Chart | undefined {
  return [...construct.node.scopes].reverse().find((scope): scope is Chart => Chart.isChart(scope));
}

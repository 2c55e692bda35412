/** Stacks and explanations for tests, made in this process. */
import { Chart, Testing } from 'cdk8s';
import { MeshService, MeshServiceProps } from '../../../src';
import { AskedRequest, parseHeader } from '../../../src/cli/explain/asked-request';
import { explainRequest, Explanation, onlyCallerOf } from '../../../src/cli/explain/explanation';
import { renderExplanation } from '../../../src/cli/explain/render';
import { Stack } from '../../../src/cli/stack/stack';
import { manifestsOf } from '../../../src/cli/model/manifests';

export const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

/** The stack of a chart that `build` fills, and of other objects. */
export function stackOf(build: (chart: Chart) => void, ...objects: readonly object[]): Stack {
  const app = Testing.app();
  const chart = new Chart(app, 'shop', { namespace: 'shop', disableResourceNameHashes: true });
  build(chart);
  return Stack.of(manifestsOf([...app.charts.flatMap((each) => Testing.synth(each) as object[]), ...objects], 'chart'), 'the chart');
}

export function service(chart: Chart, name: string, props: Partial<MeshServiceProps> = {}): MeshService {
  return new MeshService(chart, name, { containers, ...props });
}

export interface Asked {
  readonly from?: string;
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly bodyBytes?: number;
}

export function ask(stack: Stack, url: string, { from, method = 'GET', headers = [], bodyBytes = 0 }: Asked = {}): Explanation {
  const asked = new AskedRequest({ method, url, headers: headers.map((text) => parseHeader(text, '-H')), bodyBytes });
  return explainRequest(stack, from === undefined ? onlyCallerOf(stack, asked, '--from') : stack.workloadsNamed(from, '--from')[0]!, asked);
}

/** Its rows, by their labels. */
export function rowsOf(explanation: Explanation): Record<string, string[]> {
  const rows: Record<string, string[]> = {};
  const lines = renderExplanation(explanation).slice(2);
  const width = Math.min(...lines.map((line) => /^ {2}(\S+(?: \S+)*)? {2,}/.exec(line)![0].length).filter((length) => length > 2));
  let label = '';
  for (const line of lines) {
    label = line.slice(0, width).trim() || label;
    (rows[label] ??= []).push(line.slice(width));
  }
  return rows;
}

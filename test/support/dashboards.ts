/** The dashboards as Grafana reads them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '..', '..', 'dashboards');

interface Panel { readonly id: number; readonly type: string; readonly title: string; readonly targets?: readonly { readonly expr: string }[] }
interface Variable { readonly name: string; readonly type: string; readonly query: { readonly query: string }; readonly multi: boolean }

export interface Dashboard {
  readonly file: string;
  readonly text: string;
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly variables: readonly Variable[];
}

export function dashboards(): Dashboard[] {
  return readdirSync(FOLDER).map((file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    const { uid, title, panels, templating } = JSON.parse(text) as Dashboard & { templating: { list: Variable[] } };
    return { file, text, uid, title, panels, variables: templating.list.filter(({ type }) => type === 'query') };
  });
}

/** Every query of a dashboard, with its panel. */
export function queriesOf({ panels }: Dashboard): { readonly panel: string; readonly expr: string }[] {
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ panel: title, expr })));
}

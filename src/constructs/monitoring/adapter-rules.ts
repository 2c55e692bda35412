/**
 * The rules by which prometheus-adapter serves metrics of sidecars as custom metrics of pods, in the form of its configuration file.
 *
 * Source: https://github.com/kubernetes-sigs/prometheus-adapter/blob/master/docs/config.md
 */
import { ApiObject, Yaml } from 'cdk8s';
import { Construct } from 'constructs';
import { ADAPTER_KEY, SCALING_SERIES } from '../../planning/scaling/series';
import { NAME_RULES } from '../props/name-rules';
import { ValidationErrors } from '../props/validation-errors';

/**
 * Props of `AdapterRules`.
 */
export interface AdapterRulesProps {
  /**
   * Name of the ConfigMap.
   *
   * @default 'cdk8s-mesh-adapter-rules'
   */
  readonly name?: string;
}

/**
 * A ConfigMap with the rules of prometheus-adapter for services that scale by requests or latency. Put it into the chart of the adapter: its Helm
 * chart takes the rules as `rules.existing`, the ConfigMap's name. One is enough for a cluster.
 */
export class AdapterRules extends Construct {
  /**
   * The ConfigMap. Its key `config.yaml` has the rules.
   */
  public readonly configMap: ApiObject;

  constructor(scope: Construct, id: string, props: AdapterRulesProps = {}) {
    super(scope, id);
    const errors = new ValidationErrors();
    errors.unknownProps(props, { name: true });
    const name = props.name ?? 'cdk8s-mesh-adapter-rules';
    errors.name('name', name, NAME_RULES.label);
    errors.throwIfAny(this);
    this.configMap = new ApiObject(this, 'ConfigMap', {
      apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { [ADAPTER_KEY]: Yaml.stringify({ rules: rules() }) },
    });
  }
}

function rules(): object[] {
  return SCALING_SERIES.map(({ name, found, query }) => ({
    seriesQuery: found.replace('}', ',namespace!="",pod!=""}'),
    resources: { overrides: { namespace: { resource: 'namespace' }, pod: { resource: 'pod' } } },
    name: { as: name },
    metricsQuery: query('<<.LabelMatchers>>', ' by (<<.GroupBy>>)'),
  }));
}

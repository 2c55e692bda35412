/**
 * The ConfigMap with a sidecar's document, and how large it and its workload come to be.
 */
import { ApiObject, Lazy } from 'cdk8s';
import { Construct, IConstruct } from 'constructs';
import { CONFIG_KEY, ProxyConfig } from '../../contract';
import { ObjectSize, SizedObject, sizeOf } from '../../planning/object-size';
import { sortedCalls } from '../calls/called-names';
import { Call } from '../calls/dependencies';
import * as kplus from '../kubernetes/kplus';
import { writeLean } from '../kubernetes/lean-manifest';
import { manifestOf } from '../kubernetes/manifests';
import { untilAddition } from '../synthesis/unchanged';
import { documentText } from './document-text';

/** Annotation of the ConfigMap, for readers of the YAML: the services into whose calls faults are injected. */
const FAULTS_ANNOTATION = 'cdk8s-mesh/faults';

/** What has less text than this is far from any limit, and so is all that grows along with it. */
const LEAST_MEASURED = 65_536;

/** What the ConfigMap says, which is known when the app is complete. */
interface Contents {
  document(): ProxyConfig;
  calls(): Call[];
}

/** A sidecar's ConfigMap. */
export class DocumentConfigMap {
  public readonly configMap: kplus.ConfigMap;
  private readonly text: () => string;

  constructor(scope: Construct, metadata: { readonly name: string; readonly namespace?: string }, contents: Contents) {
    this.text = untilAddition(() => documentText(contents.document()));
    this.configMap = new kplus.ConfigMap(scope, 'Config', { metadata });
    this.configMap.metadata.addAnnotation(FAULTS_ANNOTATION, Lazy.any({ produce: () => withFaults(contents.calls()) }) as unknown as string);
    this.configMap.addData(CONFIG_KEY, Lazy.any({ produce: () => this.text() }));
    writeLean(this.configMap);
  }

  /** Sizes of the ConfigMap and of a workload whose pods grow with the document; none while that is small. */
  public sizesWith(workload: IConstruct): ObjectSize[] | undefined {
    return this.text().length < LEAST_MEASURED
      ? undefined
      : [this.configMap, workload].map((construct) => sizeOf(manifestOf(ApiObject.of(construct)) as SizedObject));
  }
}

function withFaults(calls: Call[]): string | undefined {
  const hasFaults = ({ faults, routes }: Call): boolean => faults.length > 0 || routes.some(({ route }) => route._spec.faults?.length);
  const called = sortedCalls(calls).filter(hasFaults).map(({ info }) => info.id);
  return called.length > 0 ? called.join(',') : undefined;
}

/** Entry point `cdk8s-mesh/testing`. */
import type { MeshSource, MeshUnderTest } from './api';
import { SynthesizedMesh } from './synthesized-mesh';

export * from './api';

/**
 * The stack that was synthesized.
 *
 * @param source `Testing.synth(chart)`, an app, a chart, or the folder of its YAML
 */
export function meshOf(source: MeshSource): MeshUnderTest {
  return new SynthesizedMesh(source);
}

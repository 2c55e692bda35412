/** Objectives, and which calls they rest on, in the annotation that `cdk8s-mesh check` reads. */
import { ApiObjectMetadataDefinition, Lazy } from 'cdk8s';
import { Objectives, OBJECTIVES_ANNOTATION, objectivesText } from '../../planning/objectives/published';

/** Writes the annotation, when the app is complete; nothing when there is nothing to say. */
export function publishObjectives(metadata: ApiObjectMetadataDefinition, objectives: () => Objectives): void {
  metadata.addAnnotation(OBJECTIVES_ANNOTATION, Lazy.any({ produce: () => objectivesText(objectives()) }) as unknown as string);
}

/** When an image is pulled. */
import * as kplus from './kplus';

/**
 * Kubernetes' own rule, which cdk8s-plus replaces by Always: an image that can't change under its name is pulled once.
 */
export function pullPolicy(image: string): kplus.ImagePullPolicy {
  const name = image.slice(image.lastIndexOf('/') + 1);
  const moving = !name.includes('@') && (!name.includes(':') || name.endsWith(':latest'));
  return moving ? kplus.ImagePullPolicy.ALWAYS : kplus.ImagePullPolicy.IF_NOT_PRESENT;
}

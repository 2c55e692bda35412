import { Testing } from 'cdk8s';
import { DataStack } from '../../examples/data/data';
import { documentOf } from '../support/manifests';
import { expectRestricted, expectSound } from '../constructs/sound';

describe('the example of data', () => {
  const manifests = Testing.synth(new DataStack(Testing.app(), 'data'));

  test('is the YAML of the snapshot', () => {
    expect(manifests).toMatchSnapshot();
  });

  test('consists of objects that Kubernetes accepts and pods that are restricted', () => {
    expectSound(manifests);
    expectRestricted(manifests);
  });

  test('carries TCP on every hop, and lets in web alone', () => {
    const web = documentOf(manifests, 'web-v1');
    expect(web.listeners.filter(({ direction }) => direction === 'outbound').map(({ port, protocol }) => [port, protocol])).toEqual([[6379, 'tcp'], [6379, 'tcp']]);
    const [inbound] = documentOf(manifests, 'cache-v1').listeners;
    expect([inbound!.protocol, inbound!.authorization!.rules]).toEqual(['tcp', [{ name: 'data/web', callers: ['spiffe://cluster.local/ns/data/sa/web'] }]]);
  });
});

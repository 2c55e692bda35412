/** The checks that the other tests rely on must themselves be able to fail. */
import { schemaMistakes } from '../support/kubernetes-schema';
import { restrictedMistakes } from '../support/pod-security';

const deployment = () => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a' },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { spec: { containers: [{ name: 'main', image: 'x', lifecycle: { preStop: { sleep: { seconds: 5 } } } }] } },
  },
});

describe('the schema check', () => {
  test('accepts what Kubernetes accepts', () => {
    expect(schemaMistakes(deployment())).toEqual([]);
  });

  test('names a misspelt field by its path', () => {
    const wrong = deployment();
    Object.assign(wrong.spec.template.spec.containers[0], { imagePulPolicy: 'Always' });
    expect(schemaMistakes(wrong)).toEqual(['/spec/template/spec/containers/0/imagePulPolicy is not a field of Deployment']);
  });

  test('refuses a value of the wrong type, and a field that is missing', () => {
    const wrong = deployment() as { spec: object };
    wrong.spec = { replicas: 'two', selector: {} };
    expect(schemaMistakes(wrong)).toEqual(['data/spec must have required property template, data/spec/replicas must be integer']);
  });

  test('refuses a kind that it does not know', () => {
    expect(schemaMistakes({ apiVersion: 'v1', kind: 'Servize' })).toEqual(['kubernetes-models has no Servize in v1']);
  });
});

describe('the restricted check', () => {
  const container = {
    name: 'main',
    securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } },
  };

  test('accepts a restricted pod', () => {
    expect(restrictedMistakes({ containers: [container] })).toEqual([]);
  });

  test.each([
    ['hostNetwork', { hostNetwork: true }],
    ['volume', { volumes: [{ name: 'v', hostPath: { path: '/' } }] }],
    ['sysctl', { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }],
    ['root', { securityContext: { runAsUser: 0 } }],
    ['capabilities', { containers: [{ ...container, securityContext: { ...container.securityContext, capabilities: {} } }] }],
    ['seccomp', { containers: [{ ...container, securityContext: { ...container.securityContext, seccompProfile: undefined } }] }],
    ['privileged', { containers: [{ ...container, securityContext: { ...container.securityContext, privileged: true } }] }],
    ['Escalation', { initContainers: [{ ...container, securityContext: { ...container.securityContext, allowPrivilegeEscalation: undefined } }] }],
    ['host port', { containers: [{ ...container, ports: [{ hostPort: 80 }] }] }],
  ])('refuses a pod for its %s', (what, spec) => {
    expect(restrictedMistakes({ containers: [container], ...spec })).toEqual([expect.stringContaining(what)]);
  });
});

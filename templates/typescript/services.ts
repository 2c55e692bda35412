/** The services of {{name}}, and who calls whom. */
import { Chart, Duration } from 'cdk8s';
import { MeshService, Scaling } from 'cdk8s-mesh';
import { ContainerProps, EnvValue, Probe } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

export class Services extends Chart {
  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: '{{name}}', disableResourceNameHashes: true });

    const api = new MeshService(this, 'api', {
      containers: [podinfo('6.7.0')],
      scaling: Scaling.replicas(2),
    });
    // A tenth of the requests tries the next version.
    api.addVersion('v2', { containers: [podinfo('6.7.1')], scaling: Scaling.replicas(1), weight: 10 });

    const web = new MeshService(this, 'web', {
      containers: [{ ...podinfo('6.7.1'), envVariables: { PODINFO_BACKEND_URL: EnvValue.fromValue('http://api/echo') } }],
      scaling: Scaling.replicas(2),
    });
    web.calls(api, { timeout: Duration.seconds(1) });
  }
}

/** A small public image that answers, and that calls a backend. Put your own in its place. */
function podinfo(tag: string): ContainerProps {
  return {
    image: `ghcr.io/stefanprodan/podinfo:${tag}`,
    portNumber: 9898,
    readiness: Probe.fromHttpGet('/readyz'),
    // An image needs a user that is not root.
    securityContext: { user: 10_001, group: 10_001 },
  };
}

import { Testing } from 'cdk8s';
import { meshOf } from 'cdk8s-mesh/testing';
import { Services } from './services';

const mesh = meshOf(Testing.synth(new Services(Testing.app(), '{{name}}')));

test('a tenth of the requests tries the next version of api', () => {
  mesh.expectRequest('web', 'GET http://api/echo').toBeSplit({ v1: 90, v2: 10 }).toTimeOutAfter(1_000);
});

test('what is posted to api is not sent twice', () => {
  mesh.expectRequest('web', 'POST http://api/echo').toBeRetried(0);
});

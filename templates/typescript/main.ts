import { App } from 'cdk8s';
import { Services } from './services';

const app = new App();
new Services(app, '{{name}}');
app.synth();

import { App } from 'cdk8s';
import { DataStack } from './data';

const app = new App();
new DataStack(app, 'data');
app.synth();

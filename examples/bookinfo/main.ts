import { App } from 'cdk8s';
import { Bookinfo } from './bookinfo';

const app = new App();
new Bookinfo(app, 'bookinfo');
app.synth();

import { App } from 'cdk8s';
import { SockShop } from './sock-shop';

const app = new App();
new SockShop(app, 'sock-shop');
app.synth();

import { App } from 'cdk8s';
import { SecureShop } from './secure-shop';

const app = new App();
new SecureShop(app, 'secure-shop');
app.synth();

/**
 * Bookinfo, the sample that Istio comes with: a page about a book, made of its details and its reviews, of which two of the three versions show
 * ratings. The apps listen at 9080 and call each other there, at the same port; here services are called at port 80, which the apps are told by
 * their environment.
 */
import { Chart } from 'cdk8s';
import { Gateway, GatewayCertificate, Match, MeshService, Route, Scaling, VersionProps } from 'cdk8s-mesh';
import { EnvValue, ImagePullPolicy } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

const RELEASE = '1.20.3';
const APP_PORT = 9080;
const SERVICE_PORT = 80;

/** What clients may ask for. */
const PAGES = [
  Match.pathExact('/productpage'), Match.pathPrefix('/static'), Match.pathExact('/login'), Match.pathExact('/logout'), Match.pathPrefix('/api/v1/products'),
];

export class Bookinfo extends Chart {
  readonly productpage: MeshService;
  readonly details: MeshService;
  readonly reviews: MeshService;
  readonly ratings: MeshService;
  readonly edge: Gateway;

  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'bookinfo', disableResourceNameHashes: true });

    this.details = new MeshService(this, 'details', version('details-v1', 1000));
    this.ratings = new MeshService(this, 'ratings', version('ratings-v1', 1000));

    // A third of the requests to each version, as without a VirtualService. The first one shows no stars, and asks for none.
    this.reviews = new MeshService(this, 'reviews', { ...version('reviews-v1', 1001), weight: 1 });
    for (const name of ['v2', 'v3']) {
      this.reviews.addVersion(name, { ...version(`reviews-${name}`, 1001, this.ratings), weight: 1 }).calls(this.ratings);
    }

    this.productpage = new MeshService(this, 'productpage', version('productpage-v1', 1000, this.details, this.reviews, this.ratings));
    this.productpage.calls(this.details);
    this.productpage.calls(this.reviews);
    this.productpage.calls(this.ratings);

    this.edge = new Gateway(this, 'edge', { tls: [GatewayCertificate.fromSecretName('bookinfo-tls')], scaling: Scaling.replicas(2) });
    for (const page of PAGES) this.edge.addRoute('bookinfo.example.com', Route.when(page).to(this.productpage));
  }
}

/**
 * One version of a service.
 *
 * @param image its name without `examples-bookinfo-`
 * @param user that the image is made for
 * @param callees services whose port the app is told. Without that it would call them at 9080, where it listens itself
 */
function version(image: string, user: number, ...callees: MeshService[]): VersionProps {
  return {
    scaling: Scaling.replicas(1),
    containers: [{
      image: `docker.io/istio/examples-bookinfo-${image}:${RELEASE}`,
      imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
      portNumber: APP_PORT,
      envVariables: {
        LOG_DIR: EnvValue.fromValue('/tmp/logs'),
        ...Object.fromEntries(callees.map(({ serviceName }) => [`${serviceName.toUpperCase()}_SERVICE_PORT`, EnvValue.fromValue(String(SERVICE_PORT))])),
      },
      // Liberty and Python write below their own folders.
      securityContext: { user, readOnlyRootFilesystem: false },
    }],
  };
}

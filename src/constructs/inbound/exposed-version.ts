/** One version of a service whose workloads were made elsewhere. */
import { Construct } from 'constructs';
import { WorkloadIdentity } from '../identity/workload-identity';
import * as kplus from '../kubernetes/kplus';
import { RouteTarget } from '../routes/route-target';
import { versionCluster } from './meshed-destination';

/** What is known of the version. */
interface ExposedVersionInfo {
  readonly version: string;
  readonly namespace: string;
  readonly identity?: WorkloadIdentity;
  readonly self: RouteTarget;
  makeService(scope: Construct): kplus.Service;
}

/**
 * One version of an `ExposedWorkload`, to which routes can send requests.
 */
export class ExposedVersion extends RouteTarget {
  /**
   * Made by `ExposedWorkload`.
   *
   * @internal
   */
  public static _of(scope: Construct, info: ExposedVersionInfo): ExposedVersion {
    return new ExposedVersion(scope, info);
  }

  /**
   * Name of the version.
   */
  public readonly version: string;

  /**
   * The headless Service of this version. Callers in the mesh discover its endpoints from it.
   */
  public readonly service: kplus.Service;

  private constructor(scope: Construct, private readonly info: ExposedVersionInfo) {
    super(scope, info.version);
    this.version = info.version;
    this.service = info.makeService(this);
  }

  /**
   * Who its pods prove to be.
   *
   * @internal
   */
  public get _identity(): WorkloadIdentity | undefined {
    return this.info.identity;
  }

  /** @internal */
  public _destination(): RouteTarget {
    return this.info.self;
  }

  /** @internal */
  public _cluster(): string | undefined {
    return versionCluster(this.info.namespace, this.service.name);
  }
}

/** The one place that names the version of cdk8s-plus; moving to another one starts here. */
export * from 'cdk8s-plus-28';

/** The remote types of a stock edge (wire document, 5): asked for in the cloud. */
export const REMOTE_TYPES = [
  "configmap",
  "secret",
  "persistentvolume",
  "persistentvolumeclaim",
  "volumeattachment",
  "node",
  "serviceaccounttoken",
  "lease",
  "certificatesigningrequest",
] as const;

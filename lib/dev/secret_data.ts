import { isRecord } from "../base/mod.ts";
import type { Manifest } from "./cloud_object.ts";

/**
 * Moves a Secret's `stringData` into its `data`, in base64, as the API server
 * does; it wins over `data`. Other manifests stay as they are.
 */
export function withSecretData(manifest: Manifest): Manifest {
  const { stringData, ...rest } = manifest;
  if (manifest.kind.toLowerCase() !== "secret" || !isRecord(stringData)) {
    return manifest;
  }
  const encoder = new TextEncoder();
  const encoded = Object.entries(stringData).map(([key, text]) =>
    [key, encoder.encode(String(text)).toBase64()] as const
  );
  const data = isRecord(rest.data) ? rest.data : {};
  return { ...rest, data: { ...data, ...Object.fromEntries(encoded) } };
}

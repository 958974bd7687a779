import { X509Certificate } from "node:crypto";
import type { Config } from "../config/mod.ts";
import type { StoreOwner } from "../store/mod.ts";
import { errorText } from "../telemetry/mod.ts";

const CERTIFICATE_REGEXP =
  /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g;

/**
 * Whose data the store of this node holds. An authority that cannot be read
 * is no reason not to serve what is stored: the link says what is wrong.
 *
 * @param warn Told of an authority that is there and cannot be read.
 */
export function storeOwner(
  { edgehub: { controller, websocket } }: Config,
  warn: (text: string) => void,
): StoreOwner {
  const authorities: string[] = [];
  if (websocket.cafile !== "") {
    try {
      const text = Deno.readTextFileSync(websocket.cafile);
      for (const [pem] of text.matchAll(CERTIFICATE_REGEXP)) {
        authorities.push(
          new X509Certificate(pem).fingerprint256.replaceAll(":", "")
            .toLowerCase(),
        );
      }
    } catch (error) {
      // A node that has not joined yet; identity says so.
      const isMissing = error instanceof Deno.errors.NotFound;
      if (!isMissing) warn(`authority not compared: ${errorText(error)}`);
      return { node: controller.nodeId, authorities: [] };
    }
  }
  return { node: controller.nodeId, authorities };
}

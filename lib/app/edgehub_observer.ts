import type { EdgehubObserver } from "../edgehub/mod.ts";
import { errorText } from "../telemetry/mod.ts";
import { Check } from "./check.ts";
import { edgehubFigures } from "./edgehub_figures.ts";
import type { ObserverParts } from "./observer_parts.ts";
import { refusals } from "./refusals.ts";
import type { Trust } from "./trust.ts";

/** Said at each dial, since nothing else tells that a link is open to all. */
const PLAIN_HINT = "Nothing is encrypted, secrets included, and nobody " +
  "checks who the cloud is: use wss:// outside of tests";

/**
 * Turns what the cloud link tells into log lines, figures and health.
 *
 * @param trust Told how the cloud takes the node's certificate.
 */
export function edgehubObserver(
  parts: ObserverParts,
  trust?: Pick<Trust, "linkUp" | "linkDown">,
): EdgehubObserver {
  const { metrics, health } = parts;
  const log = parts.log.child("edgehub");
  const { connects, reconnects, downs, faults } = edgehubFigures(metrics);
  const refused = parts.refused ?? refusals(health);
  health.set(Check.link, "degraded", "not connected yet");
  return {
    dialling: (url) => {
      if (!url.startsWith("ws:")) log.debug("dialling", { url });
      else log.warn("dialling without TLS", { url, hint: PLAIN_HINT });
    },
    connected: ({ url, certificateNotAfterMs }) => {
      if (connects.value > 0) reconnects.inc();
      connects.inc();
      trust?.linkUp();
      health.set(Check.link, "ok", url);
      log.info("connected", {
        url,
        ...(certificateNotAfterMs
          ? { certificateUntil: new Date(certificateNotAfterMs).toISOString() }
          : {}),
      });
    },
    down: ({ url, error, livedMs, waitMs }) => {
      downs.with(error.kind).inc();
      trust?.linkDown(error);
      health.set(Check.link, "degraded", error.message);
      log.warn("link down", {
        url,
        error: error.message,
        hint: error.hint,
        livedMs: Math.round(livedMs),
        nextDialMs: waitMs,
      });
    },
    fault: (fault) => {
      faults.with(fault.kind).inc();
      refused(fault);
      log.warn("frame refused", {
        kind: fault.kind,
        reason: fault.text,
        resource: fault.resource,
        msgId: fault.msgId,
      });
    },
    broken: (error) => {
      health.set(Check.link, "failed", errorText(error));
      log.error("dial failed unexpectedly", { error: errorText(error) });
    },
  };
}

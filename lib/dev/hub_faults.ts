/**
 * Switches that make a cloud hub misbehave, to be turned at any time. All are
 * off at first.
 */
export class HubFaults {
  #gate: PromiseWithResolvers<void> | undefined;
  /** Accepts connections and reads them, but makes no session: a mute peer. */
  mute = false;
  /** HTTP status that every upgrade is refused with. */
  refuseStatus: number | undefined;
  /** Loses every ack on its way to CloudCore. */
  ignoreAcks = false;
  /** Loses every frame on its way to nodes. */
  loseDownstream = false;
  /** Ends both sessions when a node connects twice, as CloudCore may. */
  replaceEndsBoth = false;

  /** Stops reading all connections, so that nodes feel back-pressure. */
  get stallReads(): boolean {
    return this.#gate !== undefined;
  }

  /** Turning it off lets reading go on. */
  set stallReads(stalled: boolean) {
    if (stalled) {
      this.#gate ??= Promise.withResolvers<void>();
    } else {
      this.#gate?.resolve();
      this.#gate = undefined;
    }
  }

  /** Settles once reading is allowed. */
  async reading(): Promise<void> {
    while (this.#gate) await this.#gate.promise;
  }
}

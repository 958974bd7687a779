/** What a failed connection means. */
export interface TlsReason {
  /** What the runtime says, with its code. */
  readonly text: string;
  /** What an operator can do; empty if nothing is known. */
  readonly hint: string;
  /** Whether the same again may work. */
  readonly retryable: boolean;
}

/** Meanings by the words of the runtime's errors, which carry no better code. */
const REASONS: readonly {
  readonly words: RegExp;
  readonly hint: string;
  readonly retryable: boolean;
}[] = [
  {
    words: /UnknownIssuer|self.signed|unable to (get|verify)|BadSignature/i,
    hint: "The server's certificate is not signed by the CA that the token " +
      "names: check who answers at that address",
    retryable: false,
  },
  {
    words: /Expired|NotValidYet|not yet valid|has expired/i,
    hint: "Check this machine's clock, then the server's certificate",
    retryable: false,
  },
  {
    words: /not valid for name|NotValidForName|altname/i,
    hint: "The server's certificate does not name this host: use a name or " +
      "address of CloudCore's advertiseAddress or dnsNames",
    retryable: false,
  },
  {
    words: /CertificateRequired|BadCertificate|UnknownCA|CertificateUnknown/i,
    hint: "The cloud does not know the node's certificate: join again with a " +
      "new token",
    retryable: false,
  },
  {
    words: /ENOTFOUND|EAI_|dns|lookup/i,
    hint: "Check the host name and name resolution",
    retryable: true,
  },
  {
    words: /ECONNREFUSED|refused/i,
    hint: "Nothing listens there: check host and port",
    retryable: true,
  },
  {
    words: /InvalidContentType|corrupt|wrong version|invalid message/i,
    hint: "What listens there does not speak TLS: check the port",
    retryable: false,
  },
];

/** Reads the reason of a failed connection from its error. */
export function reasonOf(error: unknown): TlsReason {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error
    ? String(error.code)
    : "";
  const text = code && !message.includes(code)
    ? `${message} (${code})`
    : message;
  const reason = REASONS.find(({ words }) => words.test(text));
  return {
    text,
    hint: reason?.hint ?? "Check that this address can be reached from here",
    retryable: reason?.retryable ?? true,
  };
}

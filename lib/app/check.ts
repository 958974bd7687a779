/** Names of the health checks. */
export const Check = {
  link: "cloud link",
  identity: "identity",
  store: "store",
  sync: "sync",
  messages: "messages",
  outbox: "outbox",
} as const;

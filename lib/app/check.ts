/** Names of the health checks. */
export const Check = {
  link: "cloud link",
  store: "store",
  sync: "sync",
  messages: "messages",
  outbox: "outbox",
} as const;

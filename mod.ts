export * from "./lib/message/mod.ts";

import { dirname, join, resolve } from "node:path";
import { type Config, loadConfig } from "../config/mod.ts";
import {
  type CredentialFiles,
  IdentityError,
  JoinToken,
  readServerAddress,
  type ServerAddress,
} from "../identity/mod.ts";
import { type CommandInput, UsageError } from "./command.ts";

/** Tries of each step that are taken without being asked for. */
export const ATTEMPTS_DEFAULT = "5";

/** What is to be done, arguments and configuration together. */
export interface JoinPlan {
  /** CloudCore's certificate server, if it is known. */
  readonly server: ServerAddress | undefined;
  /** The token, if there is one. */
  readonly token: JoinToken | undefined;
  /** The file that the token was read from; empty: there is none. */
  readonly tokenFile: string;
  /** The configuration file that the token stands in; empty: it does not. */
  readonly configFile: string;
  /** Name of the node. */
  readonly nodeId: string;
  /** Where key and certificates go. */
  readonly files: CredentialFiles;
  /** Tries of each step. */
  readonly attemptsMax: number;
  /** Whether a node that has joined joins again. */
  readonly isForced: boolean;
  /** The configuration. */
  readonly config: Config;
}

/**
 * Reads arguments and configuration of `join`.
 *
 * @throws {UsageError} If the arguments do not make sense.
 * @throws {ConfigError} If the configuration does not.
 */
export async function joinPlan(input: CommandInput): Promise<JoinPlan> {
  const { io, value, values, flag } = input;
  const file = value("config");
  const { config } = await loadConfig({
    ...(file === undefined ? {} : { file }),
    sets: values("set"),
    hostname: io.hostname,
    env: (name) => io.env(name),
  });
  const attempts = value("attempts") ?? ATTEMPTS_DEFAULT;
  if (!/^[1-9]\d{0,3}$/.test(attempts)) {
    throw new UsageError(
      `Option --attempts expects 1 to 9999, got: ${attempts}`,
    );
  }
  return {
    server: serverOf(value("server"), config),
    ...tokenOf(input, config),
    nodeId: value("node-id") ?? config.edgehub.controller.nodeId,
    files: filesOf(value("cert-dir"), config),
    attemptsMax: Number(attempts),
    isForced: flag("force"),
    config,
  };
}

function serverOf(
  text: string | undefined,
  { edgehub: { httpServer } }: Config,
): ServerAddress | undefined {
  if (text !== undefined) {
    const server = readServerAddress(text);
    if (server) return server;
    throw new UsageError(
      `Option --server expects HOST or HOST:PORT, got: ${text}`,
    );
  }
  return httpServer ? readServerAddress(httpServer) : undefined;
}

/** The options, else the configuration; there as well the file comes first. */
function tokenOf(
  { value }: CommandInput,
  { edgehub }: Config,
): Pick<JoinPlan, "token" | "tokenFile" | "configFile"> {
  const given = value("token");
  const tokenFile = value("token-file") ?? "";
  if (given !== undefined && tokenFile) {
    throw new UsageError("Options --token and --token-file exclude each other");
  }
  if (given === undefined && !tokenFile) return configuredToken(edgehub);
  const text = tokenFile ? readTokenFile(tokenFile) : given;
  return parsed(text, { tokenFile, configFile: "" });
}

function configuredToken(
  { token, tokenFile, tokenSource }: Config["edgehub"],
): Pick<JoinPlan, "token" | "tokenFile" | "configFile"> {
  const text = tokenFile ? readTokenFile(tokenFile)?.trim() : undefined;
  if (text) return parsed(text, { tokenFile, configFile: "" });
  if (token) return parsed(token, { tokenFile: "", configFile: tokenSource });
  return { token: undefined, tokenFile, configFile: "" };
}

function parsed(
  text: string | undefined,
  where: Pick<JoinPlan, "tokenFile" | "configFile">,
): Pick<JoinPlan, "token" | "tokenFile" | "configFile"> {
  if (text === undefined) return { token: undefined, ...where };
  try {
    return { token: JoinToken.parse(text), ...where };
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    throw new UsageError(`${error.message}. ${error.hint}`);
  }
}

/** `undefined` if there is none: it is removed once it was used. */
function readTokenFile(file: string): string | undefined {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UsageError(`Option --token-file names no readable file: ${file}`);
  }
}

function filesOf(
  folder: string | undefined,
  { edgehub: { websocket }, store }: Config,
): CredentialFiles {
  const { cafile, certfile, keyfile } = websocket;
  if (folder === undefined && cafile && certfile && keyfile) {
    return { caFile: cafile, certFile: certfile, keyFile: keyfile };
  }
  // Absolute, since it is to be put into a file that lies elsewhere.
  const at = resolve(folder ?? join(dirname(store.path), "certs"));
  return {
    caFile: join(at, "rootCA.crt"),
    certFile: join(at, "server.crt"),
    keyFile: join(at, "server.key"),
  };
}

import {
  type CommandGrammar,
  type Completable,
  firstWords,
  settingKeys,
  settingValues,
} from "./grammar.ts";

/** A script for fish 3. */
export function fishCompletion(grammar: readonly CommandGrammar[]): string {
  const firsts = firstWords(grammar);
  const lines = [
    "complete -c metamanager -f",
    ...firsts.map(({ word, doc }) =>
      `complete -c metamanager -n __metamanager_at -a ${quote(word)} -d ${
        quote(doc)
      }`
    ),
    ...firsts.flatMap(({ word, next }) =>
      next.map(([second, doc]) =>
        `complete -c metamanager -n ${quote(`__metamanager_at ${word}`)} -a ${
          quote(second)
        } -d ${quote(doc)}`
      )
    ),
    ...grammar.flatMap(ofCommand),
  ];
  return `# Completion of metamanager for fish. Load it with
#   metamanager completion fish | source
# or put it into ~/.config/fish/completions/metamanager.fish
function __metamanager_plain
  set -l typed (commandline -opc)
  for word in $typed[2..-1]
    string match -q -- '-*' $word; and break
    echo $word
  end
end
function __metamanager_at
  set -l plain (__metamanager_plain)
  test "$plain" = "$argv"
end
function __metamanager_is
  set -l plain (__metamanager_plain)
  test "$plain[1..$(count $argv)]" = "$argv"
end
function __metamanager_settings
  switch (commandline -ct)
    case '*=*'
      printf '%s\\n' ${settingValues().map(quote).join(" ")}
    case '*'
      printf '%s\\n' ${
    settingKeys().map(([key, doc]) => quote(`${key}\t${doc}`)).join(" ")
  }
  end
end
${lines.join("\n")}
`;
}

function ofCommand({ words, options, rest }: CommandGrammar): string[] {
  const when = `complete -c metamanager -n ${
    quote(`__metamanager_is ${words.join(" ")}`)
  }`;
  const lines = options.map(({ forms, doc, value }) => {
    const names = forms.map((form) =>
      form.startsWith("--") ? `-l ${form.slice(2)}` : `-s ${form.slice(1)}`
    );
    const taken = value ? ` ${taking(value)}` : "";
    return `${when} ${names.join(" ")}${taken} -d ${quote(doc)}`;
  });
  if (rest.kind === "unknown") return lines;
  const shown = rest.kind === "files" ? "-F" : taking(rest).replace("-x ", "");
  return [...lines, `${when} ${shown}`];
}

/** @returns Flags of \`complete\` for a value that is needed. */
function taking(value: Completable): string {
  switch (value.kind) {
    case "unknown":
      return "-x";
    case "files":
      return "-r -F";
    case "folders":
      return "-x -a '(__fish_complete_directories)'";
    case "settings":
      return "-x -a '(__metamanager_settings)'";
    case "words":
      return `-x -a ${quote(value.words.join(" "))}`;
  }
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

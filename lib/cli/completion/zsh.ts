import type { CommandGrammar } from "./grammar.ts";
import { candidates } from "./shell.ts";

/** A script for zsh. */
export function zshCompletion(grammar: readonly CommandGrammar[]): string {
  return `#compdef metamanager
# Completion of metamanager for zsh. Load it with
#   source <(metamanager completion zsh)
# or put it as _metamanager into a folder of $fpath
${candidates(grammar)}
_metamanager() {
  local entry current="\${words[CURRENT]}"
  local -a plain settings typed
  typed=("\${(@)words[2,CURRENT-1]}" "$PREFIX")
  for entry in "\${(@f)$(__metamanager_candidates "\${typed[@]}")}"; do
    case "$entry" in
      '') ;;
      @files|@folders)
        compset -P '--*='
        if [[ "$entry" == @files ]]; then _files; else _files -/; fi ;;
      *=|*=$'\\t'*) settings+=("\${entry%%$'\\t'*}") ;;
      *$'\\t'*) plain+=("\${\${entry%%$'\\t'*}//:/\\\\:}:\${entry#*$'\\t'}") ;;
      *) plain+=("\${entry//:/\\\\:}") ;;
    esac
  done
  (( \${#plain} )) && _describe metamanager plain
  (( \${#settings} )) && compadd -S '' -- "\${settings[@]}"
  return 0
}
if [ "\${funcstack[1]-}" = _metamanager ]; then
  _metamanager "$@"
elif [ -n "\${functions[compdef]-}" ]; then
  compdef _metamanager metamanager
fi
`;
}

import type { CommandGrammar } from "./grammar.ts";
import { candidates } from "./shell.ts";

/** A script for bash 3.2 and newer. */
export function bashCompletion(grammar: readonly CommandGrammar[]): string {
  return `# Completion of metamanager for bash. Load it with
#   source <(metamanager completion bash)
# or put it into /etc/bash_completion.d/metamanager
${candidates(grammar)}
_metamanager() {
  local line="\${COMP_LINE:0:COMP_POINT}" current value skip='' entry
  local -a typed
  read -r -a typed <<< "$line"
  case "$line" in *[[:space:]]) typed+=('') ;; esac
  current="\${typed[\${#typed[@]}-1]}"
  # bash replaces only what stands behind these.
  case "$current" in
    *[=:]*) value="\${current##*[=:]}" skip="\${current%"$value"}" ;;
  esac
  COMPREPLY=()
  while IFS= read -r entry; do
    case "$entry" in
      @files|@folders)
        case "$current" in --*=*) value="\${current#*=}" ;; *) value="$current" ;; esac
        compopt -o filenames 2>/dev/null
        local action=-f
        [ "$entry" = @folders ] && action=-d
        while IFS= read -r entry; do
          COMPREPLY+=("$entry")
        done < <(compgen "$action" -- "$value")
        continue ;;
    esac
    entry="\${entry%%$'\\t'*}"
    case "$entry" in
      "$current"*) COMPREPLY+=("\${entry#"$skip"}") ;;
    esac
  done < <(__metamanager_candidates "\${typed[@]:1}")
  case "\${COMPREPLY[*]}" in *=) compopt -o nospace 2>/dev/null ;; esac
  return 0
}
complete -F _metamanager metamanager
`;
}

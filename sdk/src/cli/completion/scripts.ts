/**
 * Completion scripts for shells. All of them find the place by the words so far, offer what may follow there, and leave file names to
 * the shell. Everything is in the script: a Tab starts no program.
 */
import type { Place, Word } from "./tree.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export const scriptFor = (shell: Shell, places: readonly Place[]): string => SCRIPTS[shell](places);

const SCRIPTS: Readonly<Record<Shell, (places: readonly Place[]) => string>> = { bash, zsh, fish };

const single = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const words = (list: readonly Word[]): string => list.map(({ text }) => text).join(" ");
const paths = (places: readonly Place[]): readonly string[] => places.flatMap(({ path }) => (path ? [path] : []));
const choicesOf = (places: readonly Place[]) =>
  places.flatMap(({ path, choices }) => choices.map((choice) => ({ path, ...choice })));

function bash(places: readonly Place[]): string {
  return `# Completion of sightline for bash: source <(sightline completion bash)
_sightline() {
  local word=\${COMP_WORDS[COMP_CWORD]} place= options= commands= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$place \${COMP_WORDS[i]}" in
      ${paths(places).map(single).join(" | ")}) place="$place \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$place \${COMP_WORDS[COMP_CWORD - 1]}" in
${choicesOf(places)
  .map(
    ({ path, option, values }) =>
      `    ${single(`${path} ${option}`)}) COMPREPLY=($(compgen -W ${single(values.join(" "))} -- "$word")); return ;;`,
  )
  .join("\n")}
  esac
  case "$place" in
${places
  .map(
    ({ path, commands, options }) =>
      `    ${single(path)}) commands=${single(words(commands))} options=${single(words(options))} ;;`,
  )
  .join("\n")}
  esac
  if [[ $word == -* ]]; then commands=$options; fi
  COMPREPLY=($(compgen -W "$commands" -- "$word"))
}
complete -o default -F _sightline sightline`;
}

function zsh(places: readonly Place[]): string {
  const described = (list: readonly Word[]): string =>
    list.map(({ text, description }) => single(`${text.replaceAll(":", "\\:")}:${description}`)).join(" ");
  return `#compdef sightline
# Completion of sightline for zsh: source <(sightline completion zsh)
_sightline() {
  local place= i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    case "$place \${words[i]}" in
      (${paths(places).map(single).join("|")}) place="$place \${words[i]}" ;;
    esac
  done
  case "$place \${words[CURRENT - 1]}" in
${choicesOf(places)
  .map(({ path, option, values }) => `    (${single(`${path} ${option}`)}) compadd -- ${values.join(" ")}; return ;;`)
  .join("\n")}
  esac
  case "$place" in
${places
  .map(
    ({ path, commands, options }) =>
      `    (${single(path)}) commands=(${described(commands)}) options=(${described(options)}) ;;`,
  )
  .join("\n")}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe option options
  else
    (( \${#commands} )) && _describe command commands || _files
  fi
}
compdef _sightline sightline`;
}

function fish(places: readonly Place[]): string {
  const at = (path: string): string => `complete -c sightline -n ${single(`__sightline_at ${single(path)}`)}`;
  const lines = places.flatMap(({ path, commands, options, choices }) => [
    ...commands.map(({ text, description }) => `${at(path)} -f -a ${single(text)} -d ${single(description)}`),
    ...options.map(({ text, description }) => {
      const values = choices.find(({ option }) => option === text)?.values;
      return `${at(path)} -l ${text.replace(/^--/, "")} -d ${single(description)}${values ? ` -x -a ${single(values.join(" "))}` : ""}`;
    }),
  ]);
  return `# Completion of sightline for fish: sightline completion fish | source
function __sightline_at
  set -l place ''
  for word in (commandline -opc)[2..-1]
    if contains -- "$place $word" ${paths(places).map(single).join(" ")}
      set place "$place $word"
    end
  end
  test "$place" = "$argv[1]"
end
${lines.join("\n")}`;
}

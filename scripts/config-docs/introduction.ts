/** The hand-written part of docs/configuration.md. */
export const CONFIG_INTRODUCTION = `# Configuration

Made from \`core/config/schema.ts\` by \`npm run generate\`; what follows is all there is.

\`agent.config.json\` holds the agent's settings and the operator's policy: which plugins run here, and what they may do. There is no second policy file, and
nothing the server sends can allow what this file does not. The repository's own
[agent.config.json](../agent.config.json) is a sample to start from; its \`$schema\` line gives editors completion and checks.

## Which file

\`--config FILE\`, else the environment variable \`GURURMM_CONFIG\`, else \`agent.config.json\` in the current folder, else the machine's own: \`/etc/gururmm/agent.config.json\`,
on Windows \`%ProgramData%\\GuruRMM\\agent.config.json\`. A file that was only found in the current folder must belong to the user who calls; name it where it does not.

The file is strict JSON in UTF-8: no comments, no key twice, no comma too many. Relative paths start at the folder of the file, wherever the agent is started.

## What goes before what

1. the defaults below
2. the file
3. the file's section for this site: \`sites.SITE.plugins\`, where \`SITE\` is \`agent.site\`
4. environment variables: levels are joined by \`__\`, so \`GURURMM_SERVER__TOKEN_FILE\` sets \`server.tokenFile\`; empty sets null. Plugins and sites cannot be set this way
5. \`--set KEY=VALUE\` on the command line, under the same names as below

Above all of them the server’s site profile may take away: switch plugins off and lower limits, nothing else ([operators.md](operators.md)).

Objects are merged key by key; lists are replaced whole. An unknown key, variable or flag is refused and the nearest known one named: a misspelt policy must not look as if it
were in force. \`gururmm-agent config check\` tells every problem with its line, and notes where there is no token yet; \`config print\` shows what is in force, \`config schema\` prints the schema.

## Secrets

No key holds a secret. The agent's token comes from \`server.tokenFile\` or the environment variable \`GURURMM_TOKEN\`; plugins' secrets come from files that their config names.
Such a file belongs to the agent's user (or root) and to nobody else: \`chmod 600\`. On Windows its access list may name the agent's account, SYSTEM and Administrators alone: \`icacls FILE /inheritance:r /grant:r *S-1-5-18:F *S-1-5-32-544:F\`.
The token is read at every connect, so that it can be replaced while the agent runs.

## The data folder

\`agent.dataDir\` holds what the agent keeps: \`agent-id\`, the server’s site profile, the journal, long outputs in \`spool\`, a folder for each plugin, and while it runs \`agent.lock\` (taken by one agent or local run at a time; the system
takes it back from a killed one), \`agent.pid\` and \`agent.sock\`, through which \`gururmm-agent run\`, \`status\`, \`history\`, \`plugin\` and \`doctor\` reach it: for the agent's user and root alone. Where the
folder's path leaves no room for a socket's (107 bytes on Linux, 103 on macOS), the socket lies in a folder of its own below the system's temporary one, and \`agent.sock.path\` says where. On
Windows it is a named pipe.

## Switching plugins

\`gururmm-agent plugin enable NAME\` and \`plugin disable NAME\` change \`plugins.NAME.enabled\` in the file, with \`--site SITE\` the site's own
switch, and leave the rest of the text as it is.

## Changes while the agent runs

A running agent follows the file: plugins, their settings and \`log.level\` change at once, and commands that run keep what they began with. The site stays what it was, and
other keys take effect when the agent starts anew. A broken file changes nothing: the last good config stays in force. \`gururmm-agent status\` says either.`

/**
 * Where common programs keep what lets its reader act as somebody else. A pattern without a leading `/` or drive holds in any
 * folder; each also covers all below it. docs/claude-task.md shows the list to operators.
 */
export const CREDENTIALS: readonly string[] = [
  // Keys and key stores, by the names that programs give them
  '.ssh',
  'id_{rsa,dsa,ecdsa,ed25519}*',
  '*.{pem,key,pfx,p12,ppk,kdbx,jks,keystore,ovpn}',
  '.gnupg',
  '.password-store',
  '.local/share/keyrings',
  'ssh_host_*_key',
  // Clouds, clusters, registries
  '.aws',
  '.azure',
  '.config/{gcloud,doctl,gh,hub,rclone}',
  '.kube',
  '.docker/config.json',
  '.terraform.d/credentials.tfrc.json',
  '.vault-token',
  '{.npmrc,.yarnrc.yml,.pypirc,.netrc,_netrc,.git-credentials,.m2/settings.xml,.cargo/credentials*,.nuget/NuGet/NuGet.Config}',
  // Databases and services
  '{.pgpass,.my.cnf,.mylogin.cnf,.s3cfg,.boto,.htpasswd}',
  '{.env,.env.*}',
  'wp-config.php',
  // Browsers and mail
  '{Login Data,Cookies,Web Data,logins.json,key3.db,key4.db,cookies.sqlite}',
  '.thunderbird',
  // Claude Code itself
  '.claude/.credentials.json',
  '.claude.json',
  // Linux and macOS
  '/etc/{shadow,shadow-,gshadow,gshadow-,sudoers,sudoers.d}',
  '/etc/{ssl,pki}/private',
  '/etc/NetworkManager/system-connections',
  '/etc/krb5.keytab',
  '/{proc,sys,dev}',
  '/run/{secrets,credentials}',
  '/var/run/secrets',
  'Library/Keychains',
  // Windows
  'AppData/{Local,Roaming}/Microsoft/{Credentials,Protect,Vault}',
  'AppData/Roaming/{Mozilla,Thunderbird}',
  'AppData/Local/{Google,Microsoft/Edge,BraveSoftware}',
  'NTUSER.DAT*',
  'Windows/System32/config',
  'Windows/NTDS',
  '{unattend,autounattend,sysprep}.xml',
]

/** Files that make another program run something of whoever writes them: the shell, git, an editor, Claude Code, a build. */
export const STARTUP_FILES: readonly string[] = [
  '.git/{hooks,config,config.worktree,info,modules}',
  '{.gitconfig,.gitmodules,.gitattributes}',
  '.husky',
  '{.bashrc,.bash_profile,.bash_login,.bash_logout,.profile,.zshrc,.zshenv,.zprofile,.zlogin,.kshrc,.cshrc,.tcshrc,.inputrc}',
  '.config/{fish,autostart,systemd,git}',
  '{.vimrc,.exrc,.emacs,.emacs.d,.nanorc,.screenrc,.tmux.conf}',
  '{.vscode,.idea,.devcontainer}',
  '{.claude,.claude.json,.mcp.json,CLAUDE.md,CLAUDE.local.md,AGENTS.md}',
  '{.envrc,.direnv,.tool-versions,.mise.toml}',
  '{crontab,/etc/cron*,/var/spool/cron}',
  '/etc/{systemd,init.d,profile,profile.d,bash.bashrc,ld.so.preload,ld.so.conf.d,sudoers.d,pam.d}',
  '{authorized_keys,authorized_keys2}',
  'Microsoft/Windows/Start Menu/Programs/Startup',
  'WindowsPowerShell',
  'PowerShell/*profile.ps1',
  'Library/{LaunchAgents,LaunchDaemons}',
  '{autorun.inf,desktop.ini}',
]

'use strict'
// A container's first process inherits every orphan in it and has to reap it. Node reaps only children of its own, so each would stay
// behind as a zombie until no process can be started any more. Old syntax: see gururmm-agent.js.

const fs = require('fs')
const runtime = require('./runtime.js')

const SHELL = '/bin/sh'

// A shell that waits for one child reaps all. It passes signals on (with a handler, since the kernel ignores others for the first
// process), and ends as the agent ended: `wait` returns early at each signal, and 127 once it has told the code.
const REAPER = `
exec 3<&0
"$@" <&3 3<&- &
agent=$!
exec 3<&-
for signal in TERM INT HUP; do trap "kill -$signal $agent" $signal; done
wait $agent
code=$?
while kill -0 $agent 2>/dev/null; do
  wait $agent
  code=$?
done
wait $agent 2>/dev/null
again=$?
[ $again -eq 127 ] || code=$again
exit $code
`

/** Whether this process is a container's first, and something there can do its duty. */
function isFirst() {
  return process.pid === 1 && Boolean(process.execve) && fs.existsSync(SHELL)
}

/** Becomes a reaper with the agent as its child. */
function becomeReaper() {
  const agent = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  runtime.become(SHELL, ['-c', REAPER, 'gururmm-agent', ...agent])
}

module.exports = { isFirst, becomeReaper }

import { GATHER_MS, PROGRESS_HIGH_WATER_BYTES } from '../../core/progress/index.ts'
import { MAX_DEPTH, MAX_FRAME_BYTES } from '../../core/protocol/decode.ts'

/** What holds for all messages; the numbers come from the code. */
export const INTRODUCTION = `# The wire protocol

<!-- Written by \`npm run generate\` from core/protocol/schemas.ts. Change it there. -->

The agent dials the server and keeps one WebSocket open. Both sides send text frames that hold one JSON object,
\`{ "type": "…", "payload": { … } }\`. Types for TypeScript and the JSON Schemas below are exported as \`gururmm-agent/protocol\`; the
[reference server](../examples/server/README.md) is built on them.

## What a server must know

Two messages: it sends \`command\` and gets exactly one \`command_result\` for each id. Everything else is additive. A server that never
answers \`auth\` is served: the agent counts the connection as ready after \`auth_ack\`, with the first other frame, or 5 seconds after
\`auth\`, and then sends \`auth\`, \`heartbeat\` and \`command_result\` with the required fields, nothing else.

## What a server may ask for

\`auth\` lists the agent's capabilities; what \`auth_ack\` lists of them is in use from the next frame on:

| capability | adds |
|---|---|
| \`command_ack\` | \`command_ack\`: the command is recorded, known already, or will not be answered. Send a command again after a reconnect until this comes |
| \`command_progress\` | \`command_progress\`: output and news while the command runs |
| \`command_result_ack\` | \`command_result_ack\`: the agent sends a result again after each reconnect until this comes. Without it, a result counts as delivered once the socket took it |
| \`command_cancel\` | \`command_cancel\` |
| \`result_details\` | the optional fields of \`command_result\`; \`requested_by\` and \`expires_at\` of \`command\` |
| \`query\` | \`query\` and \`query_result\` |
| \`site_profile\` | \`site_profile\` and \`site_profile_applied\`: the server narrows what the site's own config allows |
| \`approvals\` | \`approval_request\` and \`approval_response\`: a person decides about a step of a running command. Without it, or without an answer in time, the step is refused |
| \`error\` | \`error\`: a frame could not be understood and named no command |

## Rules

- The agent's token is in the upgrade request: \`Authorization: Bearer …\`. HTTP 401 or 403, \`auth_ack\` with \`success: false\` and close
  code 1008 are refusals: the agent says so loudly and retries slowly. After anything else it retries with full jitter, for ever.
- A frame to the agent has at most ${MAX_FRAME_BYTES.toLocaleString('en')} bytes; a larger one closes the connection with 1009. JSON is nested at most ${MAX_DEPTH} deep.
  Frames from the agent may be larger: a result holds two outputs of \`limits.maxOutputBytes\` each. There is no compression.
- A frame that is not understood never ends the connection. Where a command's \`id\` can be read it gets a \`command_result\` with exit
  code -1 and \`MESSAGE_INVALID\`; where a query's can be read it gets a \`query_result\` with \`QUERY_INVALID\`; else an \`error\` where that was asked for; else a line in the agent's log.
- A command that comes again is not run again: once finished it is answered with the same result, before that with \`command_ack\`
  \`duplicate\`. The same id with other content gets \`command_ack\` \`rejected\`, \`COMMAND_ID_REUSED\`, and no second result.
- Output is gathered for ${GATHER_MS} ms before it goes out as progress. A command that ends before any was told gets none, where its result says all of it.
- Progress is best effort: while more than ${PROGRESS_HIGH_WATER_BYTES.toLocaleString('en')} bytes are under way, pieces are left out, and the next one says how
  many in \`dropped\`.
  Where \`offset\` is not the end of the piece before, or a command has ended and its progress has not reached the stream's length,
  \`query\` \`output\` brings what is missing, also after a restart of the agent. How much is kept: \`journal.spoolBytes\` and
  \`journal.spoolCommandBytes\`.
- Results go out one at a time, the next when the one before has all but arrived: heartbeats go in between.
- A site profile may only switch plugins off and lower numbers of the config's \`limits\` (a rate: a lower \`count\` or a longer
  \`windowSeconds\`); with anything else in it, it is refused as a whole and the one before stays. The agent keeps it on disk: it
  holds offline and after a restart, until a newer revision comes; one with no \`plugins\` lifts it. Nothing from the server switches on
  what the config switched off.
- Unknown fields are ignored, on both sides; not in a site profile.

## Exit codes

A program's own exit code where one ran (ended by signal n: 128 + n). Otherwise:

| code | meaning |
|---|---|
| 0 | done |
| 1 | failed |
| 124 | timed out |
| -1 | refused, cancelled, interrupted, or could not run |

Whether a program's own 124 or -1 is meant, the absence of \`error\` tells. \`stderr\` says why in one plain sentence, \`error.code\` says it
to a machine.

## Messages
`

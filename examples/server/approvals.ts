import { randomUUID } from 'node:crypto'
import type { ApprovalRequestPayload, ApprovalResponsePayload } from 'gururmm-agent/protocol'
import type { Hono } from 'hono'
import { type Env, fail } from './requests.ts'
import type { ServerContext } from './session.ts'
import { plainText } from './text.ts'

/** A question of a running command that waits for a person. */
export interface Approval {
  /** Ours: an agent chooses the ids of its requests, and could choose another agent's. */
  readonly id: string
  readonly agentId: string
  readonly commandId: string
  readonly tool: string
  readonly target: string | null
  readonly rule: string
  readonly askedAt: string
  readonly expiresAt: string
}

/** The questions that are open, of all agents. In memory alone: they die with the connection they came by. */
export interface Approvals {
  /** @param answer sends the decision to the agent. */
  open(agentId: string, request: ApprovalRequestPayload, answer: (response: ApprovalResponsePayload) => void): void
  /** Oldest first. */
  list(): readonly Approval[]
  /** The question with its decision; undefined where it is not open any more. */
  decide(id: string, approved: boolean, user: string): Approval | undefined
  /** The command ended. */
  endCommand(agentId: string, commandId: string): void
  /** The connection ended. */
  endAgent(agentId: string): void
}

/** An agent must not fill our memory with questions. */
const MAX_OPEN_PER_AGENT = 100
const MAX_TARGET = 1024

export function createApprovals(): Approvals {
  const open = new Map<string, { approval: Approval; answer: (approved: boolean, user: string) => void }>()
  const drop = (which: (approval: Approval) => boolean) => {
    for (const [id, { approval }] of open) if (which(approval)) open.delete(id)
  }
  const dropExpired = () => drop(({ expiresAt }) => Date.parse(expiresAt) <= Date.now())

  return {
    open(agentId, { command_id, request_id, tool, target, rule, expires_at }, answer) {
      dropExpired()
      const own = [...open.values()].filter(({ approval }) => approval.agentId === agentId)
      if (own.length >= MAX_OPEN_PER_AGENT || Number.isNaN(Date.parse(expires_at))) return
      const approval: Approval = {
        ...{ id: randomUUID(), agentId, commandId: command_id },
        ...{ tool: plainText(tool), target: target === null ? null : plainText(target, MAX_TARGET) },
        ...{ rule: plainText(rule), askedAt: new Date().toISOString(), expiresAt: plainText(expires_at) },
      }
      open.set(approval.id, {
        approval,
        answer: (approved, user) => answer({ command_id, request_id, approved, user }),
      })
    },
    list() {
      dropExpired()
      return [...open.values()].map(({ approval }) => approval)
    },
    decide(id, approved, user) {
      dropExpired()
      const found = open.get(id)
      open.delete(id)
      found?.answer(approved, user)
      return found?.approval
    },
    endCommand: (agentId, commandId) => drop((each) => each.agentId === agentId && each.commandId === commandId),
    endAgent: (agentId) => drop((each) => each.agentId === agentId),
  }
}

/** Routes for questions to people; see README.md. */
export function addApprovalRoutes(api: Hono<Env>, { approvals, logger }: ServerContext): void {
  api.get('/api/approvals', (c) => c.json({ approvals: approvals.list() }))
  api.post('/api/approvals/:id/:decision{approve|deny}', (c) => {
    const approved = c.req.param('decision') === 'approve'
    const { user } = c.get('operator')
    const approval = approvals.decide(c.req.param('id'), approved, user)
    if (approval === undefined) fail(404, 'no such question is open: it was answered, expired, or its command ended')
    logger.info({ ...approval, approved, user }, 'approval decided')
    return c.json({ ...approval, approved, user })
  })
}

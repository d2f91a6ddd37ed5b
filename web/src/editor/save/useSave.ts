/**
 * Saving: the first time as a new workflow, then as the next version.
 *
 * A version is written only right after the one that was edited: when somebody else saved meanwhile, nothing is written
 * and `trouble` tells it; `save({ after })` then writes right after theirs, the one that was told. A refused document opens
 * the problems; a taken name asks for another one. What is edited while a save goes on stays unsaved.
 */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'

import { readWorkflow } from '../../api/definitions'
import { asProblem, Problem } from '../../api/http'
import type { Definition, Workflow } from '../../api/types'
import { createWorkflow, saveWorkflow } from '../../api/workflows'
import { useToast } from '../../ui/Toasts'
import { forgetHandedOver } from '../handover'
import { present, savedAs, type Session, type Step } from '../session'

export type Trouble =
  { what: 'conflict'; theirs: Workflow } | { what: 'name'; message: string } | { what: 'message' }

export interface SaveOptions {
  message?: string
  /** The version that it comes right after; the edited one when left out. */
  after?: number
  /** Another document than the one on the canvas: with another name. */
  definition?: Definition
}

export interface Saving {
  save: (options?: SaveOptions) => Promise<void>
  busy: boolean
  trouble: Trouble | null
  tell: (trouble: Trouble | null) => void
}

interface Needs {
  session: Session
  act: (step: Step) => void
  /** Told before the address changes to that of the workflow's new name. */
  onMoved: (name: string) => void
  onRefused: (problem: Problem) => void
}

/** Whether a request that got no answer was carried out isn't known; the next save finds out. */
const AWAY = new Problem(
  0,
  'Not saved',
  "Not saved: the server can't be reached. Your changes are kept here; save again when it is back.",
)

export function useSave({ session, act, onMoved, onRefused }: Needs): Saving {
  const [busy, setBusy] = useState(false)
  const [trouble, tell] = useState<Trouble | null>(null)
  const toast = useToast()
  // Closes what was told of the last failure: a next save has its own end.
  const told = useRef<(() => void) | null>(null)
  const client = useQueryClient()
  const navigate = useNavigate()

  const settle = async (definition: Definition, workflow: Workflow) => {
    const before = session.saved
    act(savedAs(definition, workflow))
    tell(null)
    toast.done(before ? `Saved as version ${workflow.version}` : `Created ${workflow.name}`)
    if (!before) forgetHandedOver()
    for (const key of ['workflows', 'version', 'versions']) void client.invalidateQueries({ queryKey: [key] })
    if (before?.name === workflow.name) return
    onMoved(workflow.name)
    const to = { to: '/workflows/$name/edit', params: { name: workflow.name } } as const
    await navigate({ ...to, replace: true, ignoreBlocker: true })
  }

  const refused = async (error: unknown, saved: Session['saved']) => {
    const problem = asProblem(error)
    if (problem.status === 409) tell(await clash(problem, saved))
    else if (problem.status === 422) onRefused(problem)
    else told.current = toast.failed(problem.status === 0 ? AWAY : problem)
  }

  const save = async ({ message = '', after, definition = present(session) }: SaveOptions = {}) => {
    if (busy) return
    setBusy(true)
    told.current?.()
    const saved = session.saved && { ...session.saved, version: after ?? session.saved.version }
    try {
      await settle(definition, await write(saved, definition, message))
    } catch (error) {
      await refused(error, saved).catch(toast.failed)
    } finally {
      setBusy(false)
    }
  }
  return { save, busy, trouble, tell }
}

function write(saved: Session['saved'], definition: Definition, message: string): Promise<Workflow> {
  return saved === null
    ? createWorkflow(definition, message)
    : saveWorkflow(saved.name, definition, message, saved.version)
}

/** What a conflict is about: another version came meanwhile, or else the name is taken. */
async function clash(problem: Problem, saved: Session['saved']): Promise<Trouble> {
  const now = saved && (await readWorkflow(saved.name))
  return now && now.version !== saved.version
    ? { what: 'conflict', theirs: now }
    : { what: 'name', message: problem.detail || problem.title }
}

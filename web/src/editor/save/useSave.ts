/**
 * Saving: the first time as a new workflow, then as the next version.
 *
 * Before a version is written, the newest one is looked at: when somebody else saved meanwhile, nothing is written and
 * `trouble` tells it; `save({ over: true })` writes anyway. A refused document opens the problems; a taken name asks for
 * another one. What is edited while a save goes on stays unsaved.
 */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

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
  over?: boolean
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
  onRefused: (problem: Problem) => void
}

export function useSave({ session, act, onRefused }: Needs): Saving {
  const [busy, setBusy] = useState(false)
  const [trouble, tell] = useState<Trouble | null>(null)
  const toast = useToast()
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
    client.setQueryData(['editor', workflow.name], workflow)
    const to = { to: '/workflows/$name/edit', params: { name: workflow.name } } as const
    await navigate({ ...to, replace: true, ignoreBlocker: true })
  }

  const refused = (error: unknown) => {
    const problem = asProblem(error)
    if (problem.status === 409) tell({ what: 'name', message: problem.detail || problem.title })
    else if (problem.status === 422) onRefused(problem)
    else toast.failed(problem)
  }

  const save = async ({ message = '', over = false, definition = present(session) }: SaveOptions = {}) => {
    if (busy) return
    setBusy(true)
    try {
      const theirs = session.saved && !over ? await newerThan(session.saved) : null
      if (theirs) tell({ what: 'conflict', theirs })
      else await settle(definition, await write(session.saved?.name ?? null, definition, message))
    } catch (error) {
      refused(error)
    } finally {
      setBusy(false)
    }
  }
  return { save, busy, trouble, tell }
}

function write(saved: string | null, definition: Definition, message: string): Promise<Workflow> {
  return saved === null ? createWorkflow(definition, message) : saveWorkflow(saved, definition, message)
}

/** The workflow when somebody saved a version since ours. */
async function newerThan(saved: { name: string; version: number }): Promise<Workflow | null> {
  const now = await readWorkflow(saved.name)
  return now.version > saved.version ? now : null
}

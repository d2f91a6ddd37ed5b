/**
 * Asks for a run's input as JSON and starts it.
 *
 * Text that isn't JSON is told while typing and never sent. What the server refuses is shown problem by problem, with
 * its path, and the text stays. Pressing twice starts one run: the idempotency key changes only with the text.
 */
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import { asProblem, newKey } from '../api/http'
import { startRun } from '../api/queries'
import type { Workflow } from '../api/types'
import { exampleInput } from '../graph/exampleInput'
import { Button } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { ProblemList } from '../ui/states'
import { titleOf } from './title'
import { readJson } from './readJson'

interface Props {
  workflow: Workflow
  open: boolean
  onOpenChange: (open: boolean) => void
}

export function RunDialog({ workflow, open, onOpenChange }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Run ${titleOf(workflow)}`}
      description={`Version ${workflow.version}, with this input`}
    >
      <Form workflow={workflow} />
    </Dialog>
  )
}

function Form({ workflow }: { workflow: Workflow }) {
  const [text, setText] = useState(() => JSON.stringify(exampleInput(workflow.definition.input), null, 2))
  const [key, setKey] = useState(newKey)
  const navigate = useNavigate()
  const input = readJson(text)
  const start = useMutation({
    mutationFn: (value: unknown) => startRun(workflow.name, value, key),
    onSuccess: (run) => navigate({ to: '/runs/$id', params: { id: run.id } }),
  })
  const edit = (next: string) => {
    setText(next)
    setKey(newKey())
    start.reset()
  }
  const submit = () => {
    if (input.ok && !start.isPending) start.mutate(input.value)
  }
  return (
    <form
      className="flex min-h-0 flex-col"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <div className="min-h-0 space-y-3 overflow-y-auto p-4">
        <textarea
          value={text}
          aria-label="Input, as JSON"
          aria-invalid={!input.ok}
          aria-describedby="input-told"
          rows={12}
          spellCheck={false}
          onChange={(event) => edit(event.target.value)}
          onKeyDown={(event) => event.key === 'Enter' && (event.metaKey || event.ctrlKey) && submit()}
          className="block w-full resize-y rounded-md border border-line-strong bg-page p-3 font-mono text-xs leading-5 focus-visible:outline-offset-0"
        />
        <div id="input-told" aria-live="polite" className="text-xs text-[var(--failure-text)]">
          {!input.ok && <p>{input.message}</p>}
          {start.isError && <Refusal error={start.error} />}
        </div>
      </div>
      <div className="flex items-center justify-between gap-3 border-t border-line px-4 py-3">
        <span className="text-xs text-ink-faint max-sm:invisible">Ctrl + Enter runs it</span>
        <Button type="submit" look="primary" busy={start.isPending} disabled={!input.ok}>
          Run
        </Button>
      </div>
    </form>
  )
}

function Refusal({ error }: { error: unknown }) {
  const problem = asProblem(error)
  return (
    <div className="space-y-1.5">
      <p className="font-medium">
        {problem.title}
        {/* With a list of problems the detail says the same again. */}
        {problem.detail && problem.errors.length === 0 && `: ${problem.detail}`}
      </p>
      <ProblemList problem={problem} />
    </div>
  )
}

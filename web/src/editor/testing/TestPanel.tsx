/**
 * Tries the document as it stands, saved or not: with an input, and with pinned outputs in the place of nodes that
 * shouldn't run. The run's states lie over the canvas.
 */
import { FlaskConical, PinOff, Save } from 'lucide-react'

import type { Run } from '../../api/types'
import { Button } from '../../ui/Button'
import { Empty } from '../../ui/states'
import type { EditorState, TestPanelProps } from '../contract'
import { InputPart } from './InputPart'
import { unpinned, useMemory, type Memory } from './memory'
import { Refusal } from './Refusal'
import { inputOf, pinsOf, wholeTest } from './request'
import { TestResult } from './TestResult'
import { useTest } from './useTest'

export function TestPanel({ editor, onRun }: TestPanelProps) {
  if (editor.saved === null) {
    return (
      <Empty title="Save it first" Icon={Save}>
        <p>
          A test run belongs to a workflow. Save this one once; from then on every state of it can be tried.
        </p>
      </Empty>
    )
  }
  return <Saved key={editor.saved} editor={editor} workflow={editor.saved} onRun={onRun} />
}

interface SavedProps extends TestPanelProps {
  workflow: string
}

function Saved({ editor, workflow, onRun }: SavedProps) {
  const { memory, keep } = useMemory(workflow)
  const { start, busy, error } = useTest(workflow, onRun)
  const { definition, run } = editor
  const tested = run?.test === true && run.workflow === workflow ? run : null
  return (
    <section aria-label="Test" className="grid gap-x-5 gap-y-4 p-4 md:grid-cols-2">
      <form
        className="min-w-0 space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          start(wholeTest(definition, memory))
        }}
      >
        <InputPart
          schema={definition.input}
          value={inputOf(definition, memory)}
          onChange={(input) => keep({ ...memory, input })}
          error={error}
        />
        <Pins editor={editor} memory={memory} keep={keep} />
        <Refusal error={error} />
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <Button type="submit" look="primary" busy={busy}>
            <FlaskConical size={13} aria-hidden /> Run test
          </Button>
          <span className="text-xs text-ink-faint">Runs for real, but for pinned nodes.</span>
        </div>
      </form>
      <Result tested={tested} editor={editor} onRun={onRun} />
    </section>
  )
}

function Result({ tested, editor, onRun }: { tested: Run | null } & TestPanelProps) {
  if (!tested) {
    return (
      <p className="text-ink-soft">
        The result will stand here, and each node’s state on the canvas. Select a node to see its output, to
        pin it, or to run it alone.
      </p>
    )
  }
  return <TestResult run={tested} editor={editor} onClear={() => onRun(null)} />
}

interface PinsProps {
  editor: EditorState
  memory: Memory
  keep: (next: Memory) => void
}

function Pins({ editor, memory, keep }: PinsProps) {
  const ids = Object.keys(pinsOf(editor.definition, memory))
  if (ids.length === 0) return null
  return (
    <div className="space-y-1">
      <h3 className="text-xs font-medium text-ink-soft">Pinned outputs</h3>
      <ul className="flex flex-wrap gap-1.5">
        {ids.map((id) => (
          <li
            key={id}
            className="inline-flex items-center gap-0.5 rounded-full border border-line bg-raised py-0.5 pr-1 pl-2.5 text-xs"
          >
            <button
              type="button"
              onClick={() => editor.goTo([id])}
              className="rounded font-mono hover:text-accent"
            >
              {id}
            </button>
            <button
              type="button"
              aria-label={`Unpin ${id}`}
              title={`Unpin ${id}`}
              onClick={() => keep(unpinned(memory, id))}
              className="rounded-full p-1 text-ink-faint hover:bg-line hover:text-ink"
            >
              <PinOff size={11} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

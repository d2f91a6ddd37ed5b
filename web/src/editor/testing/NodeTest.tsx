/** Below a node's form: what it gave last, a pinned output in its place, and a run of it alone. */
import { FlaskConical, Pin, PinOff } from 'lucide-react'
import type { ReactNode } from 'react'

import type { Json, RunNode } from '../../api/types'
import { nodeAt } from '../../graph/edit/document'
import { ErrorValue, Value } from '../../runs/Value'
import { Button } from '../../ui/Button'
import { JsonEditor } from '../../ui/code/JsonEditor'
import { StateBadge } from '../../ui/StateBadge'
import type { EditorState, NodeTestProps } from '../contract'
import { pinned, unpinned, useMemory } from './memory'
import { Refusal } from './Refusal'
import { nodeTest } from './request'
import { useTest } from './useTest'

export function NodeTest({ editor, nodePath, onRun }: NodeTestProps) {
  const id = nodePath.at(-1)
  if (id === undefined || !nodeAt(editor.definition, nodePath)) return null
  if (nodePath.length > 1) {
    return (
      <Section>
        <p className="text-xs text-ink-soft">
          Steps inside of a map or loop are tried together with it: test the node around them.
        </p>
      </Section>
    )
  }
  if (editor.saved === null) {
    return (
      <Section>
        <p className="text-xs text-ink-soft">Save the workflow once, and this node can be run alone.</p>
      </Section>
    )
  }
  return <Testing key={id} editor={editor} workflow={editor.saved} id={id} onRun={onRun} />
}

interface TestingProps {
  editor: EditorState
  workflow: string
  id: string
  onRun: NodeTestProps['onRun']
}

function Testing({ editor, workflow, id, onRun }: TestingProps) {
  const { memory, keep } = useMemory(workflow)
  const { start, busy, error } = useTest(workflow, onRun)
  const before = editor.run?.workflow === workflow ? editor.run : null
  const ran = before?.nodes?.[id]
  const pin = Object.hasOwn(memory.pins, id) ? memory.pins[id] : undefined
  return (
    <Section
      aside={
        <Button
          busy={busy}
          className="h-7"
          title="Runs this node alone; what leads to it is pinned or comes from the last run"
          onClick={() => start(nodeTest(editor.definition, memory, id, before))}
        >
          <FlaskConical size={13} aria-hidden /> Run this node
        </Button>
      }
    >
      <Refusal error={error} />
      <PinPart
        pin={pin}
        last={ran?.state === 'SUCCEEDED' ? ran.output : null}
        onPin={(output) => keep(pinned(memory, id, output))}
        onUnpin={() => keep(unpinned(memory, id))}
      />
      <Last ran={ran} />
    </Section>
  )
}

function Section({ aside, children }: { aside?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label="Test of the node" className="space-y-3 border-t border-line px-4 py-3">
      <div className="flex min-h-7 items-center justify-between gap-2">
        <h3 className="text-xs font-semibold">Test</h3>
        {aside}
      </div>
      {children}
    </section>
  )
}

interface PinProps {
  pin: Json | undefined
  last: Json
  onPin: (output: Json) => void
  onUnpin: () => void
}

function PinPart({ pin, last, onPin, onUnpin }: PinProps) {
  if (pin === undefined) {
    return (
      <Button className="h-7" onClick={() => onPin(last ?? {})}>
        <Pin size={13} aria-hidden /> {last === null ? 'Pin an output' : 'Pin the last output'}
      </Button>
    )
  }
  return (
    <div className="space-y-1.5">
      <div className="flex items-center justify-between gap-2">
        <p className="text-xs text-ink-soft">Pinned output: in tests the node doesn’t run and gives this.</p>
        <Button look="quiet" className="h-7" onClick={onUnpin}>
          <PinOff size={13} aria-hidden /> Unpin
        </Button>
      </div>
      <JsonEditor
        label="Pinned output, as JSON"
        value={pin}
        onChange={(output) => output !== undefined && onPin(output)}
        className="max-h-56 overflow-auto"
      />
    </div>
  )
}

function Last({ ran }: { ran: RunNode | undefined }) {
  if (!ran || ran.state === 'PENDING') return <p className="text-xs text-ink-faint">It hasn’t run yet.</p>
  return (
    <div className="space-y-2">
      <div className="flex items-center gap-2 text-xs text-ink-soft">
        Last run <StateBadge state={ran.state} />
      </div>
      <ErrorValue error={ran.error} />
      <Value name="Output" value={ran.output} />
    </div>
  )
}

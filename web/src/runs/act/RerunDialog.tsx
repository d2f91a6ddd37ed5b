/** Asks which part of an ended run is done again and by which version, and goes to the new run. */
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import { newKey } from '../../api/http'
import { rerunRun, type Rerun } from '../../api/runs'
import type { Run } from '../../api/types'
import { Button } from '../../ui/Button'
import { Choices, Option } from '../../ui/Choices'
import { Dialog } from '../../ui/Dialog'
import { useMutate } from '../../ui/useMutate'

interface Props {
  run: Run
  /** Offers to begin at this node. */
  node?: { id: string; title: string }
  open: boolean
  onOpenChange: (open: boolean) => void
}

export function RerunDialog(props: Props) {
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title="Run again"
      description="A new run with the same input. This one stays as it is."
    >
      <Form {...props} />
    </Dialog>
  )
}

function Form({ run, node, onOpenChange }: Props) {
  const failed = run.state !== 'SUCCEEDED'
  const [wanted, want] = useState<Rerun>({
    from: node ? node.id : failed ? 'failed' : 'start',
    version: 'same',
  })
  const [key] = useState(newKey)
  const navigate = useNavigate()
  const rerun = useMutate({
    run: (args: Rerun) => rerunRun(run.id, args, `${key}-${args.from}-${args.version}`),
    keys: [['runs']],
    done: () => 'Started the new run',
    onDone: (made) => {
      onOpenChange(false)
      void navigate({ to: '/runs/$id', params: { id: made.id } })
    },
  })
  return (
    <form
      className="space-y-4 overflow-y-auto p-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (!rerun.busy) rerun.start(wanted)
      }}
    >
      <Choices legend="From" value={wanted.from} onChange={(from) => want({ ...wanted, from })}>
        {node && (
          <Option value={node.id} label={`The node ${node.title}`}>
            It and all that follows run again; what came before keeps its output.
          </Option>
        )}
        {failed && (
          <Option value="failed" label="What failed">
            What succeeded and wasn’t undone keeps its output; of a map only the failed items run again.
          </Option>
        )}
        <Option value="start" label="The start">
          Every node runs again.
        </Option>
      </Choices>
      {!run.test && (
        <Choices
          legend="Version"
          value={wanted.version}
          onChange={(version) => want({ ...wanted, version: version === 'newest' ? 'newest' : 'same' })}
        >
          <Option value="same" label={`The same (v${run.version})`} />
          <Option value="newest" label="The newest" />
        </Choices>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={() => onOpenChange(false)}>Never mind</Button>
        <Button type="submit" look="primary" busy={rerun.busy}>
          Run again
        </Button>
      </div>
    </form>
  )
}

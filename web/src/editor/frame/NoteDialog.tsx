/** A note on a node: for those who read the workflow; it does nothing. */
import { useState } from 'react'

import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { TextArea } from '../../ui/inputs'

interface Props {
  node: string
  note: string
  onKeep: (note: string) => void
  onClose: () => void
}

export function NoteDialog({ node, note, onKeep, onClose }: Props) {
  const [text, setText] = useState(note)
  const keep = () => onKeep(text.trim())
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Note on ${node}`}
      description="Shown below the node, for whoever reads the workflow."
    >
      <form
        className="space-y-3 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          keep()
        }}
      >
        <TextArea
          autoFocus
          aria-label="Note"
          rows={5}
          maxLength={10_000}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) keep()
          }}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Never mind</Button>
          <Button type="submit" look="primary">
            Keep
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

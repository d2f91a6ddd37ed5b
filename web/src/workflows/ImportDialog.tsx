/** Takes a workflow from a file or a pasted text, and opens it in the editor of a new workflow. Nothing is saved yet. */
import { useNavigate } from '@tanstack/react-router'
import { FileUp } from 'lucide-react'
import { useId, useRef, useState, type DragEvent } from 'react'

import { handOver } from '../editor/handover'
import { Button } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { TextArea } from '../ui/inputs'
import { readDefinition, type Imported } from './readDefinition'

/** More isn't a definition: the server takes 8 MiB. */
const LARGEST = 8 * 1024 * 1024
const SHOWN = 8

export function ImportDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Import a workflow"
      description="YAML or JSON, from a file or pasted. It opens in the editor; nothing is saved yet."
    >
      <Form />
    </Dialog>
  )
}

function Form() {
  const [text, setText] = useState('')
  const [file, setFile] = useState('')
  const [told, tell] = useState<Imported | string | null>(null)
  const navigate = useNavigate()
  const take = (next: string, name: string) => {
    setText(next)
    setFile(name)
    tell(null)
  }
  const takeFile = (chosen: File | undefined) => {
    if (!chosen) return
    if (chosen.size > LARGEST) tell(`${chosen.name} is larger than 8 MiB.`)
    else
      chosen.text().then(
        (read) => take(read, chosen.name),
        () => tell(`${chosen.name} can’t be read.`),
      )
  }
  const open = () => {
    const read = readDefinition(text, file)
    tell(read)
    if (!read.ok) return
    handOver(read.definition)
    void navigate({ to: '/new', search: {} })
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    takeFile(event.dataTransfer.files[0])
  }
  return (
    <form
      className="flex min-h-0 flex-col"
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
      onSubmit={(event) => {
        event.preventDefault()
        open()
      }}
    >
      <div className="min-h-0 space-y-3 overflow-y-auto p-4">
        <div className="flex flex-wrap items-center gap-3">
          <FileButton onFile={takeFile} />
          <span className="min-w-0 truncate text-xs text-ink-faint">{file || 'or drop it here'}</span>
        </div>
        <TextArea
          code
          rows={14}
          spellCheck={false}
          aria-label="The workflow, as YAML or JSON"
          aria-describedby="import-told"
          aria-invalid={told !== null && (typeof told === 'string' || !told.ok) ? true : undefined}
          placeholder={'holdfast: 1\nname: my-workflow\nnodes: …'}
          value={text}
          onChange={(event) => take(event.target.value, '')}
        />
        <Told told={told} />
      </div>
      <div className="flex justify-end border-t border-line px-4 py-3">
        <Button type="submit" look="primary" disabled={text.trim() === ''}>
          Open in the editor
        </Button>
      </div>
    </form>
  )
}

function FileButton({ onFile }: { onFile: (file: File | undefined) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  return (
    <>
      <input
        ref={input}
        id={id}
        type="file"
        tabIndex={-1}
        aria-label="File of a workflow"
        accept=".yaml,.yml,.json,application/json,application/yaml,text/yaml"
        className="sr-only"
        onChange={(event) => onFile(event.target.files?.[0])}
      />
      <Button onClick={() => input.current?.click()}>
        <FileUp size={14} aria-hidden /> Choose a file
      </Button>
    </>
  )
}

function Told({ told }: { told: Imported | string | null }) {
  return (
    <div id="import-told" aria-live="polite" className="space-y-1 text-xs text-[var(--failure-text)]">
      {typeof told === 'string' && <p>{told}</p>}
      {told !== null && typeof told !== 'string' && !told.ok && (
        <>
          <p className="font-medium">This {told.format} can’t be read:</p>
          <ul className="space-y-0.5">
            {told.problems.slice(0, SHOWN).map(({ line, column, message }, index) => (
              <li key={index} className="break-words">
                line {line}, column {column}: {message}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

/** Brings an earlier version back as the newest, after a question with room for a reason. */
import { useQueryClient } from '@tanstack/react-query'
import { RotateCcw } from 'lucide-react'
import { useState } from 'react'

import { useCan } from '../access/useCan'
import { restoreVersion } from '../api/versions'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { Labelled, TextInput } from '../ui/inputs'
import { useToast } from '../ui/Toasts'

interface Props {
  name: string
  version: number
  onRestored: (newest: number) => void
}

export function RestoreButton({ name, version, onRestored }: Props) {
  const [asking, ask] = useState(false)
  const [message, setMessage] = useState(`Back to version ${version}`)
  const client = useQueryClient()
  const toast = useToast()
  const mayRestore = useCan('workflows', 'editor')
  const restore = async () => {
    const workflow = await restoreVersion(name, version, message)
    await client.invalidateQueries({ queryKey: ['workflows'] })
    toast.done(`Version ${version} is back as version ${workflow.version}`)
    onRestored(workflow.version)
  }
  if (!mayRestore) return null
  return (
    <>
      <Button onClick={() => ask(true)}>
        <RotateCcw size={13} aria-hidden /> Restore version {version}
      </Button>
      <Confirm
        open={asking}
        onOpenChange={ask}
        title={`Restore version ${version}?`}
        description="It is saved as the next version; the versions since then stay in the history. Runs under way go on with theirs."
        action="Restore"
        onConfirm={restore}
      >
        <Labelled label="Message">
          {(wiring) => (
            <TextInput
              {...wiring}
              maxLength={1_000}
              value={message}
              onChange={(event) => setMessage(event.target.value)}
            />
          )}
        </Labelled>
      </Confirm>
    </>
  )
}

/** Saves at once; the small half asks for a message or another name. */
import { ChevronDown, MessageSquare, TextCursorInput } from 'lucide-react'

import { useCan } from '../../access/useCan'
import { Button } from '../../ui/Button'
import { Menu, MenuItem } from '../../ui/Menu'
import { Tag } from '../../ui/Tag'
import { isDirty } from '../session'
import { useTools } from '../tools'

export function SaveButton() {
  const { session, saving } = useTools()
  const maySave = useCan('workflows', 'editor')
  const idle = session.saved !== null && !isDirty(session)
  if (!maySave) return <Tag>read only</Tag>
  return (
    <span className="inline-flex">
      <Button
        look="primary"
        busy={saving.busy}
        disabled={idle}
        title="Save (Ctrl or ⌘ S)"
        onClick={() => void saving.save()}
        className="h-7 rounded-r-none px-3"
      >
        Save
      </Button>
      <Menu
        trigger={
          <Button look="primary" aria-label="More ways to save" className="ml-px h-7 rounded-l-none px-1">
            <ChevronDown size={13} aria-hidden />
          </Button>
        }
      >
        <MenuItem Icon={MessageSquare} disabled={idle} onSelect={() => saving.tell({ what: 'message' })}>
          Save with a message…
        </MenuItem>
        <MenuItem Icon={TextCursorInput} onSelect={() => saving.tell({ what: 'name', message: '' })}>
          {session.saved ? 'Rename…' : 'Choose its name…'}
        </MenuItem>
      </Menu>
    </span>
  )
}

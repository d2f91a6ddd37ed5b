/** What is done with the graph: add, arrange, and put several selected nodes in order. */
import {
  AlignCenterHorizontal,
  AlignCenterVertical,
  AlignEndHorizontal,
  AlignEndVertical,
  AlignHorizontalDistributeCenter,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalDistributeCenter,
  LayoutGrid,
  Network,
  Plus,
  type LucideIcon,
} from 'lucide-react'

import type { Alignment } from '../../graph/edit/arrange'
import { Menu, MenuItem, MenuLine } from '../../ui/Menu'
import { aligning, arranging, distributing } from '../acts'
import { IconButton } from '../frame/IconButton'
import { useTools } from '../tools'

const ALIGN: readonly [Alignment, string, LucideIcon][] = [
  ['left', 'Left edges', AlignStartVertical],
  ['centre', 'Centres', AlignCenterVertical],
  ['right', 'Right edges', AlignEndVertical],
  ['top', 'Top edges', AlignStartHorizontal],
  ['middle', 'Middles', AlignCenterHorizontal],
  ['bottom', 'Bottom edges', AlignEndHorizontal],
]

export function CanvasBar() {
  const { act, kinds, look, session } = useTools()
  return (
    <div className="absolute top-3 right-3 z-10 flex items-center gap-0.5 rounded-lg border border-line bg-panel p-1 shadow-card">
      {session.selected.length > 1 && <AlignMenu many={session.selected.length > 2} />}
      <IconButton label="Arrange" keys="L" Icon={Network} onClick={() => act(arranging(kinds))} />
      <IconButton
        label="Add node"
        keys="A"
        Icon={Plus}
        onClick={() => look({ asking: { what: 'add', spot: {} } })}
      />
    </div>
  )
}

function AlignMenu({ many }: { many: boolean }) {
  const { act, kinds } = useTools()
  return (
    <Menu trigger={<IconButton label="Align" Icon={LayoutGrid} />}>
      {ALIGN.map(([alignment, label, Icon]) => (
        <MenuItem key={alignment} Icon={Icon} onSelect={() => act(aligning(alignment, kinds))}>
          {label}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem
        Icon={AlignHorizontalDistributeCenter}
        disabled={!many}
        onSelect={() => act(distributing('x', kinds))}
      >
        Distribute across
      </MenuItem>
      <MenuItem
        Icon={AlignVerticalDistributeCenter}
        disabled={!many}
        onSelect={() => act(distributing('y', kinds))}
      >
        Distribute down
      </MenuItem>
    </Menu>
  )
}
